"""The database is locked, its disk is full, or the index's files are gone from under Govi."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from bot.db import engine as engines
from bot.db.models import InboxStatus, Question, ReceivedUpdate
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from retrieval import Retriever
from retrieval.ranking import Fusion
from retrieval.testing import HashingEmbedder
from tests.database import written_to
from tests.factories import BLAST as PADDY_BLAST
from tests.factories import THRESHOLDS, paddy_entries
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi

REFUSED = "not polling"


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits fifteen seconds for a lock."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)


async def test_a_question_asked_while_the_database_is_locked_is_answered_afterwards(
    api: BotApi, govi: Govi, farmer: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is confirmed meanwhile, no part ends, and the question is recorded once."""
    await api.reply_to(farmer.sends(BLAST))
    with written_to(govi.services.settings.database):
        question = farmer.sends(BLAST)
        await api.until(lambda: REFUSED in caplog.text)

    assert (await api.reply_to(question)).text == BLAST_ANSWER
    assert len(govi.rows(Question)) == 2


@pytest.mark.sqlite
async def test_a_question_asked_while_the_disk_is_full_is_answered_afterwards(
    api: BotApi, govi: Govi, farmer: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite may not grow, as on a full disk; Telegram keeps what cannot be stored."""
    await api.reply_to(farmer.sends(BLAST))
    limit = {"pages": 1}  # or as many as there are

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit['pages']}")

    event.listen(govi.services.engine, "begin", fill)
    question = farmer.sends(BLAST + " " * 40_000)
    await api.until(lambda: REFUSED in caplog.text)

    limit["pages"] = 2**30

    assert (await api.reply_to(question)).text == BLAST_ANSWER
    rows = govi.rows(ReceivedUpdate)
    assert len(rows) == 2
    assert InboxStatus.FAILED not in {row.status for row in rows}


@pytest.mark.parametrize("content", [b"", b"the files of somebody else"], ids=["cut", "swapped"])
def test_an_index_whose_files_change_under_the_process_answers_the_same(
    tmp_path: Path, content: bytes
) -> None:
    """What is in memory goes on, and the next process builds the index anew."""
    serving = Retriever(HashingEmbedder(), THRESHOLDS, Fusion(0.5), tmp_path)
    serving.load(paddy_entries())
    [before] = serving.search([PADDY_BLAST])

    for file in tmp_path.rglob("*"):
        if file.is_file():
            file.write_bytes(content)

    [after] = serving.search([PADDY_BLAST])
    started = Retriever(HashingEmbedder(), THRESHOLDS, Fusion(0.5), tmp_path)
    started.load(paddy_entries())
    [anew] = started.search([PADDY_BLAST])
    assert before.matches == after.matches == anew.matches
    assert any(file.is_file() for file in tmp_path.rglob("*"))
