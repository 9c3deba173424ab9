"""Runs of scheduled work: what is due is claimed by one process, and every run is on record.

A job is due at times that its schedule gives. For each of them there is one row, whoever claims it
first. What was due while nothing ran is neither made up for nor forgotten: a row says that it was
skipped. The first time that a job is heard of is its starting point; nothing was due before it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db.base import delete_rows
from bot.db.models import JobOutcome, JobRun, Role
from bot.local_time import local_date
from bot.services import roles
from bot.services.telling import tell_all

#: A process that runs a job and died is believed dead after so long; longer runs renew it.
LEASE = timedelta(minutes=2)
#: Pause before a run that raised is tried again.
RETRY = timedelta(minutes=5)
ATTEMPTS = 3
#: How long runs are kept that had something to do, and those that found nothing.
KEPT, NOTHING_KEPT = timedelta(days=90), timedelta(days=2)
_REASON_TOLD = 300


class Due(NamedTuple):
    """When a job was due last, seen from now.

    Attributes:
        name: Which job.
        at: The latest time that is not in the future.
        earlier_at: The one before it.
        lateness: A run that would begin later after `at` than this is skipped.
    """

    name: str
    at: datetime
    earlier_at: datetime
    lateness: timedelta


class Occasion(NamedTuple):
    """A run that the caller is to do now.

    Attributes:
        now: When it was claimed.
        since: When the job was due the last time that it was done; None if it never was.
        attempts: Which attempt this is, from 1.
    """

    run_id: int
    name: str
    due_at: datetime
    now: datetime
    since: datetime | None
    attempts: int


class Run(NamedTuple):
    """One run as it stands on record."""

    name: str
    due_at: datetime
    outcome: JobOutcome
    started_at: datetime
    ended_at: datetime | None
    attempts: int
    detail: str | None


def claim(session: Session, dues: Sequence[Due], now: datetime) -> list[Occasion]:
    """Take the runs that are due and that no living process has; what is too late is skipped."""
    return [occasion for due in dues if (occasion := _claim(session, due, now)) is not None]


def _claim(session: Session, due: Due, now: datetime) -> Occasion | None:
    unfinished = session.scalar(
        select(JobRun)
        .where(JobRun.name == due.name, JobRun.ended_at.is_(None))
        .order_by(JobRun.due_at.desc())
        .limit(1)
    )
    if unfinished is not None:
        if _is_held(unfinished, now):
            return None
        if unfinished.attempts < ATTEMPTS and now - unfinished.due_at <= due.lateness:
            return _take_over(session, unfinished, now)
        unfinished.outcome, unfinished.ended_at = JobOutcome.FAILED, now
        unfinished.detail = unfinished.detail or "the process that ran it died"
        _tell_admins(session, due.name, unfinished.detail, now)
    last = session.scalar(_last_due(due.name, now))
    if last is not None and last >= due.at:
        return None
    try:
        with session.begin_nested():  # another process may write the same row first
            return _begin(session, due, last, now)
    except IntegrityError:
        return None


def _is_held(run: JobRun, now: datetime) -> bool:
    """Whether somebody is at it; a start in the future means that the clock was set back."""
    is_leased = run.leased_until is not None and run.leased_until > now
    return is_leased and run.started_at <= now + LEASE


def _take_over(session: Session, run: JobRun, now: datetime) -> Occasion | None:
    mine = session.scalar(
        update(JobRun)
        .where(JobRun.id == run.id, JobRun.attempts == run.attempts, JobRun.ended_at.is_(None))
        .values(
            attempts=run.attempts + 1,
            outcome=JobOutcome.RUNNING,
            started_at=now,
            leased_until=now + LEASE,
        )
        .returning(JobRun.id)
    )
    return None if mine is None else _occasion(session, run, now)


def _begin(session: Session, due: Due, last: datetime | None, now: datetime) -> Occasion | None:
    if last is None:
        session.add(_skipped(due.name, due.at, now, "new here; runs from its next time on"))
        return None
    if last < due.earlier_at:
        detail = f"nothing ran between {_say(last)} and {_say(due.earlier_at)}"
        session.add(_skipped(due.name, due.earlier_at, now, detail))
    if now - due.at > due.lateness:
        session.add(_skipped(due.name, due.at, now, f"noticed only at {_say(now)}"))
        return None
    run = JobRun(
        name=due.name,
        due_at=due.at,
        outcome=JobOutcome.RUNNING,
        started_at=now,
        leased_until=now + LEASE,
        attempts=1,
    )
    session.add(run)
    session.flush()
    return _occasion(session, run, now)


def _skipped(name: str, due_at: datetime, now: datetime, detail: str) -> JobRun:
    return JobRun(
        name=name,
        due_at=due_at,
        outcome=JobOutcome.SKIPPED,
        started_at=now,
        ended_at=now,
        detail=detail,
    )


def _occasion(session: Session, run: JobRun, now: datetime) -> Occasion:
    session.refresh(run)
    done = _last_due(run.name, now).where(JobRun.outcome == JobOutcome.DONE)
    return Occasion(run.id, run.name, run.due_at, now, session.scalar(done), run.attempts)


def _last_due(name: str, now: datetime) -> Select[datetime]:
    """Select the newest due time on record; one in the future was written by a clock gone wrong."""
    return (
        select(JobRun.due_at)
        .where(JobRun.name == name, JobRun.due_at <= now)
        .order_by(JobRun.due_at.desc())
        .limit(1)
    )


def _say(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def renew(session: Session, run_ids: Collection[int], now: datetime) -> None:
    """Hold runs for another while: the process is alive and still at them."""
    session.execute(
        update(JobRun)
        .where(JobRun.id.in_(run_ids), JobRun.ended_at.is_(None))
        .values(leased_until=now + LEASE)
    )


def finish(session: Session, occasion: Occasion, detail: str | None, now: datetime) -> None:
    """Record that a run did its work; `detail` says what, None that there was nothing to do."""
    session.execute(
        update(JobRun)
        .where(_still(occasion))
        .values(outcome=JobOutcome.DONE, ended_at=now, leased_until=None, detail=detail)
    )


def fail(
    session: Session, occasion: Occasion, lateness: timedelta, reason: str, now: datetime
) -> None:
    """Record that a run raised; while it is neither tried out nor too late it is tried again.

    When it is given up, the admins are told, once a day and job. Does not commit.
    """
    is_over = occasion.attempts >= ATTEMPTS or now + RETRY - occasion.due_at > lateness
    if is_over:
        _tell_admins(session, occasion.name, reason, now)
    session.execute(
        update(JobRun)
        .where(_still(occasion))
        .values(
            outcome=JobOutcome.FAILED,
            ended_at=now if is_over else None,
            leased_until=None if is_over else now + RETRY,
            detail=reason[:2000],
        )
    )


def _tell_admins(session: Session, name: str, reason: str, now: datetime) -> None:
    data = {"job": name, "reason": reason[:_REASON_TOLD]}
    tell_all(session, Role.ADMIN, "job_failed", data, once=f"job_failed:{name}:{local_date(now)}")


def _still(occasion: Occasion) -> ColumnElement[bool]:
    return and_(
        JobRun.id == occasion.run_id,
        JobRun.attempts == occasion.attempts,
        JobRun.ended_at.is_(None),
    )


def list_runs(session: Session, officer_id: int, limit: int = 50) -> list[Run]:
    """Return the newest runs that did something, failed or were skipped, newest first.

    Raises:
        NotAllowedError: The person holds no role.
    """
    roles.require(session, officer_id, Role.OFFICER)
    telling = or_(JobRun.detail.is_not(None), JobRun.outcome != JobOutcome.DONE)
    rows = select(JobRun).where(telling).order_by(JobRun.due_at.desc(), JobRun.id.desc())
    return [_run(row) for row in session.scalars(rows.limit(limit))]


def list_last_runs(session: Session) -> list[Run]:
    """Return the newest run of each job, by name."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.name)
    rows = select(JobRun).where(JobRun.id.in_(newest)).order_by(JobRun.name)
    return [_run(row) for row in session.scalars(rows)]


def purge(session: Session, now: datetime) -> int:
    """Delete old runs, never a job's newest; return how many.

    Those that found nothing to do go after `NOTHING_KEPT`, the others after `KEPT`.
    """
    found_nothing = and_(
        JobRun.outcome == JobOutcome.DONE,
        JobRun.detail.is_(None),
        JobRun.due_at < now - NOTHING_KEPT,
    )
    newest = select(func.max(JobRun.id)).group_by(JobRun.name)
    return delete_rows(
        session,
        JobRun,
        or_(found_nothing, JobRun.due_at < now - KEPT),
        JobRun.ended_at.is_not(None),
        JobRun.id.not_in(newest),
    )


def _run(row: JobRun) -> Run:
    return Run(
        row.name,
        row.due_at,
        row.outcome,
        row.started_at,
        row.ended_at,
        row.attempts,
        row.detail,
    )
