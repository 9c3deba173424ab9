"""What officers are told about escalations, and what is needed to write it."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Escalation, Lane, Note, Role
from bot.services import holds, outbox, roles
from bot.services.media import kind_of
from bot.services.telling import tell_all


class OwedNotice(NamedTuple):
    """An escalation as a notice names it.

    Attributes:
        text: The words of its first asker; what came without any is of a `kind`, such as "photo".
        is_over: Whether it was closed meanwhile, or what the notice is about erased.
        detail: What a farmer added, if the notice is about that; `number` stands for the farmer.
    """

    escalation_id: int
    text: str
    kind: str
    is_over: bool
    detail: str | None = None
    number: int | None = None


def tell_officer(
    session: Session, officer_id: int, kind: str, group: Escalation, note: Note | None = None
) -> None:
    """Owe an officer a notice in their private chat, if they still are one; does not commit."""
    if not roles.has_role(session, officer_id, Role.OFFICER):
        return
    data = {} if note is None else {"note_id": note.id}
    outbox.post(session, officer_id, kind, data, escalation_id=group.id)


def tell_urgent(session: Session, group: Escalation) -> None:
    """Owe every officer word of an urgent escalation, before everything else."""
    tell_all(session, Role.OFFICER, "urgent", lane=Lane.URGENT, escalation_id=group.id)


def may_read(session: Session, chat_id: int) -> bool:
    """Return whether officers alone read in a chat; one who was removed meanwhile reads nothing."""
    is_group = chat_id < 0
    return is_group or roles.has_role(session, chat_id, Role.OFFICER)


def read_owed_notice(
    session: Session, escalation_id: int, note_id: int | None = None
) -> OwedNotice:
    """Return what is needed to write a notice about an escalation."""
    group = holds.get_escalation(session, escalation_id)
    note = None if note_id is None else session.get(Note, note_id)
    is_erased = note_id is not None and note is None
    return OwedNotice(
        escalation_id=group.id,
        text=group.text,
        kind=kind_of(session, group.id, group.text),
        is_over=is_erased or group.state not in holds.OPEN,
        detail=note.text if note else None,
        number=_number(session, group, note.ask_id) if note else None,
    )


def _number(session: Session, group: Escalation, ask_id: int | None) -> int | None:
    asks = session.scalars(select(Ask.id).where(Ask.escalation_id == group.id).order_by(Ask.id))
    return next((number for number, each in enumerate(asks, 1) if each == ask_id), None)
