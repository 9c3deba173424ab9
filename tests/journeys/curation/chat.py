"""One person's chat with the bot: say or press something, and see what comes back."""

from collections.abc import Callable

from bot.db.engine import transaction
from bot.db.models import EntryVersion
from bot.i18n import Catalogue
from bot.services import dialogues
from bot.services.editing import EntryState, read_entry
from bot.testing.bot_api import BotApi
from bot.testing.people import Button, Person, Seen
from tests.journeys.serving import Govi

TEXTS = Catalogue.load()


class Chat:
    """A person's private chat."""

    def __init__(self, api: BotApi, person: Person) -> None:
        self.api = api
        self.person = person

    def answers(self) -> list[Seen]:
        """Everything that the bot has said here."""
        return [seen for seen in self.person.sees() if seen.raw["from"]["is_bot"]]

    async def sends(self, text: str, replies: int = 1) -> Seen:
        """Write a text; return the last of so many replies."""
        return await self.after(replies, lambda: self.person.sends(text))

    async def sends_file(self, name: str, content: bytes, replies: int = 1) -> Seen:
        """Send a document; return the last of so many replies."""
        return await self.after(replies, lambda: self.person.sends_document(name, content))

    async def presses(self, button: Button, replies: int = 1) -> Seen:
        """Press a button; return the last of so many replies."""
        return await self.after(replies, lambda: self.person.presses(button))

    async def is_told(self, button: Button) -> str:
        """Press a button; return the line over the chat."""
        press_id = self.person.presses(button)
        await self.api.until(lambda: self._line(press_id) is not None)
        return self._line(press_id) or ""

    def _line(self, press_id: str) -> str | None:
        for call in self.api.calls("answerCallbackQuery"):
            if call.parameters["callback_query_id"] == press_id:
                return str(call.parameters.get("text", ""))
        return None

    async def sees_more(self, replies: int) -> Seen:
        """Wait until the bot has said so much in all; return the last of it."""
        await self.api.until(lambda: len(self.answers()) >= replies)
        return self.answers()[replies - 1]

    async def after(self, replies: int, act: Callable[[], object]) -> Seen:
        """Do something; return the last of so many replies."""
        before = len(self.answers())
        act()
        return await self.sees_more(before + replies)


def text(key: str, language: str = "si", **values: object) -> str:
    """One of Govi's own texts."""
    return TEXTS.text(key, language, **values)


def label(key: str) -> str:
    """The label of a button."""
    return text(key)


def stored(govi: Govi, admin: Person, key: str) -> EntryState:
    """An entry as the database holds it."""
    with transaction(govi.services.sessions) as session:
        return read_entry(session, admin.id, key)


def in_dialogue(govi: Govi, person: Person) -> bool:
    """Whether a person stands in one."""
    with transaction(govi.services.sessions) as session:
        return dialogues.find_stand(session, person.id) is not None


def count_versions(govi: Govi) -> int:
    """How many versions there are of the entry about blast."""
    return sum(row.entry_id == 1 for row in govi.rows(EntryVersion))
