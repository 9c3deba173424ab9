"""Scheduled work: one row for each time at which something was due."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, enumeration, utc_now


class JobOutcome(StrEnum):
    """What became of a run."""

    #: A process is at it, or died in it: `leased_until` tells.
    RUNNING = "running"
    #: It did what there was to do.
    DONE = "done"
    #: It raised; tried again while `ended_at` is empty.
    FAILED = "failed"
    #: It was not run, and `detail` says why.
    SKIPPED = "skipped"


class JobRun(Base):
    """One due time of one job. That there is one row a due time is what keeps it from repeating."""

    __tablename__ = "job_runs"
    __table_args__ = (
        UniqueConstraint("name", "due_at"),
        Index("ix_job_runs_due_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Which job of `bot.jobs.schedule`.
    name: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime]
    outcome: Mapped[JobOutcome] = mapped_column(enumeration(JobOutcome))
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    #: Until when the process that runs it is believed alive, or when to try again after a fault.
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    #: What was done, why not, or what was raised; no person's words.
    detail: Mapped[str | None] = mapped_column(Text)
