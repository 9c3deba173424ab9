"""Telling an outage, which sets nothing aside, from one update that always fails like one."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from telegram import Update
from telegram.error import NetworkError

from bot.batching import BatcherFullError
from bot.bootstrap import Services
from bot.db.engine import reading
from bot.db.models import InboxStatus, ReceivedUpdate
from bot.intake import worker
from bot.intake.worker import Worker
from bot.services import inbox
from bot.testing.bot_api import TOKEN
from tests.journeys.serving import create_services

NIMAL, KAMALA = 11, 22
LIMIT = 4


def database_error(code: int) -> OperationalError:
    """What SQLAlchemy makes of an error of SQLite's."""
    error = sqlite3.OperationalError("boom")
    error.sqlite_errorcode = code
    return OperationalError("insert", {}, error)


LOCKED, FULL = database_error(sqlite3.SQLITE_BUSY), database_error(sqlite3.SQLITE_FULL)
UNREACHABLE = NetworkError("unreachable")


class Handlers:
    """Stands in for the application: raises what is set for a text; any other is handled."""

    bot = None

    def __init__(self, services: Services) -> None:
        self.errors: dict[str, Exception] = {}
        self.tried: Counter[str] = Counter()
        #: Whether handling an update ends in a message that Telegram takes.
        self.is_telegram_there = True
        self._vitals = services.vitals

    def add_error_handler(self, note: Callable[[object, Any], Any]) -> None:
        """Need none: what is raised here reaches the worker."""

    async def process_update(self, update: Update) -> None:
        """Handle one, or fail."""
        text = update.message.text
        self.tried[text] += 1
        if text in self.errors:
            raise self.errors[text]
        if self.is_telegram_there:
            self._vitals.note_taken()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds."""
    monkeypatch.setattr(worker, "OUTAGE_ATTEMPTS", LIMIT)
    monkeypatch.setattr(worker, "FIRST_RETRY_SECONDS", 0.001)
    monkeypatch.setattr(worker, "LONGEST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.01)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A real inbox."""
    services = create_services("http://127.0.0.1:9", TOKEN, tmp_path)
    yield services
    await asyncio.get_running_loop().shutdown_default_executor()
    services.close()


@pytest.fixture
async def handlers(services: Services) -> AsyncIterator[Handlers]:
    """The handlers of a worker that is at work."""
    handlers = Handlers(services)
    task = asyncio.create_task(Worker(handlers, services).run())
    yield handlers
    task.cancel()
    await asyncio.wait({task})


async def receive(services: Services, chat_id: int, text: str) -> None:
    """Receive a text."""
    number = len(rows(services)) + 1
    chat = {"id": chat_id, "type": "private"}
    message = {"message_id": number, "date": 1, "chat": chat, "text": text}
    await services.run(inbox.store, [{"update_id": number, "message": message}])


def rows(services: Services) -> list[ReceivedUpdate]:
    """Every update, oldest first."""
    with reading(services.sessions) as session:
        return list(session.scalars(select(ReceivedUpdate).order_by(ReceivedUpdate.id)))


def is_done(services: Services, number: int) -> bool:
    """Whether an update has been handled, counted from 0."""
    return rows(services)[number].status is InboxStatus.DONE


async def until(condition: Callable[[], bool]) -> None:
    """Wait, not for ever."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - rows and counts tell nobody
            await asyncio.sleep(0.005)


@asynccontextmanager
async def others(services: Services) -> AsyncIterator[None]:
    """Let others be handled, one after another, until the end of the block."""

    async def ask() -> None:
        while True:
            await receive(services, KAMALA, "fine")
            await until(lambda: rows(services)[-1].status is InboxStatus.DONE)

    task = asyncio.create_task(ask())
    yield
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize("error", [LOCKED, UNREACHABLE], ids=["database", "network"])
async def test_one_update_that_fails_while_others_get_through_is_set_aside(
    services: Services, handlers: Handlers, error: Exception
) -> None:
    """With its reason, after a bounded number of attempts; the chat's next one is handled."""
    handlers.errors["poison"] = error
    await receive(services, NIMAL, "poison")
    await receive(services, NIMAL, "next")

    async with others(services):
        await until(lambda: handlers.tried["next"] == 1)

    aside = rows(services)[0]
    assert aside.status is InboxStatus.FAILED
    assert type(error).__name__ in (aside.reason or "")


@pytest.mark.parametrize("error", [LOCKED, UNREACHABLE], ids=["database", "network"])
async def test_an_outage_sets_nothing_aside_however_long(
    services: Services, handlers: Handlers, error: Exception
) -> None:
    """Many more attempts than the limit for each, and none is used up."""
    handlers.errors = {"a": error, "b": error}
    await receive(services, NIMAL, "a")
    await receive(services, KAMALA, "b")
    await until(lambda: min(handlers.tried["a"], handlers.tried["b"]) > 3 * LIMIT)

    handlers.errors.clear()
    await until(lambda: is_done(services, 0) and is_done(services, 1))

    assert [row.attempts for row in rows(services)] == [1, 1]


async def test_a_day_of_trouble_is_the_most_while_telegram_is_heard_of(
    services: Services, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody else is sent anything, nothing tells the update's fault from Telegram's."""
    monkeypatch.setattr(worker, "LONGEST_TROUBLE_SECONDS", 0.1)
    handlers.errors["poison"] = UNREACHABLE
    await receive(services, NIMAL, "poison")
    await receive(services, NIMAL, "next")

    await until(lambda: handlers.tried["next"] == 1)

    assert rows(services)[0].status is InboxStatus.FAILED


async def test_an_outage_of_the_network_alone_sets_nothing_aside(
    services: Services, handlers: Handlers
) -> None:
    """What needs the database only goes on meanwhile, as behind a webhook."""
    handlers.is_telegram_there = False
    handlers.errors["needs telegram"] = UNREACHABLE
    await receive(services, NIMAL, "needs telegram")

    async with others(services):
        await until(lambda: handlers.tried["needs telegram"] > 3 * LIMIT)
    handlers.errors.clear()
    await until(lambda: is_done(services, 0))

    assert rows(services)[0].attempts == 1


@pytest.mark.parametrize("error", [FULL, BatcherFullError("full")], ids=["disk", "model"])
async def test_a_machine_at_its_limits_sets_nothing_aside(
    services: Services, handlers: Handlers, error: Exception
) -> None:
    """A small write may still fit on a full disk, and one question before a busy model."""
    handlers.errors["large"] = error
    await receive(services, NIMAL, "large")

    async with others(services):
        await until(lambda: handlers.tried["large"] > 3 * LIMIT)
    handlers.errors.clear()
    await until(lambda: is_done(services, 0))

    assert rows(services)[0].attempts == 1
