"""What was given up, in and out: kept with its reason, told to the admins, tried again by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import InboxStatus, OutboxStatus, OutgoingMessage, ReceivedUpdate, Role
from bot.services import inbox, outbox
from bot.services.telling import tell_all

#: No pause that Telegram asks for, and none of ours, is longer (seconds).
LONGEST_WAIT = 3600.0
#: The kind of message that tells an admin.
KIND = "set_aside"


class SetAside(NamedTuple):
    """A row that nobody will try again by itself.

    Attributes:
        number: Telegram's id of an update (negative: it is none), or the id of a message.
        about: What is known of it without its words.
    """

    number: int
    about: str
    reason: str
    since: datetime | None


def list_updates(session: Session) -> list[SetAside]:
    """Return the updates that were set aside, oldest first."""
    rows = session.scalars(
        select(ReceivedUpdate)
        .where(ReceivedUpdate.status == InboxStatus.FAILED)
        .order_by(ReceivedUpdate.id)
    )
    return [SetAside(row.update_id, _about(row), row.reason or "", row.finished_at) for row in rows]


def _about(row: ReceivedUpdate) -> str:
    kinds = [kind for kind in row.raw if kind != "update_id"]
    return f"{', '.join(kinds) or 'update'} from chat {row.chat_id}, {row.attempts} attempts"


def list_messages(session: Session) -> list[SetAside]:
    """Return the messages that were given up, oldest first."""
    rows = session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.status == OutboxStatus.FAILED)
        .order_by(OutgoingMessage.id)
    )
    return [
        SetAside(row.id, f"{row.kind} to chat {row.chat_id}", row.reason or "", row.finished_at)
        for row in rows
    ]


def replay(session: Session, update_id: int) -> bool:
    """Let an update be handled as if it had just come; return whether it was set aside.

    One that is no update stays aside: there is nothing to handle.
    """
    row = session.scalar(
        select(ReceivedUpdate)
        .where(ReceivedUpdate.update_id == update_id)
        .where(ReceivedUpdate.status == InboxStatus.FAILED)
    )
    if row is None or inbox.UNREADABLE in row.raw:
        return False
    row.status = InboxStatus.RECEIVED
    row.attempts = row.crashes = 0
    row.reason = row.finished_at = row.due_at = row.leased_until = None
    return True


def retry(session: Session, message_id: int) -> bool:
    """Owe a message again that was given up; return whether it was."""
    again = session.scalar(
        update(OutgoingMessage)
        .where(OutgoingMessage.id == message_id, OutgoingMessage.status == OutboxStatus.FAILED)
        .values(
            status=OutboxStatus.PENDING,
            attempts=0,
            crashes=0,
            due_at=utc_now(),
            reason=None,
            finished_at=None,
        )
        .returning(OutgoingMessage.id)
    )
    return again is not None


def take_over(session: Session) -> None:
    """Take over both queues from a process that died; only before serving starts.

    The clock may have been set back meanwhile: nothing waits for longer than `LONGEST_WAIT`.
    """
    deadly = inbox.take_over(session)
    unsendable = outbox.take_over(session)
    inbox.forget_waits(session, LONGEST_WAIT)
    outbox.forget_waits(session, LONGEST_WAIT)
    _tell(session, "inbox", deadly)
    _tell_of_messages(session, unsendable)


def set_update_aside(session: Session, update_id: int, reason: str) -> None:
    """Give an update up; does not commit."""
    inbox.fail(session, update_id, reason, None)
    _tell(session, "inbox", [update_id])


def give_message_up(session: Session, message_id: int, kind: str, reason: str) -> None:
    """Give a message up; does not commit."""
    outbox.give_up(session, message_id, reason)
    _tell_of_messages(session, [(message_id, kind)])


def _tell_of_messages(session: Session, given_up: Sequence[tuple[int, str]]) -> None:
    # Of those that tell nothing is told, or one that cannot be sent would beget another.
    _tell(session, "outbox", [message_id for message_id, kind in given_up if kind != KIND])


def _tell(session: Session, queue: str, numbers: Sequence[int]) -> None:
    """Owe the admins word of it, once an hour for each queue: a fault of ours hits many rows."""
    if not numbers:
        return
    data = {"queue": queue, "number": numbers[0]}
    tell_all(session, Role.ADMIN, KIND, data, once=f"{KIND}:{queue}:{utc_now():%Y-%m-%dT%H}")
