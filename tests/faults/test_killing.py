"""Whatever happens to the process, a farmer's question is answered."""

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.engine import open_engine
from bot.db.models import Question
from bot.delivery.sender import PARALLEL
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.database import url_of
from tests.faults.killing import Torture
from tests.journeys.serving import BLAST
from tests.journeys.test_faults import process


@pytest.mark.parametrize(("mode", "kills"), [("polling", 1), ("webhook", 1)])
async def test_every_question_is_answered_however_often_the_process_is_killed(
    api: BotApi, tmp_path: Path, mode: str, kills: int
) -> None:
    """Each is recorded once and nobody waits for ever; some may hear the same thing twice."""
    torture = Torture(api, tmp_path, mode, random.Random(4711))  # noqa: S311 - to be repeated

    account = await torture.run(kills, questions_a_second=8)

    assert account.asked > 0
    assert account.recorded == account.asked
    assert account.replies[0] == 0
    assert account.aside == 0
    twice = sum(count - 1 for count in account.replies.elements())
    assert twice <= kills * PARALLEL


async def test_the_window_in_which_a_reply_is_sent_twice(api: BotApi, tmp_path: Path) -> None:
    """Dead after Telegram took the message and before that was committed: once more, not oftener.

    The stand-in shows the message at once and holds its answer back, which is that window.
    """
    api.fail("sendMessage", faults.Fault(held_seconds=600.0))
    async with process(api, tmp_path):
        question = api.user(11).sends(BLAST)
        await api.until(lambda: bool(api.replies(question)))

    async with process(api, tmp_path):
        await api.until(lambda: len(api.replies(question)) > 1)

    assert len(api.replies(question)) == 2
    engine = open_engine(url_of(tmp_path / "govi.sqlite3"))
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 1
    engine.dispose()
