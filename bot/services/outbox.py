"""Messages that are owed: written down with their cause, sent in order, given up with a reason."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Lane, OutgoingMessage


def post(
    session: Session,
    chat_id: int,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    lane: Lane = Lane.NOTICE,
    reply_id: int | None = None,
    escalation_id: int | None = None,
    under_message_id: int | None = None,
    topic_id: int | None = None,
    once_key: str | None = None,
) -> OutgoingMessage | None:
    """Owe a chat a message; does not commit, sends nothing.

    Args:
        session: The transaction of whatever causes the message.
        chat_id: Where it goes.
        kind: Which renderer of `bot.delivery.messages` makes its words.
        data: What that renderer needs: ids and plain values, never finished text of ours.
        lane: Replies go before notices, notices before bulk.
        reply_id: The reply that it carries, if any.
        escalation_id: The escalation that it belongs to, if any.
        under_message_id: The message to send it under, if that is still there.
        topic_id: Forum topic, if any.
        once_key: Makes a second message with the same key impossible.

    Returns:
        The message, or None when one with this `once_key` was owed before.
    """
    if once_key is not None and _is_known(session, once_key):
        return None
    message = OutgoingMessage(
        chat_id=chat_id,
        kind=kind,
        data=data or {},
        lane=lane,
        reply_id=reply_id,
        escalation_id=escalation_id,
        under_message_id=under_message_id,
        topic_id=topic_id,
        once_key=once_key,
    )
    session.add(message)
    session.flush()
    return message


def _is_known(session: Session, once_key: str) -> bool:
    known = select(OutgoingMessage.id).where(OutgoingMessage.once_key == once_key)
    return session.scalar(known) is not None
