"""How much waits in the inbox and the outbox, and since when."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import InboxStatus, OutboxStatus, OutgoingMessage, ReceivedUpdate


class Backlog(NamedTuple):
    """Of the inbox or the outbox: what waits, how long the oldest has, and what was set aside."""

    waiting: int
    oldest_seconds: float
    failed: int


def measure_inbox(session: Session) -> Backlog:
    """Measure the updates that are not handled yet."""
    row = ReceivedUpdate
    return _measure(session, row.status, row.received_at, InboxStatus.RECEIVED, InboxStatus.FAILED)


def measure_outbox(session: Session) -> Backlog:
    """Measure the messages that are not sent yet."""
    row = OutgoingMessage
    return _measure(session, row.status, row.created_at, OutboxStatus.PENDING, OutboxStatus.FAILED)


def _measure(session: Session, status: Any, since: Any, waiting: Any, failed: Any) -> Backlog:
    count, oldest = session.execute(
        select(func.count(), func.min(since)).where(status == waiting)
    ).one()
    aside = session.scalar(select(func.count()).where(status == failed)) or 0
    return Backlog(count, _age(oldest), aside)


def _age(since: datetime | None) -> float:
    # A clock that was set back would make it negative.
    return max(0.0, (utc_now() - since).total_seconds()) if since else 0.0
