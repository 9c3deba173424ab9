"""When things are due."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.jobs.schedule import JOBS
from bot.jobs.times import Daily, Every, Hourly, Weekly, When
from bot.local_time import COLOMBO
from bot.settings import ROOT

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=COLOMBO)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (Daily(time(12)), NOON),
        (Daily(time(12, 1)), NOON - timedelta(hours=23, minutes=59)),
        (Weekly(2, time(11)), NOON - timedelta(hours=1)),
        (Weekly(2, time(13)), NOON - timedelta(days=7) + timedelta(hours=1)),
        (Weekly(0, time(12)), NOON - timedelta(days=2)),
        (Weekly(3, time(12)), NOON - timedelta(days=6)),
        (Hourly(8, 18), NOON),
        (Hourly(8, 11), NOON - timedelta(hours=1)),
        (Hourly(13, 18), NOON - timedelta(hours=18)),
        (Every(timedelta(hours=1)), NOON - timedelta(minutes=30)),
    ],
)
def test_the_latest_due_time_is_the_last_that_has_come(when: When, expected: datetime) -> None:
    """Times of day and days of the week are Sri Lanka's, intervals count in UTC."""
    found = when.latest(NOON)

    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_due_time_is_its_own_latest_and_follows_an_earlier_one(job) -> None:
    """So a run is found whether the tick comes at the very instant or long after it."""
    due_at = job.when.latest(NOON)

    assert job.when.latest(due_at) == due_at
    assert job.when.latest(due_at - timedelta(microseconds=1)) < due_at


def test_names_of_jobs_are_unique() -> None:
    """Runs are on record under them."""
    names = [job.name for job in JOBS]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_the_readme_tells_of_every_job(job) -> None:
    """Nobody is surprised by what Govi does by itself."""
    assert f"\n| `{job.name}` | " in (ROOT / "README.md").read_text("utf-8")
