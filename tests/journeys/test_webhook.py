"""The same promises when Telegram sends updates by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.models import InboxStatus, Question, ReceivedUpdate
from bot.intake.webhook import Webhook
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi, create_services, webhook_settings


@pytest.fixture
async def govi(api: BotApi, tmp_path: Path) -> AsyncIterator[Govi]:
    """Govi, serving by webhook."""
    govi = Govi(create_services(api.url, api.token, tmp_path, **webhook_settings()), Webhook)
    await govi.start()
    yield govi
    await govi.stop()
    await govi.close()


async def test_a_question_is_answered(api: BotApi, govi: Govi, farmer: Person) -> None:
    """From Telegram's request to the reply, and nothing is left waiting there."""
    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER

    await api.until(lambda: api.world.updates == [])
    assert govi.rows(ReceivedUpdate)[0].status in (InboxStatus.DONE, InboxStatus.RECEIVED)


async def test_a_delivery_whose_answer_is_lost_has_no_second_effect(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Telegram sends the update again; there is one question and one reply."""
    api.fail("webhook", faults.lost_answer(), times=2)
    question = farmer.sends(BLAST)

    await api.reply_to(question)
    await api.until(lambda: api.world.updates == [])

    assert len(api.replies(question)) == 1
    assert len(govi.rows(Question)) == 1


async def test_what_was_asked_while_govi_was_away_is_answered(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Telegram keeps sending until somebody listens."""
    await api.reply_to(farmer.sends(BLAST))
    await govi.stop()
    question = farmer.sends(BLAST)

    await govi.start()

    assert (await api.reply_to(question)).text == BLAST_ANSWER


async def test_polling_takes_over_from_a_webhook(
    api: BotApi, govi: Govi, farmer: Person, tmp_path: Path
) -> None:
    """A process that polls tells Telegram to stop sending."""
    await api.reply_to(farmer.sends(BLAST))
    await govi.stop()
    polling = Govi(govi.services)

    await polling.start()

    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER
    assert api.world.webhook is None
    await polling.stop()
