"""Govi serving from a PostgreSQL database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.models import Ask, EscalationState, Feedback, Question
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat, text
from tests.journeys.loop.officers.desk import (
    ANSWER,
    MIXED,
    SINGLISH,
    SINHALA,
    answered,
    ask,
    group,
)
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi, create_services


@pytest.fixture
async def govi(api: BotApi, postgresql: str, tmp_path: Path) -> AsyncIterator[Govi]:
    """Govi, serving, with its index in a folder and all else on a server."""
    govi = Govi(create_services(api.url, api.token, tmp_path, database_url=postgresql))
    await govi.start()
    yield govi
    await govi.stop()
    await govi.close()


async def test_a_question_is_answered_and_the_answer_rated(govi: Govi, nimal: Chat) -> None:
    """On the way the update, the question, the reply and the rating go through the database."""
    answer = await nimal.sends(BLAST)
    assert BLAST_ANSWER in answer.text

    await nimal.is_told(answer.button("👍"))

    assert [each.is_helpful for each in govi.rows(Feedback)] == [True]
    assert govi.services.engine.dialect.name == "postgresql"


async def test_what_three_farmers_ask_is_answered_once(
    govi: Govi, nimal: Chat, kamala: Chat, sunil: Chat, officer: Chat
) -> None:
    """Passed on, grouped, claimed, answered; each of them hears of it."""
    farmers = {nimal: SINHALA, kamala: SINGLISH, sunil: MIXED}
    (number, *others) = [await ask(govi, farmer, words) for farmer, words in farmers.items()]
    assert others == [number] * 2

    await answered(officer, number)

    for farmer in farmers:
        assert ANSWER in (await farmer.sees_more(2)).text
    assert group(govi, number).state is EscalationState.ANSWERED


async def test_who_asks_to_be_forgotten_is(govi: Govi, nimal: Chat) -> None:
    """What they had asked an officer is taken back and blank."""
    await ask(govi, nimal, SINHALA)

    asked = await nimal.sends("/forget")
    assert await nimal.is_told(asked.button(text("forget.yes"))) == text("forget.erased")

    (question,) = govi.rows(Question)
    assert (question.farmer_id, question.text) == (None, "")
    assert [each.withdrawn_at is None for each in govi.rows(Ask)] == [False]
