"""Runs what is due. The JobQueue only ticks; what is due is asked of the database at each tick."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from telegram.ext import Application
from telegram.ext import Job as Tick

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.db.engine import OUT_OF_REACH
from bot.jobs.schedule import JOBS, Job
from bot.logs import describe
from bot.services import job_runs
from bot.services.job_runs import Due, Occasion

TICK_SECONDS = 10.0
#: What runs when serving ends may go on for so long; broken off, it is taken over later.
STOP_SECONDS = 10.0
#: A run that takes longer hangs; it is broken off and counts as one that raised.
LONGEST_RUN_SECONDS = 3600.0
_INSTANT = timedelta(microseconds=1)

logger = logging.getLogger(__name__)


class Runner:
    """One process's share of the scheduled work; several may work on one database."""

    def __init__(
        self,
        services: Services,
        jobs: Sequence[Job] = JOBS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take what the jobs work with; nothing runs before `sweep`.

        Args:
            services: Handed to every job.
            jobs: What there is to do.
            clock: Returns the present instant.
        """
        self._services = services
        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.ticked_at = time.monotonic()

    async def tick(self, _: object = None) -> None:
        """Sweep, and leave it to the next tick when the database is out of reach."""
        self.ticked_at = time.monotonic()
        try:
            await self.sweep()
        except OUT_OF_REACH as error:
            logger.error("scheduled work not looked at", extra={"reason": describe(error)})
        except Exception:
            logger.exception("scheduled work not looked at")

    async def sweep(self) -> None:
        """Start every run that is due and that no other process has; does not wait for them."""
        now = self._clock()
        if self._tasks:
            await self._services.run(job_runs.renew, list(self._tasks), now)
        dues = [_due(job, now) for job in self._jobs.values()]
        for occasion in await self._services.run(job_runs.claim, dues, now):
            task = asyncio.create_task(self._run(occasion), name=f"job-{occasion.name}")
            self._tasks[occasion.run_id] = task
            task.add_done_callback(partial(self._ended, occasion))

    async def finish(self, seconds: float = STOP_SECONDS) -> None:
        """Wait for what runs; what is not done after `seconds` is broken off."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, occasion: Occasion, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(occasion.run_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The database could not take the outcome; the lease runs out and the run is repeated.
            logger.error("run not settled", extra={"job": occasion.name}, exc_info=error)

    async def _run(self, occasion: Occasion) -> None:
        job = self._jobs[occasion.name]
        facts = {"job": job.name, "due_at": occasion.due_at.isoformat()}
        try:
            async with asyncio.timeout(LONGEST_RUN_SECONDS):
                detail = await job.run(self._services, occasion)
        except Exception as error:
            logger.exception("job failed", extra=facts)
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            await self._services.run(
                job_runs.fail, occasion, job.lateness, reason, now=self._clock()
            )
            return
        await self._services.run(job_runs.finish, occasion, detail, self._clock())
        if detail is not None:
            logger.info("job done", extra={**facts, "detail": detail})


def _due(job: Job, now: datetime) -> Due:
    at = job.when.latest(now)
    return Due(job.name, at, job.when.latest(at - _INSTANT), job.lateness)


@contextlib.asynccontextmanager
async def ticking(
    application: "Application[Any, Any, Any, Any, Any, Any]", services: Services
) -> AsyncIterator[None]:
    """Do the scheduled work for the block; at its end, finish what has begun."""
    runner = Runner(services)
    queue = application.job_queue
    if queue is None:
        raise ValueError("the application was built without a JobQueue")
    tick = queue.run_repeating(
        runner.tick,
        TICK_SECONDS,
        first=TICK_SECONDS,
        # By default a tick more than a second late would be dropped.
        job_kwargs={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    await queue.start()
    watch = asyncio.create_task(keep_ticking(runner, tick), name="ticking")
    try:
        yield
    finally:
        watch.cancel()
        await queue.stop()
        await runner.finish()


async def keep_ticking(runner: Runner, tick: "Tick[Any]") -> None:
    """Start the ticks anew whenever they stop.

    APScheduler waits by the clock on the wall: set back an hour, it would be silent for an hour.
    """
    while True:
        await asyncio.sleep(TICK_SECONDS)
        if time.monotonic() - runner.ticked_at > 2 * TICK_SECONDS:
            logger.warning("ticks start anew", extra={"job": tick.name})
            tick.job.reschedule("interval", seconds=TICK_SECONDS)
