"""A clock that a test moves, and jobs that note when they ran."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.jobs.schedule import Job
from bot.jobs.times import Every, When
from bot.services.job_runs import Occasion

#: A Wednesday, 06:30 in Sri Lanka.
MORNING = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


class Clock:
    """Tells the time that it was set to."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return that time."""
        return self.now

    def move(self, **by: float) -> None:
        """Set it forward, or back by a negative time."""
        self.now += timedelta(**by)


class Diary:
    """A job's work: notes each occasion, raises while there are `faults`, waits for `gate`."""

    def __init__(self) -> None:
        self.occasions: list[Occasion] = []
        self.faults: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, _: object, occasion: Occasion) -> str:
        """Do it."""
        self.occasions.append(occasion)
        if self.faults:
            raise self.faults.pop(0)
        await self.gate.wait()
        return "done so"


def hourly(diary: Diary, name: str = "work", lateness_minutes: float = 30) -> Job:
    """A job at every full hour."""
    when: When = Every(timedelta(hours=1))
    return Job(name, when, timedelta(minutes=lateness_minutes), diary)
