"""Govi as it is served, against the stand-in Bot API, with the offline embedder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.delivery import pacing, sender
from bot.intake import poller, serving, worker
from bot.jobs import runner
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.log import list_leaks, written_log
from tests.journeys.serving import Govi, create_services


@pytest.fixture(autouse=True)
def later_type_of_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """PTB builds its RetryAfter without announcing that the attribute's type will change."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds for a retry."""
    for module in (poller, serving, sender):
        monkeypatch.setattr(module, "SHORTEST_PAUSE", 0.02)
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(sender, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(pacing, "CHAT_SECONDS", 0.02)
    monkeypatch.setattr(worker, "LEASE_SECONDS", 0.2)
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(worker, "FIRST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(worker, "LONGEST_RETRY_SECONDS", 0.1, raising=False)


@pytest.fixture(autouse=True)
def no_scheduled_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a journey takes long, nobody is told on the way what is new, by the clock."""
    monkeypatch.setattr(runner, "TICK_SECONDS", 3600.0)


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A running stand-in for Telegram; no journey may leave what was said there in the log."""
    with written_log() as lines, BotApi() as api:
        yield api
    assert list_leaks(api.world, lines) == []


@pytest.fixture
async def govi(api: BotApi, tmp_path: Path) -> AsyncIterator[Govi]:
    """Govi, serving."""
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()
    yield govi
    await govi.stop()
    await govi.close()


@pytest.fixture
def farmer(api: BotApi) -> Person:
    """A farmer with Telegram."""
    return api.user(11)


@pytest.fixture
def neighbour(api: BotApi) -> Person:
    """Another farmer."""
    return api.user(22)
