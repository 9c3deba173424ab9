"""Runs of scheduled work, with a clock that is moved."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from bot.bootstrap import Services
from bot.db.engine import open_engine, reading, transaction
from bot.db.models import Role
from bot.jobs import runner as runner_module
from bot.jobs.runner import Runner
from bot.services import job_runs
from bot.services.job_runs import ATTEMPTS, LEASE, RETRY, Run
from tests.database import url_of
from tests.jobs.clock import MORNING, Clock, Diary, hourly
from tests.jobs.owing import TEXTS, owed
from tests.services.loop import ADMIN, SUNIL, appoint

Create = Callable[..., Runner]


async def sweep(*runners: Runner) -> None:
    """Let each look for what is due, and see it through."""
    for runner in runners:
        await runner.sweep()
    for runner in runners:
        await runner.finish(60)


def runs(services: Services) -> list[tuple[str, str | None]]:
    """Outcome and detail of every run, oldest first."""
    with reading(services.sessions) as session:
        return [(run.outcome.value, run.detail) for run in every_run(session)]


def every_run(session: Session) -> Sequence[Run]:
    """Every run on record, in the order of due times."""
    rows = session.query(job_runs.JobRun).order_by("due_at", "id")
    return [job_runs._run(row) for row in rows]


async def test_what_is_first_heard_of_is_not_due_yet(
    create_runner: Create, services: Services
) -> None:
    """An installation does not begin with yesterday's work."""
    diary = Diary()

    await sweep(create_runner(hourly(diary)))

    assert diary.occasions == []
    assert runs(services) == [("skipped", "new here; runs from its next time on")]


async def test_a_due_run_happens_once(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """However often it is looked for, by the same or by a later process."""
    diary = Diary()
    runner = create_runner(hourly(diary))
    await sweep(runner)
    clock.move(hours=1, minutes=5)

    await sweep(runner, runner, create_runner(hourly(diary)))

    (occasion,) = diary.occasions
    assert occasion.due_at == MORNING + timedelta(hours=1)
    assert occasion.since is None
    assert runs(services)[1:] == [("done", "done so")]


async def test_of_two_processes_one_runs_it(create_runner: Create, clock: Clock) -> None:
    """The other finds it taken, while it runs and afterwards."""
    diary, other = Diary(), Diary()
    await sweep(create_runner(hourly(diary)))
    clock.move(hours=1)

    await sweep(create_runner(hourly(diary)), create_runner(hourly(other)))

    assert len(diary.occasions) == 1
    assert other.occasions == []


async def test_of_two_processes_that_look_at_the_same_time_one_runs_it(
    services: Services, clock: Clock, tmp_path: Path
) -> None:
    """Each with its own connection to the database and its own writer."""
    engine = open_engine(url_of(tmp_path / "test.sqlite3"))
    other = replace(services, engine=engine, sessions=sessionmaker(engine))
    diaries = [Diary(), Diary()]
    runners = [
        Runner(each, [hourly(diary)], clock)
        for each, diary in zip((services, other), diaries, strict=True)
    ]
    for _ in range(10):
        await asyncio.gather(*(runner.sweep() for runner in runners))
        await sweep(*runners)
        clock.move(hours=1)
    other.close()

    assert len(diaries[0].occasions) + len(diaries[1].occasions) == 9


async def test_a_late_run_still_happens(create_runner: Create, clock: Clock) -> None:
    """As long as it is of use."""
    diary = Diary()
    runner = create_runner(hourly(diary, lateness_minutes=30))
    await sweep(runner)
    clock.move(hours=1, minutes=30)

    await sweep(runner)

    assert len(diary.occasions) == 1


async def test_a_run_that_would_be_too_late_is_skipped_on_record(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """Nothing is dropped unseen."""
    diary = Diary()
    runner = create_runner(hourly(diary, lateness_minutes=30))
    await sweep(runner)
    clock.move(hours=1, minutes=31)

    await sweep(runner, runner)

    assert diary.occasions == []
    assert runs(services)[1:] == [("skipped", "noticed only at 2026-11-25T02:31+00:00")]


async def test_what_was_due_while_nothing_ran_is_one_line_on_record(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """It is not made up for; the newest run happens."""
    diary = Diary()
    await sweep(create_runner(hourly(diary)))
    clock.move(hours=9)

    await sweep(create_runner(hourly(diary)))

    assert [occasion.due_at for occasion in diary.occasions] == [MORNING + timedelta(hours=9)]
    assert runs(services)[1:] == [
        ("skipped", "nothing ran between 2026-11-25T01:00+00:00 and 2026-11-25T09:00+00:00"),
        ("done", "done so"),
    ]


async def test_a_clock_set_back_repeats_nothing(create_runner: Create, clock: Clock) -> None:
    """What is done is done."""
    diary = Diary()
    runner = create_runner(hourly(diary))
    await sweep(runner)
    clock.move(hours=1)
    await sweep(runner)

    clock.move(minutes=-50)
    await sweep(runner)
    clock.move(minutes=50)
    await sweep(runner)

    assert len(diary.occasions) == 1


async def test_a_clock_that_was_far_ahead_blocks_nothing(
    create_runner: Create, clock: Clock
) -> None:
    """Once it is right again, work goes on from where it is."""
    diary = Diary()
    runner = create_runner(hourly(diary))
    await sweep(runner)
    clock.move(days=900)
    await sweep(runner)
    clock.move(days=-900, hours=1)

    await sweep(runner)

    assert diary.occasions[-1].due_at == MORNING + timedelta(hours=1)


async def test_a_run_that_raises_is_tried_again_and_stops_no_other(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """Its reason is on record meanwhile."""
    diary, other = Diary(), Diary()
    runner = create_runner(hourly(diary), hourly(other, "other"))
    await sweep(runner)
    clock.move(hours=1)
    diary.faults.append(RuntimeError("no paper\nand more"))

    await sweep(runner)

    assert len(other.occasions) == 1
    assert ("failed", "RuntimeError: no paper") in runs(services)
    clock.move(seconds=RETRY.total_seconds() - 1)
    await sweep(runner)
    assert len(diary.occasions) == 1
    clock.move(seconds=1)
    await sweep(runner)
    assert [occasion.attempts for occasion in diary.occasions] == [1, 2]
    assert [outcome for outcome, _ in runs(services)] == ["skipped", "skipped", "done", "done"]


async def test_a_run_that_hangs_is_broken_off(
    create_runner: Create, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And tried again like one that raised."""
    monkeypatch.setattr(runner_module, "LONGEST_RUN_SECONDS", 0.01)
    diary = Diary()
    runner = create_runner(hourly(diary))
    await sweep(runner)
    clock.move(hours=1)
    diary.gate.clear()

    await sweep(runner)

    assert runs(services)[1:] == [("failed", "TimeoutError: ")]


async def test_a_run_that_keeps_raising_is_given_up(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """The next due time begins anew."""
    diary = Diary()
    diary.faults = [RuntimeError(f"fault {number}") for number in range(ATTEMPTS)]
    runner = create_runner(hourly(diary))
    await sweep(runner)
    clock.move(hours=1)
    for _ in range(ATTEMPTS + 1):
        await sweep(runner)
        clock.move(seconds=RETRY.total_seconds())

    assert len(diary.occasions) == ATTEMPTS
    assert runs(services)[1:] == [("failed", f"RuntimeError: fault {ATTEMPTS - 1}")]
    clock.move(hours=1)
    await sweep(runner)
    assert runs(services)[-1] == ("done", "done so")


async def test_admins_hear_of_work_that_is_given_up_once_a_day(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """Not of each attempt, nor of each due time of a sweep."""
    with transaction(services.sessions) as session:
        appoint(session, ADMIN, Role.ADMIN)
        appoint(session, SUNIL)
    diary = Diary()
    diary.faults = [RuntimeError("no paper")] * 3 * ATTEMPTS
    runner = create_runner(hourly(diary))
    await sweep(runner)
    for _ in range(3 * 60 // 5):
        clock.move(minutes=5)
        await sweep(runner)

    assert len(diary.occasions) > ATTEMPTS
    assert owed(services) == [
        (ADMIN, TEXTS.text("job.failed", job="work", reason="RuntimeError: no paper"))
    ]


async def test_a_dead_process_is_taken_over_from(
    create_runner: Create, services: Services, clock: Clock
) -> None:
    """Not before its lease has run out."""
    dying, diary = Diary(), Diary()
    runner, heir = create_runner(hourly(dying)), create_runner(hourly(diary))
    await sweep(runner)
    clock.move(hours=1)
    dying.gate.clear()
    await runner.sweep()
    await runner.finish(seconds=0.01)
    clock.move(seconds=LEASE.total_seconds() - 1)
    await sweep(heir)
    assert diary.occasions == []

    clock.move(seconds=1)
    await sweep(heir)

    assert [occasion.attempts for occasion in diary.occasions] == [2]
    assert runs(services)[1:] == [("done", "done so")]


async def test_a_long_run_keeps_its_lease(create_runner: Create, clock: Clock) -> None:
    """As long as its process ticks."""
    diary, other = Diary(), Diary()
    runner = create_runner(hourly(diary))
    await sweep(runner)
    clock.move(hours=1)
    diary.gate.clear()
    for _ in range(3):
        await runner.sweep()
        clock.move(seconds=LEASE.total_seconds() - 1)

    await sweep(create_runner(hourly(other)))

    assert other.occasions == []
    diary.gate.set()
    await runner.finish(60)
    assert len(diary.occasions) == 1
