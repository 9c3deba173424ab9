"""The morning digest to officers: who is owed it, and what is in it."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.db.models import Role
from bot.local_time import local_date
from bot.services import roles, waiting
from bot.services.statistics import DayCount, count_days
from bot.services.telling import tell_all
from bot.services.waiting import Waiting

#: Escalations named under each heading of the digest.
LINES = 3
#: Days of the chart, yesterday last.
DAYS = 7
_DAY = timedelta(days=1)


class Digest(NamedTuple):
    """What an officer is told in the morning.

    Attributes:
        new_count: Questions that came to the officers since the last digest.
        waiting_count: Escalations that wait.
        oldest: Those that wait longest.
        frequent: Those with most askers.
        days: The last whole days, oldest first.
    """

    new_count: int
    waiting_count: int
    oldest: list[Waiting]
    frequent: list[Waiting]
    days: list[DayCount]


def post_digest(session: Session, since: datetime, due_at: datetime) -> int:
    """Owe every officer the digest of a morning, once; return how many get it. Does not commit.

    Nobody gets one when nothing is new and nothing waits.
    """
    if not waiting.count_new(session, since) and not waiting.count_escalations(session):
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
        waiting_count=waiting.count_escalations(session),
        oldest=waiting.list_oldest(session, LINES),
        frequent=waiting.list_frequent(session, LINES),
        days=count_days(session, day - _DAY, DAYS),
    )
