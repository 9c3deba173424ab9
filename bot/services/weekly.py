"""The weekly summary to admins."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.db.models import Role
from bot.local_time import local_date, start_of
from bot.services import roles
from bot.services.statistics import (
    DayCount,
    Figures,
    Subject,
    count_days,
    count_figures,
    list_unanswered_subjects,
)
from bot.services.telling import tell_all

_DAYS = 7
_WEEK = timedelta(days=_DAYS)
_INSTANT = timedelta(microseconds=1)


class Week(NamedTuple):
    """What an admin is told of a week.

    Attributes:
        first: Its Monday.
        figures: Of the week.
        before: Of the week before it.
        subjects: What most questions lacked an answer to.
        days: Monday first.
    """

    first: date
    figures: Figures
    before: Figures
    subjects: list[Subject]
    days: list[DayCount]


def post_week(session: Session, due_at: datetime, suggest_threshold: float) -> int:
    """Owe every admin the summary of the last whole week, once; return how many get it.

    Nobody gets one of a week without a question. Does not commit.
    """
    today = local_date(due_at)
    first = today - timedelta(days=today.weekday()) - _WEEK
    if not count_figures(session, _DAYS, _end(first)).questions:
        return 0
    data = {"first": first.isoformat(), "suggest_threshold": suggest_threshold}
    return tell_all(session, Role.ADMIN, "weekly", data, once=f"weekly:{first}")


def read_week(
    session: Session, admin_id: int, first: date, suggest_threshold: float
) -> Week | None:
    """Return what is to be told of the week from `first`; None to who is no admin any more."""
    if not roles.has_role(session, admin_id, Role.ADMIN):
        return None
    end = _end(first)
    return Week(
        first=first,
        figures=count_figures(session, _DAYS, end),
        before=count_figures(session, _DAYS, end - _WEEK),
        subjects=list_unanswered_subjects(session, admin_id, end, suggest_threshold, _DAYS),
        days=count_days(session, local_date(end), _DAYS),
    )


def _end(first: date) -> datetime:
    return start_of(first + _WEEK) - _INSTANT
