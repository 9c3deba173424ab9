"""The morning digest to officers: who is owed it, and what is in it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.models import Question, Role
from bot.local_time import local_date, start_of
from bot.services import roles, waiting
from bot.services.telling import tell_all
from bot.services.waiting import Waiting

#: Groups named under each heading of the digest.
LINES = 3
#: Days of the chart, yesterday last.
DAYS = 7
_DAY = timedelta(days=1)
#: What questions the figures count.
_DECISIONS = ("answer", "suggest", "fallback")


@dataclass(frozen=True, slots=True)
class DayCount:
    """Questions of one day, by what became of them at once."""

    day: date
    answered: int
    suggested: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What an officer is told in the morning.

    Attributes:
        new_count: Questions that came to the officers since the last digest.
        group_count: Groups that wait.
        oldest: Those that wait longest.
        frequent: Those with most askers.
        days: The last whole days, oldest first.
    """

    new_count: int
    group_count: int
    oldest: list[Waiting]
    frequent: list[Waiting]
    days: list[DayCount]


def post_digest(session: Session, since: datetime, due_at: datetime) -> int:
    """Owe every officer the digest of a morning, once; return how many get it. Does not commit.

    Nobody gets one when nothing is new and nothing waits.
    """
    if not waiting.count_new(session, since) and not waiting.count_groups(session):
        return 0
    day = local_date(due_at)
    data = {"since": since.isoformat(), "day": day.isoformat()}
    return tell_all(session, Role.OFFICER, "digest", data, once=f"digest:{day}")


def read_digest(session: Session, officer_id: int, since: datetime, day: date) -> Digest | None:
    """Return what is to be told now; None to who is no officer any more."""
    if not roles.has_role(session, officer_id, Role.OFFICER):
        return None
    return Digest(
        new_count=waiting.count_new(session, since),
        group_count=waiting.count_groups(session),
        oldest=waiting.list_oldest(session, LINES),
        frequent=waiting.list_frequent(session, LINES),
        days=count_days(session, day - _DAY),
    )


def count_days(session: Session, last: date, days: int = DAYS) -> list[DayCount]:
    """Count the questions of some days of Sri Lanka, oldest first."""
    return [_count_day(session, last - back * _DAY) for back in reversed(range(days))]


def _count_day(session: Session, day: date) -> DayCount:
    rows = session.execute(
        select(Question.decision, func.count().label("count_"))
        .where(
            Question.asked_at >= start_of(day),
            Question.asked_at < start_of(day + _DAY),
            Question.decision.in_(_DECISIONS),
            Question.channel != "terminal",
        )
        .group_by(Question.decision)
    )
    counts = {row.decision: row.count_ for row in rows}
    return DayCount(day, *(counts.get(decision, 0) for decision in _DECISIONS))
