"""Reminders to officers of what waits or is held for too long."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.db.models import Escalation, EscalationState, Role
from bot.services import outbox, roles
from bot.services.waiting import Waiting, has_waiting_asker, list_named

#: Escalations named in one reminder; a longer queue is looked at as a queue.
LINES = 10


class Reminder(NamedTuple):
    """What an officer is reminded of.

    Attributes:
        held: Escalations that they hold.
        free: Escalations that nobody holds.
    """

    held: list[Waiting]
    free: list[Waiting]


def remind(session: Session, now: datetime, after: timedelta) -> int:
    """Owe officers a reminder of what waits or is held for longer than `after`.

    Whoever holds an escalation is reminded of it; of those that nobody holds, every officer. After
    as long again they are reminded once more. Does not commit.

    Returns:
        How many messages are owed.
    """
    held, free = _list_overdue(session, now, after)
    if not held and not free:
        return 0
    count = 0
    for officer_id in roles.list_holders(session, Role.OFFICER):
        mine = held.get(officer_id, [])
        if mine or free:
            data = {"held": mine[:LINES], "free": free[:LINES]}
            outbox.post(session, officer_id, "reminder", data)
            count += 1
    if count:
        told = [*free, *(number for numbers in held.values() for number in numbers)]
        session.execute(update(Escalation).where(Escalation.id.in_(told)).values(reminded_at=now))
    return count


def read_reminder(
    session: Session, officer_id: int, held: Sequence[int], free: Sequence[int]
) -> Reminder | None:
    """Return what is left of a reminder: escalations that still wait, in the same hands."""
    if not roles.has_role(session, officer_id, Role.OFFICER):
        return None
    mine = Escalation.claimed_by == officer_id
    still_held = session.scalars(select(Escalation.id).where(Escalation.id.in_(held), mine))
    still_free = session.scalars(
        select(Escalation.id).where(
            Escalation.id.in_(free), Escalation.state == EscalationState.OPEN
        )
    )
    return Reminder(list_named(session, still_held.all()), list_named(session, still_free.all()))


def _list_overdue(
    session: Session, now: datetime, after: timedelta
) -> tuple[dict[int, list[int]], list[int]]:
    """Return escalations by holder, and those without one, oldest first.

    What is as far in the future was put there by a clock gone wrong, and is overdue too.
    """

    def is_past(instant: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        return or_(instant <= now - after, instant > now + after)

    since_open = and_(Escalation.state == EscalationState.OPEN, is_past(Escalation.created_at))
    since_held = and_(Escalation.state == EscalationState.CLAIMED, is_past(Escalation.claimed_at))
    rows = session.execute(
        select(Escalation.id, Escalation.claimed_by)
        .where(
            or_(since_open, since_held),
            or_(Escalation.reminded_at.is_(None), is_past(Escalation.reminded_at)),
            has_waiting_asker(),
        )
        .order_by(Escalation.created_at, Escalation.id)
    )
    held: dict[int, list[int]] = defaultdict(list)
    free: list[int] = []
    for number, holder in rows:
        (free if holder is None else held[holder]).append(number)
    return held, free
