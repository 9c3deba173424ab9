"""What is on record of scheduled work."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.db.models import JobOutcome, JobRun, Role, RoleGrant
from bot.services import checkup, job_runs

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
OFFICER = 2001


def run(
    session: Session, name: str = "digest", days_ago: float = 0, detail: str | None = None,
    outcome: JobOutcome = JobOutcome.DONE, **fields: Any,
) -> JobRun:  # fmt: skip
    """Store a run that ended."""
    due_at = NOW - timedelta(days=days_ago)
    row = JobRun(
        name=name, due_at=due_at, outcome=outcome, ended_at=due_at, detail=detail, **fields
    )
    session.add(row)
    session.flush()
    return row


def names(session: Session) -> list[str]:
    """Details, or else names, of the runs that an officer is shown."""
    session.add(RoleGrant(telegram_user_id=OFFICER, role=Role.OFFICER, granted_by="test"))
    session.flush()
    return [each.detail or each.name for each in job_runs.list_runs(session, OFFICER)]


def test_runs_are_listed_newest_first_without_those_that_found_nothing(session: Session) -> None:
    """A sweep every minute would hide the rest."""
    run(session, days_ago=2, detail="old")
    run(session, "announcements", days_ago=1)
    run(session, "backup", days_ago=1, outcome=JobOutcome.FAILED)
    run(session, detail="new")

    assert names(session) == ["new", "backup", "old"]


def test_old_runs_are_deleted_but_never_a_jobs_newest(session: Session) -> None:
    """Without it the job would count as new, and what it misses would not be noticed."""
    run(session, "weekly", days_ago=100, detail="kept as the newest")
    run(session, days_ago=91, detail="old")
    run(session, days_ago=89, detail="kept")
    run(session, "sweep", days_ago=3)
    run(session, "sweep", days_ago=1)
    run(session, "sweep")

    assert job_runs.purge(session, NOW) == 2
    assert names(session) == ["kept", "kept as the newest"]


def test_the_doctor_names_each_jobs_last_run_and_faults_a_failed_one(session: Session) -> None:
    """Whoever looks after an installation learns of it without reading logs."""
    run(session, days_ago=1, outcome=JobOutcome.FAILED, detail="RuntimeError: no paper")
    run(session, detail="to 3 officers")
    run(session, "backup", outcome=JobOutcome.FAILED, detail="OSError: disk full")

    found = [each for each in checkup.examine_database(session) if "job" in each.subject]

    assert [(each.subject, each.text, each.is_fault) for each in found] == [
        ("job backup", "failed, due 2026-11-25 06:30 in Sri Lanka: OSError: disk full", True),
        ("job digest", "done, due 2026-11-25 06:30 in Sri Lanka: to 3 officers", False),
    ]
