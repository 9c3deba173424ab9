"""Voice notes that Govi writes down: it suggests, the farmer decides."""

import pytest

from bot.db.models import Ask, Question
from bot.hearing import Hearing, HearingError
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, text
from tests.journeys.serving import BLAST, BLAST_ANSWER, UNKNOWN, Govi

CALL_FOR_HELP = "මගේ පුතා බෙහෙත් බිව්වා"


class Engine:
    """Understands every voice note the same."""

    def __init__(self, words: str | Exception) -> None:
        self.words = words
        self.heard: list[tuple[bytes, str]] = []

    def transcribe(self, sound: bytes, language: str) -> str:
        """Return its words, or fail."""
        self.heard.append((sound, language))
        if isinstance(self.words, Exception):
            raise self.words
        return self.words


@pytest.fixture
def engine(govi: Govi) -> Engine:
    """What Govi hears with."""
    engine = Engine(f" {BLAST}\n")
    govi.services.hearing = Hearing(lambda: engine)
    return engine


@pytest.fixture
def nimal(api: BotApi) -> Chat:
    """A farmer."""
    return Chat(api, api.user(11))


async def spoken(nimal: Chat) -> Seen:
    """Send a voice note; the question whether it was understood."""
    return await nimal.after(2, nimal.person.sends_voice)


async def test_what_was_understood_is_answered_once_it_is_confirmed(
    govi: Govi, nimal: Chat, engine: Engine
) -> None:
    """Before that an officer has it; afterwards nobody has to listen any more."""
    suggested = await spoken(nimal)
    waiting = [ask.withdrawn_at for ask in govi.rows(Ask)]
    answer = await nimal.presses(suggested.button(text("heard.yes")))

    assert suggested.text == text("heard.ask", words=BLAST).strip()
    assert engine.heard == [(b"OggS voice", "si")]
    assert waiting == [None]
    assert BLAST_ANSWER in answer.text
    assert [ask.withdrawn_at is None for ask in govi.rows(Ask)] == [False]


async def test_what_was_misunderstood_is_left_to_the_officers(
    govi: Govi, nimal: Chat, engine: Engine
) -> None:
    """The farmer hears so, and what was understood is gone."""
    suggested = await spoken(nimal)

    assert await nimal.is_told(suggested.button(text("heard.no"))) == text("heard.denied")
    assert await nimal.is_told(suggested.button(text("heard.yes"))) == text("refusal.stale_button")
    assert [ask.withdrawn_at for ask in govi.rows(Ask)] == [None]
    assert [question.transcript for question in govi.rows(Question)] == [None]


async def test_confirmed_words_without_an_answer_go_on_with_the_voice(
    govi: Govi, nimal: Chat, engine: Engine
) -> None:
    """The officer reads them and hears the farmer."""
    engine.words = UNKNOWN
    suggested = await spoken(nimal)
    told = await nimal.presses(suggested.button(text("heard.yes")))

    assert text("ask.kept", number=2).strip() in told.text
    [_, asked] = govi.rows(Question)
    assert (asked.text, asked.kind) == (UNKNOWN, "voice")


async def test_another_one_cannot_confirm(
    govi: Govi, nimal: Chat, api: BotApi, engine: Engine
) -> None:
    """The button is of use to who spoke alone."""
    suggested = await spoken(nimal)
    api.user(22).presses_anything(suggested.button(text("heard.yes")).data, dict(suggested.raw))
    await api.until(lambda: api.calls("answerCallbackQuery"))

    [call] = api.calls("answerCallbackQuery")
    assert call.parameters["text"] == text("refusal.not_yours")
    assert len(govi.rows(Question)) == 1


async def test_a_spoken_call_for_help_is_one_when_it_is_confirmed(
    govi: Govi, nimal: Chat, engine: Engine
) -> None:
    """What helps comes at once, and the voice note goes on waiting for an officer."""
    engine.words = CALL_FOR_HELP
    suggested = await spoken(nimal)
    told = await nimal.presses(suggested.button(text("heard.yes")))

    assert "1990" in told.text
    assert [ask.withdrawn_at for ask in govi.rows(Ask)] == [None, None]


@pytest.mark.parametrize("words", ["", " ... ", HearingError("broken"), ValueError("no Ogg")])
async def test_what_cannot_be_understood_is_not_mentioned(
    govi: Govi, nimal: Chat, engine: Engine, words: str | Exception
) -> None:
    """The farmer has heard that an officer will listen, and the next message is answered."""
    engine.words = words
    await nimal.after(1, nimal.person.sends_voice)
    await nimal.api.until(lambda: engine.heard)
    answer = await nimal.sends(BLAST)

    assert answer.text == BLAST_ANSWER
    assert len(nimal.answers()) == 2


async def test_a_long_voice_note_is_left_to_officers(
    govi: Govi, nimal: Chat, engine: Engine
) -> None:
    """Twenty minutes would keep everybody else's waiting."""
    await nimal.after(1, lambda: nimal.person.sends_voice(seconds=1200))
    await nimal.sends(BLAST)

    assert engine.heard == []
