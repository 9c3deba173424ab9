"""Giving back to the queue what officers no longer see to."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Escalation, EscalationState
from bot.services import audit
from bot.services.notices import tell_officer, tell_urgent


def release_stale(session: Session, older_than: datetime) -> int:
    """Give back to the queue what officers have held for too long; does not commit.

    Who held it is told, and it is announced like a new one; what is urgent, to all at once.

    Args:
        session: The transaction.
        older_than: What was claimed, or last worked at, before this instant is stale; so is what
            a clock gone wrong has put as far into the future.

    Returns:
        How many escalations went back.
    """
    now = utc_now()
    stale = _release(session, ~Escalation.claimed_at.between(older_than, now + (now - older_than)))
    for group, holder in stale:
        audit.record(session, "govi", "release escalation", f"escalation {group.id}", "stale")
        if holder is not None:
            tell_officer(session, holder, "hold_ended", group)
    return len(stale)


def release_claims(session: Session, officer_id: int) -> None:
    """Give back all that somebody holds who is no officer any more; does not commit.

    It is announced like a new one; what is urgent, to all at once.
    """
    _release(session, Escalation.claimed_by == officer_id)


def _release(session: Session, which: ColumnElement[bool]) -> list[tuple[Escalation, int | None]]:
    """Open what is claimed; return it with who held it."""
    claimed = session.scalars(
        select(Escalation)
        .where(Escalation.state == EscalationState.CLAIMED, which)
        .order_by(Escalation.id)
    ).all()
    released = [(group, group.claimed_by) for group in claimed]
    for group in claimed:
        group.state, group.announced_at = EscalationState.OPEN, None
        group.claimed_by = group.claimed_at = None
        session.flush()
        if group.is_urgent:
            tell_urgent(session, group)
    return released
