"""Escalations in officers' hands: one officer at a time, and only while it is open."""

from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Ask, Escalation, EscalationState, Question, QuestionState, Role
from bot.errors import (
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    NotHeldError,
)
from bot.services import audit, roles

#: Escalations of which somebody still waits.
OPEN = (EscalationState.OPEN, EscalationState.CLAIMED)


def claim(session: Session, officer_id: int, escalation_id: int) -> Escalation:
    """Claim an escalation; harmless when the officer holds it already. Does not commit.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
        HeldByOtherError: Another officer was first.
        EscalationClosedError: Nobody waits in it any more.
    """
    roles.require(session, officer_id, Role.OFFICER)
    group = get_escalation(session, escalation_id)
    taken = session.scalar(
        update(Escalation)
        .where(Escalation.id == escalation_id, Escalation.state == EscalationState.OPEN)
        .values(state=EscalationState.CLAIMED, claimed_by=officer_id, claimed_at=utc_now())
        .returning(Escalation.id)
    )
    session.refresh(group)
    if taken is None:
        _require_hold(session, officer_id, group)
    else:
        audit.record(session, officer_id, "claim escalation", f"escalation {escalation_id}")
    return group


def get_held(session: Session, officer_id: int, escalation_id: int) -> Escalation:
    """Return an escalation that the officer has claimed.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
        HeldByOtherError: Another officer holds it.
        NotHeldError: Nobody does.
        EscalationClosedError: It is closed already.
    """
    roles.require(session, officer_id, Role.OFFICER)
    group = get_escalation(session, escalation_id)
    _require_hold(session, officer_id, group)
    return group


def leave(
    session: Session, officer_id: int, escalation_id: int, state: EscalationState
) -> Escalation:
    """Bring an escalation that the officer has claimed into another state, once.

    Raises:
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: As `get_held`.
    """
    group = get_held(session, officer_id, escalation_id)
    values: dict[str, Any] = {"state": state, "claimed_by": None, "claimed_at": None}
    if state is not EscalationState.OPEN:
        values |= {"closed_by": officer_id, "closed_at": utc_now()}
    left = session.scalar(
        update(Escalation)
        .where(
            Escalation.id == escalation_id,
            Escalation.state == EscalationState.CLAIMED,
            Escalation.claimed_by == officer_id,
        )
        .values(values)
        .returning(Escalation.id)
    )
    session.refresh(group)
    if left is None:
        _require_hold(session, officer_id, group)
    return group


def get_escalation(session: Session, escalation_id: int) -> Escalation:
    """Return an escalation as the database has it.

    Raises:
        EscalationMissingError: There is none of this number.
    """
    group = session.get(Escalation, escalation_id)
    if group is None:
        raise EscalationMissingError(str(escalation_id))
    return group


def is_waiting() -> ColumnElement[bool]:
    """Whether an ask, joined with its question, is still owed an answer."""
    return Ask.withdrawn_at.is_(None) & (Question.state == QuestionState.UNANSWERED)


def list_waiting(session: Session, group: Escalation) -> list[Ask]:
    """Return the asks of an escalation that are still owed an answer, oldest first."""
    waiting = select(Ask).join(Ask.question).where(Ask.escalation_id == group.id, is_waiting())
    return list(session.scalars(waiting.order_by(Ask.id)))


def retitle(session: Session, group: Escalation) -> None:
    """Call an escalation by the words of the first of those who still wait."""
    waiting = list_waiting(session, group)
    if waiting:
        group.text = waiting[0].question.text


def _require_hold(session: Session, officer_id: int, group: Escalation) -> None:
    if group.state is EscalationState.OPEN:
        raise NotHeldError
    if group.state is not EscalationState.CLAIMED:
        raise EscalationClosedError
    if group.claimed_by != officer_id:
        raise HeldByOtherError(name=roles.name_of(session, group.claimed_by or 0))
