"""Nobody does what their role does not allow: every command, button and dialogue there is.

A new one is taken to be for admins alone until it is named here as one for officers or everybody.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.application import FILE_STEPS, STEPS
from bot.db.engine import transaction
from bot.db.models import AuditEvent, Dialogue, Entry, Proposal, Role
from bot.intake.serving import create_application
from bot.keyboards.numbered import Shape
from bot.services import dialogues
from bot.testing.bot_api import BotApi
from bot.testing.people import Person, Seen
from tests.journeys.serving import Govi
from tests.journeys.team import TEXTS, appoint, dismiss

#: What everybody may do, as they may with what is theirs ("f1:") ...
EVERYBODYS = {
    "/start", "/help", "/cancel", "/language", "/privacy", "/mydata", "/forget", "/delete",
    "/mine", "/tips", "/listen", "t1:on", "p1:l:si", "p1:k:1", "p1:f", "p1:n",
}  # fmt: skip
#: ... and what officers may do beside that, as they may whatever is done in their queue ("q1:").
OFFICERS = {"/find", "/team", "/queue", "/console", "p1:t:1", "k1:o:1"}
#: The pattern that no callback data fits.
NOTHING = re.compile("(?!)")

REFUSALS = {TEXTS.text(f"refusal.not_allowed_{role}") for role in ("officer", "admin")}


@dataclass(frozen=True)
class Way:
    """A way in: a command ("/add"), or callback data ("k1:as:1")."""

    text: str

    @property
    def needs(self) -> Role | None:
        """Who may go it."""
        if self.text in EVERYBODYS or self.text.startswith("f1:"):
            return None
        is_officers = self.text in OFFICERS or self.text.startswith("q1:")
        return Role.OFFICER if is_officers else Role.ADMIN


def example_of(pattern: object) -> str:
    """Data that a button's pattern takes: its first choice, and 1 for a number."""
    if isinstance(pattern, Shape):
        return f"{pattern.prefix}:{pattern.verb}{':1' * pattern.count}"
    assert isinstance(pattern, re.Pattern)
    data = re.sub(r"\(\[[^()]*\)", "1", pattern.pattern.removesuffix("\\Z"))
    return re.sub(r"\((\w+)\|[^()]*\)", r"\1", data)


def takes(pattern: object, data: str) -> bool:
    """Whether a button's pattern takes data."""
    return pattern(data) if isinstance(pattern, Shape) else re.match(pattern, data) is not None


def ways_in(govi: Govi) -> list[Way]:
    """Every command and button that the application knows."""
    handlers = create_application(govi.services).handlers[0]
    commands = [f"/{c}" for h in handlers if isinstance(h, CommandHandler) for c in h.commands]
    patterns = [
        h.pattern
        for h in handlers
        if isinstance(h, CallbackQueryHandler) and h.pattern not in (None, NOTHING)
    ]
    presses = [example_of(pattern) for pattern in patterns]
    assert all(takes(*pair) for pair in zip(patterns, presses, strict=True))
    return [Way(text) for text in (*sorted(commands), *presses)]


async def outcomes(api: BotApi, person: Person, ways: list[Way]) -> Mapping[str, str]:
    """Go every way at once; return what each led to being said."""
    carrier = await api.reply_to(person.sends("/help"))
    found: dict[str, Callable[[], str | None]] = {}
    for way in ways:
        if way.text.startswith("/"):
            found[way.text] = _reply(api, person.sends(way.text))
        else:
            press_id = person.presses_anything(way.text, dict(carrier.raw))
            found[way.text] = _line(api, press_id)
    await api.until(lambda: all(said() is not None for said in found.values()))
    return {text: said() or "" for text, said in found.items()}


def _reply(api: BotApi, message: Seen) -> Callable[[], str | None]:
    return lambda: next((reply.text for reply in api.replies(message)), None)


def _line(api: BotApi, press_id: str) -> Callable[[], str | None]:
    def find() -> str | None:
        for call in api.calls("answerCallbackQuery"):
            if call.parameters["callback_query_id"] == press_id:
                return str(call.parameters.get("text", ""))
        return None

    return find


#: Who tries -> what is above them.
LOWER = {
    "farmer": (Role.OFFICER, Role.ADMIN),
    "officer": (Role.ADMIN,),
    "revoked officer": (Role.OFFICER, Role.ADMIN),
}


def become(govi: Govi, person: Person, who: str) -> None:
    """Make a person one of `LOWER`."""
    word = who.split()[-1]
    if word != "farmer":
        appoint(govi, person, Role(word))
    if who.startswith("revoked"):
        dismiss(govi, person)


@pytest.mark.parametrize("who", LOWER)
async def test_every_way_in_refuses_who_is_below_it(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person, who: str
) -> None:
    """Commands and buttons alike, with the line for it; nothing is done and nothing recorded."""
    appoint(govi, neighbour, Role.ADMIN)
    become(govi, farmer, who)
    ways = [way for way in ways_in(govi) if way.needs in LOWER[who]]
    before = {kind: len(govi.rows(kind)) for kind in (AuditEvent, Entry, Proposal)}

    said = await outcomes(api, farmer, ways)

    assert {text: line for text, line in said.items() if line not in REFUSALS} == {}
    assert {kind: len(govi.rows(kind)) for kind in before} == before
    with transaction(govi.services.sessions) as session:
        assert session.query(Dialogue).count() == 0


@pytest.mark.parametrize("name", sorted({*STEPS, *FILE_STEPS}))
async def test_every_dialogue_ends_for_who_may_not_lead_it_any_more(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person, name: str
) -> None:
    """The next step is refused, and what follows is a question again."""
    appoint(govi, neighbour, Role.ADMIN)
    become(govi, farmer, "revoked officer")
    with transaction(govi.services.sessions) as session:
        dialogues.enter(session, farmer.id, name, "title", {})

    step = farmer.sends("x") if name in STEPS else farmer.sends_document("x.csv", b"key\n")

    refused = await api.reply_to(step)
    assert refused.text in REFUSALS
    with transaction(govi.services.sessions) as session:
        assert dialogues.find_stand(session, farmer.id) is None
