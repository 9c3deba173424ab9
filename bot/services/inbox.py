"""Received updates: written down before Telegram is told, handled once, set aside when hopeless."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import InboxStatus, ReceivedUpdate, Reply


@dataclass(frozen=True, slots=True)
class LeasedUpdate:
    """A raw update handed to one worker until its lease ends; `attempts` counts this one."""

    id: int
    update_id: int
    chat_id: int | None
    raw: Mapping[str, Any]
    attempts: int


def store(session: Session, raw_updates: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write updates down; return the ids that were new. A known update_id has no effect."""
    ids = [raw["update_id"] for raw in raw_updates]
    known = set(
        session.scalars(select(ReceivedUpdate.update_id).where(ReceivedUpdate.update_id.in_(ids)))
    )
    fresh = {raw["update_id"]: raw for raw in raw_updates if raw["update_id"] not in known}
    session.add_all(
        ReceivedUpdate(update_id=update_id, chat_id=_chat_id(raw), raw=dict(raw))
        for update_id, raw in fresh.items()
    )
    session.flush()
    return list(fresh)


def lease(
    session: Session, limit: int, lease_seconds: float, busy_chats: Collection[int] = ()
) -> list[LeasedUpdate]:
    """Take the oldest waiting updates, one a chat, and hold them for `lease_seconds`.

    A chat's later update is never handed out while an earlier one is unfinished, so each chat
    is served in order. Updates that belong to no chat go one at a time, as one chat.
    """
    now = utc_now()
    first = (
        select(func.min(ReceivedUpdate.id).label("id"), func.max(ReceivedUpdate.leased_until))
        .where(ReceivedUpdate.status == InboxStatus.RECEIVED)
        .group_by(ReceivedUpdate.chat_id)
        .subquery()
    )
    waiting = (
        select(ReceivedUpdate)
        .join(first, ReceivedUpdate.id == first.c.id)
        .where(or_(ReceivedUpdate.leased_until.is_(None), ReceivedUpdate.leased_until <= now))
        .where(
            or_(
                ReceivedUpdate.chat_id.is_(None),
                ReceivedUpdate.chat_id.not_in(sorted(busy_chats)),
            )
        )
        .order_by(ReceivedUpdate.id)
        .limit(limit)
    )
    rows = session.scalars(waiting).all()
    for row in rows:
        row.leased_until = now + timedelta(seconds=lease_seconds)
        row.attempts += 1
    session.flush()
    return [LeasedUpdate(r.id, r.update_id, r.chat_id, r.raw, r.attempts) for r in rows]


def release(session: Session) -> None:
    """Give back what a process held that is no more; only before the one worker starts."""
    session.execute(
        update(ReceivedUpdate)
        .where(ReceivedUpdate.status == InboxStatus.RECEIVED)
        .values(leased_until=None)
    )


def finish(session: Session, update_id: int) -> None:
    """Mark an update done: its effects, and what it owes in reply, are committed."""
    session.execute(
        update(ReceivedUpdate)
        .where(ReceivedUpdate.update_id == update_id)
        .values(status=InboxStatus.DONE, leased_until=None, finished_at=utc_now())
    )


def fail(session: Session, update_id: int, reason: str, retry_in_seconds: float | None) -> None:
    """Put an update back for a later attempt, or set it aside when `retry_in_seconds` is None."""
    values: dict[str, Any] = {"reason": reason[:2000]}
    if retry_in_seconds is None:
        values |= {"status": InboxStatus.FAILED, "finished_at": utc_now(), "leased_until": None}
    else:
        values["leased_until"] = utc_now() + timedelta(seconds=retry_in_seconds)
    session.execute(
        update(ReceivedUpdate).where(ReceivedUpdate.update_id == update_id).values(**values)
    )


def purge(session: Session, before: datetime) -> int:
    """Delete handled updates older than `before` and forget their ids; return how many.

    Telegram keeps an update for 24 hours and may use an id again after an idle week, so `before`
    belongs between one and seven days ago. Failed updates stay until a person looks.
    """
    session.execute(update(Reply).where(Reply.created_at < before).values(update_id=None))
    done = session.scalars(
        delete(ReceivedUpdate)
        .where(ReceivedUpdate.status == InboxStatus.DONE, ReceivedUpdate.finished_at < before)
        .returning(ReceivedUpdate.id)
    )
    return len(done.all())


def _chat_id(raw: Mapping[str, Any]) -> int | None:
    """Find the chat of a raw update without trusting its shape."""
    for part in raw.values():
        if not isinstance(part, Mapping):
            continue
        message = part.get("message") if "data" in part or "chat_instance" in part else part
        chat = message.get("chat") if isinstance(message, Mapping) else None
        if isinstance(chat, Mapping) and isinstance(chat.get("id"), int):
            return int(chat["id"])
        sender = part.get("from")
        if isinstance(sender, Mapping) and isinstance(sender.get("id"), int):
            return int(sender["id"])
    return None
