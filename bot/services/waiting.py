"""What waits for officers, as their digest and reminders tell it."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Escalation
from bot.services import holds
from bot.services.media import kind_of


class Waiting(NamedTuple):
    """An escalation in which somebody waits.

    Attributes:
        text: Its first asker's words.
        kind: What came, if that was without words: "photo", "voice" and so on.
        asker_count: Askers who still wait.
        since: When the first of them asked.
    """

    escalation_id: int
    text: str
    kind: str
    asker_count: int
    since: datetime


def list_oldest(session: Session, limit: int) -> list[Waiting]:
    """Return the escalations that wait longest, oldest first."""
    return _list(session, _waiting().order_by(Escalation.created_at, Escalation.id).limit(limit))


def list_frequent(session: Session, limit: int) -> list[Waiting]:
    """Return the escalations with most askers of those with several, most first."""
    askers = func.count(Ask.id)
    rows = _waiting().having(askers > 1).order_by(askers.desc(), Escalation.id)
    return _list(session, rows.limit(limit))


def list_named(session: Session, escalation_ids: Collection[int]) -> list[Waiting]:
    """Return those of some escalations in which somebody waits by now, oldest first."""
    rows = _waiting().where(Escalation.id.in_(escalation_ids))
    return _list(session, rows.order_by(Escalation.created_at, Escalation.id))


def count_escalations(session: Session) -> int:
    """Count the escalations in which somebody waits."""
    return session.scalar(select(func.count()).select_from(_waiting().subquery())) or 0


def count_new(session: Session, since: datetime) -> int:
    """Count the questions that have come to the officers since an instant."""
    return session.scalar(select(func.count()).where(Ask.joined_at >= since)) or 0


def has_waiting_asker() -> ColumnElement[bool]:
    """Whether somebody in an escalation still waits."""
    asks = select(Ask.id).join(Ask.question)
    return asks.where(Ask.escalation_id == Escalation.id, holds.is_waiting()).exists()


def _waiting() -> Select[int, str, datetime, int]:
    return (
        select(Escalation.id, Escalation.text, Escalation.created_at, func.count(Ask.id))
        .join(Escalation.asks)
        .join(Ask.question)
        .where(Escalation.state.in_(holds.OPEN), holds.is_waiting())
        .group_by(Escalation.id)
    )


def _list(session: Session, rows: Select[int, str, datetime, int]) -> list[Waiting]:
    return [
        Waiting(number, text, kind_of(session, number, text), askers, since)
        for number, text, since, askers in session.execute(rows)
    ]
