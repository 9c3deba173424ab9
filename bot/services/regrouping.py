"""What Govi grouped wrongly, put right by an officer: an escalation split, or two made one."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Ask, Escalation, EscalationState, Note, Role
from bot.errors import (
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    UnfitSplitError,
)
from bot.services import audit, holds, roles
from bot.services.escalating import area_of
from bot.services.queue import PAGE_SIZE, EscalationLine, list_alike, list_queue


class Joinable(NamedTuple):
    """What an escalation may be merged into: nothing that another officer holds.

    Attributes:
        alike: Those that look like it, most alike first; with the first page only.
        others: What else a page of the queue lists.
        page: Its number, from 0, of `pages`.
    """

    alike: tuple[EscalationLine, ...]
    others: tuple[EscalationLine, ...]
    page: int
    pages: int


def list_joinable(
    session: Session, officer_id: int, escalation_id: int, page: int = 0, *, size: int = PAGE_SIZE
) -> Joinable:
    """Return what an escalation in the officer's hands may be merged into; nothing is written.

    Raises:
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: As `holds.get_held`.
    """
    holds.get_held(session, officer_id, escalation_id)
    shown = list_queue(session, officer_id, None, page, size=size)
    alike = [] if shown.page else list_alike(session, officer_id, escalation_id)
    listed = {escalation_id, *(line.escalation_id for line in alike)}
    others = tuple(
        line
        for line in shown.lines
        if line.escalation_id not in listed and (line.is_mine or line.holder is None)
    )
    return Joinable(tuple(alike), others, shown.page, shown.pages)


def split(session: Session, officer_id: int, escalation_id: int, ask_ids: Collection[int]) -> int:
    """Move some askers, and what was said with them, to an escalation of their own.

    Does not commit. Whoever holds the one holds the other too.

    Returns:
        The new escalation's number.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is no such escalation, or no such asker waits in it.
        EscalationClosedError: Nobody waits in it any more.
        HeldByOtherError: Another officer holds it.
        UnfitSplitError: None are to go, or none to stay.
    """
    group = _open_to(session, officer_id, escalation_id)
    waiting = holds.list_waiting(session, group)
    moving = [ask for ask in waiting if ask.id in set(ask_ids)]
    if len(moving) < len(set(ask_ids)):
        raise EscalationMissingError(str(escalation_id))
    if len(moving) in (0, len(waiting)):
        raise UnfitSplitError
    first = moving[0].question
    other = Escalation(
        state=group.state,
        text=first.text,
        area=area_of(session, first),
        is_urgent=group.is_urgent,
        claimed_by=group.claimed_by,
        claimed_at=group.claimed_at,
        announced_at=group.announced_at,
        created_at=moving[0].joined_at,
    )
    session.add(other)
    session.flush()
    _move(session, [ask.id for ask in moving], other)
    holds.retitle(session, group)
    subject, details = f"escalation {group.id}", f"{len(moving)} askers to {other.id}"
    audit.record(session, officer_id, "split escalation", subject, details)
    return other.id


def merge(session: Session, officer_id: int, from_id: int, into_id: int) -> None:
    """Move every asker of one escalation into another, and close the first as merged.

    Does not commit.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is no such escalation, or both are the same.
        EscalationClosedError: Nobody waits in one of them any more.
        HeldByOtherError: Another officer holds one of them.
    """
    group = _open_to(session, officer_id, from_id)
    if from_id == into_id:
        raise EscalationMissingError(str(into_id))
    into = _open_to(session, officer_id, into_id)
    asks = session.scalars(select(Ask.id).where(Ask.escalation_id == from_id)).all()
    into.is_urgent = into.is_urgent or group.is_urgent
    group.state, group.merged_into_id = EscalationState.MERGED, into_id
    group.claimed_by = group.claimed_at = None
    group.closed_by, group.closed_at = officer_id, utc_now()
    session.flush()
    _move(session, asks, into)
    moving_notes = update(Note).where(Note.escalation_id == from_id)
    session.execute(moving_notes.values(escalation_id=into_id))
    if not into.text:  # what began it came without words
        holds.retitle(session, into)
    subject, details = f"escalation {from_id}", f"into {into_id}"
    audit.record(session, officer_id, "merge escalation", subject, details)


def _open_to(session: Session, officer_id: int, escalation_id: int) -> Escalation:
    """Return an escalation that is open and in nobody else's hands."""
    roles.require(session, officer_id, Role.OFFICER)
    group = holds.get_escalation(session, escalation_id)
    session.refresh(group)
    if group.state not in holds.OPEN:
        raise EscalationClosedError
    if group.claimed_by not in (None, officer_id):
        raise HeldByOtherError(name=roles.name_of(session, group.claimed_by or 0))
    return group


def _move(session: Session, ask_ids: Collection[int], into: Escalation) -> None:
    session.execute(update(Ask).where(Ask.id.in_(ask_ids)).values(escalation_id=into.id))
    session.execute(update(Note).where(Note.ask_id.in_(ask_ids)).values(escalation_id=into.id))
    session.expire_all()
