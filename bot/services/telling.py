"""Messages to the whole team: everyone who holds a role is owed the same."""

from typing import Any

from sqlalchemy.orm import Session

from bot.db.models import Lane, Role
from bot.services import outbox, roles


def tell_all(
    session: Session,
    role: Role,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    once: str | None = None,
    lane: Lane = Lane.NOTICE,
    escalation_id: int | None = None,
) -> int:
    """Owe everyone who holds a role now a message in private; does not commit.

    Args:
        session: The transaction of whatever causes the message.
        role: Whose holders; admins are officers too.
        kind: As for `outbox.post`.
        data: The same.
        once: Names the occasion, of which nobody is told a second time.
        lane: As for `outbox.post`.
        escalation_id: The same.

    Returns:
        How many are owed it now.
    """
    posted = [
        outbox.post(
            session,
            person,
            kind,
            data,
            lane=lane,
            escalation_id=escalation_id,
            once_key=None if once is None else f"{once}:{person}",
        )
        for person in roles.list_holders(session, role)
    ]
    return sum(message is not None for message in posted)
