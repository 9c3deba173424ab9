"""The JobQueue ticks as long as Govi serves."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.db.engine import reading
from bot.intake import serving
from bot.jobs import runner
from bot.jobs.schedule import JOBS
from bot.services.job_runs import list_last_runs
from bot.settings import Settings

TOKEN = "123456:" + "a" * 35


@pytest.fixture
def application(services: Services, monkeypatch: pytest.MonkeyPatch) -> serving.GoviApplication:
    """Built for a token, never connected; it would tick every few milliseconds."""
    monkeypatch.setattr(runner, "TICK_SECONDS", 0.02)
    services.settings = Settings(bot_token=TOKEN, _env_file=None)
    return serving.create_application(services)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the condition is any function
            await asyncio.sleep(0.01)


def known_jobs(services: Services) -> list[str]:
    """Names of the jobs that a tick has looked at."""
    with reading(services.sessions) as session:
        return [run.name for run in list_last_runs(session)]


async def test_every_job_of_the_schedule_is_looked_at(
    application: serving.GoviApplication, services: Services
) -> None:
    """Serving is enough; nothing else has to be started."""
    async with runner.ticking(application, services):
        await until(lambda: bool(known_jobs(services)))

    assert known_jobs(services) == sorted(job.name for job in JOBS)


async def test_ticks_that_wait_for_a_clock_set_back_start_anew(
    application: serving.GoviApplication, services: Services
) -> None:
    """APScheduler itself would wait until the clock has caught up."""
    async with runner.ticking(application, services):
        (tick,) = application.job_queue.jobs()
        tick.job.modify(next_run_time=utc_now() + timedelta(hours=1))
        await until(lambda: bool(known_jobs(services)))

    assert known_jobs(services)


async def test_a_tick_without_the_database_is_one_line(
    services: Services, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk stays full for hours; a traceback every ten seconds would fill what is left."""

    def refuse(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("database or disk is full"))

    monkeypatch.setattr(runner.job_runs, "claim", refuse)
    await runner.Runner(services, JOBS).tick()

    (record,) = caplog.records
    assert record.reason == "OperationalError: database or disk is full"
    assert record.exc_info is None


async def test_a_fault_of_ours_in_a_tick_is_logged_whole(
    services: Services, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next tick comes all the same."""

    def fail(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(runner.job_runs, "claim", fail)
    await runner.Runner(services, JOBS).tick()

    (record,) = caplog.records
    assert record.exc_info is not None
