"""Who greets or thanks is answered kindly, and no officer has to read it."""

import pytest

from bot.db.models import Question, QuestionState
from bot.i18n import Catalogue
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import Govi

TEXTS = Catalogue.load()


@pytest.mark.parametrize(
    ("said", "key", "language"),
    [
        ("ayubowan machan", "smalltalk.greeting", "si"),
        ("ස්තූතියි!", "smalltalk.thanks", "si"),
        ("🙏", "smalltalk.thanks", "si"),
        ("வணக்கம்", "smalltalk.greeting", "ta"),
    ],
)
async def test_small_talk_gets_its_own_reply(
    api: BotApi, govi: Govi, farmer: Person, said: str, key: str, language: str
) -> None:
    """Without a search, a "did you mean" or a promise that an officer will look."""
    reply = await api.reply_to(farmer.sends(said))

    assert reply.text == TEXTS.text(key, language)
    assert not reply.buttons
    question = govi.rows(Question)[0]
    assert (question.decision, question.state) == ("smalltalk", QuestionState.CLOSED)


async def test_a_greeting_before_a_question_does_not_hide_it(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """What else is in the message is searched for."""
    await api.reply_to(farmer.sends("ayubowan, xyzzy plugh qwop"))

    assert [question.decision for question in govi.rows(Question)] == ["fallback"]
