"""SIGTERM: what has begun is finished, what has not is there at the next start."""

import asyncio
import contextlib
import os
import signal
import threading
from pathlib import Path

import pytest

from bot.intake import serving
from bot.services import inbox
from bot.testing import faults
from bot.testing.bot_api import PATIENCE, BotApi
from bot.testing.people import Seen
from tests.journeys.serving import BLAST, Govi
from tests.journeys.test_faults import process


def ask(api: BotApi, count: int) -> list[Seen]:
    """Let many people ask at once."""
    return [api.user(100 + number).sends(BLAST) for number in range(count)]


def replies(api: BotApi, questions: list[Seen]) -> list[int]:
    """How many replies each question has."""
    return [len(api.replies(question)) for question in questions]


async def test_sigterm_under_load_ends_well_and_loses_nothing(api: BotApi, tmp_path: Path) -> None:
    """Exit status 0 within the time limit; the next process answers the rest, each once."""
    async with process(api, tmp_path) as first:
        questions = ask(api, 40)
        await api.until(lambda: any(replies(api, questions)))
        first.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(first.wait(), PATIENCE)
    async with process(api, tmp_path):
        await api.until(lambda: all(replies(api, questions)))

    assert status == 0
    assert replies(api, questions) == [1] * 40


async def test_serving_ends_although_the_database_hangs(
    govi: Govi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that neither serves nor ends would be started again by nobody."""
    release = threading.Event()
    monkeypatch.setattr(serving, "HAND_BACK_SECONDS", 0.05)
    monkeypatch.setattr(inbox, "hand_back", lambda session: release.wait(60))

    await govi.stop()

    assert not release.is_set()
    release.set()


async def test_a_second_sigterm_ends_at_once_and_loses_nothing(api: BotApi, tmp_path: Path) -> None:
    """Telegram is so slow that draining would take a while, and has taken nothing."""
    api.fail("sendMessage", faults.Fault(slow_seconds=600, is_dropped=True), times=1000)
    async with process(api, tmp_path) as first:
        questions = ask(api, 10)
        await api.until(lambda: api.faults.count < 1000)
        first.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        is_draining = first.returncode is None
        status = await end(first)
    api.faults.clear()
    async with process(api, tmp_path):
        await api.until(lambda: all(replies(api, questions)))

    assert is_draining
    assert status == -signal.SIGTERM
    assert replies(api, questions) == [1] * 10


async def end(process: asyncio.subprocess.Process) -> int:
    """Send another SIGTERM; to a process that is slow, several may be one, so again and again."""
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
            await asyncio.sleep(0.2)
    return process.returncode


async def test_a_reply_that_times_out_comes_again(api: BotApi, tmp_path: Path) -> None:
    """Telegram took it and was too slow to say so; and nobody else waits for that."""
    api.fail("sendMessage", faults.Fault(held_seconds=8.0))
    async with process(api, tmp_path):
        [slow] = ask(api, 1)
        await api.until(lambda: api.faults.count == 0)
        other = api.user(7).sends(BLAST)
        await api.until(lambda: bool(api.replies(other)))
        had_waited = len(api.replies(slow)) < 2
        await api.until(lambda: len(api.replies(slow)) == 2)

    assert had_waited
    assert len(api.replies(other)) == 1
