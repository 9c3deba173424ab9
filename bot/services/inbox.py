"""Received updates: written down before Telegram is told, handled once, set aside when hopeless."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeGuard

from sqlalchemy import Integer, Select, Text, bindparam, cast, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.db.base import UtcDateTime, delete_rows, utc_now
from bot.db.models import InboxStatus, ReceivedUpdate, Reply

#: Under this name stands, in `raw`, the text of what is no update ...
UNREADABLE = "unreadable"
#: ... as much of it as helps to find out what it is.
LONGEST_KEPT = 2000
#: No update of Telegram's is nested nearly so deep; much deeper, a row could not be read again.
DEEPEST = 100
#: An update with which so many processes died is not tried again. An innocent one may be in hand at
#: five deaths of a hundred that follow upon each other.
CRASHES = 20

_RECEIVED = ReceivedUpdate.status == InboxStatus.RECEIVED


class LeasedUpdate(NamedTuple):
    """A raw update handed to one worker until its lease ends; `attempts` counts this one."""

    id: int
    update_id: int
    chat_id: int | None
    raw: Mapping[str, Any]
    attempts: int


def store(session: Session, received: Sequence[Any]) -> list[int]:
    """Write down what Telegram sent; return the ids that were new. A known id has no effect.

    What is no update is written down too, under a negative id, and set aside.
    """
    rows = {row.update_id: row for row in map(_row, received)}
    known = session.scalars(
        select(ReceivedUpdate.update_id).where(ReceivedUpdate.update_id.in_([*rows]))
    )
    for update_id in known.all():
        del rows[update_id]
    session.add_all(rows.values())
    session.flush()
    return list(rows)


def find_update_id(item: Any) -> int | None:
    """Return the id of what may be an update; None when it has none that a table can hold."""
    update_id = item.get("update_id") if isinstance(item, Mapping) else None
    return update_id if _is_id(update_id) and update_id >= 0 else None


def _is_id(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _row(item: Any) -> ReceivedUpdate:
    update_id = find_update_id(item)
    if _is_deep(item):
        return _unreadable(update_id, f"it is nested deeper than {DEEPEST} levels")
    try:
        text = json.dumps(item, allow_nan=False)
    except (ValueError, TypeError):
        return _unreadable(update_id, "it cannot be written as JSON")
    if update_id is None:
        return _unreadable(None, "it has no update_id", text)
    return ReceivedUpdate(update_id=update_id, chat_id=_chat_id(item), raw=dict(item))


def _is_deep(item: Any) -> bool:
    level = [item]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _parts(outer)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Collection[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _unreadable(update_id: int | None, reason: str, text: str = "") -> ReceivedUpdate:
    """Return a row that is set aside from the start; the same text has the same negative id."""
    digest = hashlib.sha256(text.encode()).digest()
    return ReceivedUpdate(
        update_id=-1 - int.from_bytes(digest[:7]) if update_id is None else update_id,
        raw={UNREADABLE: text[:LONGEST_KEPT]},
        status=InboxStatus.FAILED,
        reason=reason,
        finished_at=utc_now(),
    )


def lease(
    session: Session,
    limit: int,
    lease_seconds: float,
    in_hand: Collection[int] = (),
    is_idle: bool = True,
) -> list[LeasedUpdate]:
    """Take the oldest waiting updates, one a chat, and hold them for `lease_seconds`.

    A chat's later update is never handed out while an earlier one is unfinished, so each chat
    is served in order. Updates that belong to no chat wait for none. What is `in_hand`, by its
    `LeasedUpdate.id`, is not handed out again when its lease runs out.

    What a process died with may have killed it. Such an update is handed out alone, when the
    worker is idle, so that the next death tells which it was; until then nothing else is. Those
    that have killed least go first.
    """
    now = utc_now()
    given = {"now": now, "in_hand": sorted(in_hand), "limit": limit}
    rows = session.scalars(_waiting(are_suspect=True), given | {"limit": 1}).all()
    if rows and not is_idle:
        return []
    rows = rows or session.scalars(_waiting(are_suspect=False), given).all()
    for row in rows:
        row.leased_until = now + timedelta(seconds=lease_seconds)
        row.attempts += 1
    session.flush()
    return [LeasedUpdate(r.id, r.update_id, r.chat_id, r.raw, r.attempts) for r in rows]


@cache
def _waiting(are_suspect: bool) -> Select[ReceivedUpdate]:
    """Select updates that may be handed out: due, held by nobody, and the first of their chat.

    It takes longer to make than to run, so it is made once. It is run with `now`, what is
    `in_hand` and a `limit`.
    """
    row, earlier = ReceivedUpdate, aliased(ReceivedUpdate)
    now = bindparam("now", type_=UtcDateTime())
    return (
        select(row)
        .where(
            row.crashes > 0 if are_suspect else row.crashes == 0,
            _RECEIVED,
            or_(row.due_at.is_(None), row.due_at <= now),
            or_(row.leased_until.is_(None), row.leased_until <= now),
            row.id.not_in(bindparam("in_hand", expanding=True)),
            ~exists().where(
                earlier.chat_id == row.chat_id,
                earlier.status == InboxStatus.RECEIVED,
                earlier.id < row.id,
            ),
        )
        .order_by(row.crashes, row.id)
        .limit(bindparam("limit", type_=Integer))
    )


def take_over(session: Session) -> list[int]:
    """Take over from a process that died; only before the one worker starts.

    What it held is handed out again, alone. What `CRASHES` processes have died with is set aside.

    Returns:
        The ids of the updates that were set aside.
    """
    session.execute(
        update(ReceivedUpdate)
        .where(_RECEIVED, ReceivedUpdate.leased_until.is_not(None))
        .values(leased_until=None, crashes=ReceivedUpdate.crashes + 1)
    )
    deadly = session.scalars(
        select(ReceivedUpdate.update_id).where(_RECEIVED, ReceivedUpdate.crashes >= CRASHES)
    ).all()
    for update_id in deadly:
        fail(session, update_id, f"{CRASHES} processes died with it", None)
    return list(deadly)


def hand_back(session: Session) -> None:
    """Give back what this process holds, when it ends in good order."""
    session.execute(
        update(ReceivedUpdate)
        .where(_RECEIVED, ReceivedUpdate.leased_until.is_not(None))
        .values(leased_until=None)
    )


def forget_waits(session: Session, longer_than_seconds: float = 0.0) -> None:
    """Let what waits be due now: the clock was set, and what it said means nothing.

    A lease goes too; whoever holds it has it in hand.
    """
    latest = utc_now() + timedelta(seconds=longer_than_seconds)
    for moment in (ReceivedUpdate.due_at, ReceivedUpdate.leased_until):
        session.execute(
            update(ReceivedUpdate).where(_RECEIVED, moment > latest).values({moment: None})
        )


def finish(session: Session, update_id: int) -> None:
    """Mark an update done: its effects, and what it owes in reply, are committed.

    What it said and whose it was is not needed again; its id stays, so that it is known.
    """
    session.execute(
        update(ReceivedUpdate)
        .where(ReceivedUpdate.update_id == update_id)
        .values(
            status=InboxStatus.DONE,
            leased_until=None,
            finished_at=utc_now(),
            chat_id=None,
            raw={},
            reason=None,
        )
    )


def fail(
    session: Session,
    update_id: int,
    reason: str,
    retry_in_seconds: float | None,
    is_counted: bool = True,
) -> None:
    """Put an update back for a later attempt, or set it aside when `retry_in_seconds` is None.

    An attempt that is not counted uses nothing up.
    """
    values: dict[str, Any] = {"reason": reason[:2000], "leased_until": None}
    if not is_counted:
        values["attempts"] = ReceivedUpdate.attempts - 1
    if retry_in_seconds is None:
        values |= {"status": InboxStatus.FAILED, "finished_at": utc_now()}
    else:
        values["due_at"] = utc_now() + timedelta(seconds=retry_in_seconds)
    session.execute(
        update(ReceivedUpdate).where(ReceivedUpdate.update_id == update_id).values(**values)
    )


def purge(session: Session, before: datetime) -> int:
    """Delete handled updates older than `before` and forget their ids; return how many.

    Telegram keeps an update for 24 hours and may use an id again after an idle week, so `before`
    belongs between one and seven days ago. Failed updates stay until a person looks.
    """
    session.execute(update(Reply).where(Reply.created_at < before).values(update_id=None))
    return delete_rows(
        session,
        ReceivedUpdate,
        ReceivedUpdate.status == InboxStatus.DONE,
        ReceivedUpdate.finished_at < before,
    )


def list_about(session: Session, telegram_user_id: int) -> list[ReceivedUpdate]:
    """Return the updates not yet done that a person sent or that quote them, oldest first."""
    number = str(telegram_user_id)
    rows = session.scalars(
        select(ReceivedUpdate)
        .where(
            ReceivedUpdate.status != InboxStatus.DONE,
            or_(
                ReceivedUpdate.chat_id == telegram_user_id,
                cast(ReceivedUpdate.raw, Text).contains(number),
            ),
        )
        .order_by(ReceivedUpdate.id)
    )
    return [row for row in rows if row.chat_id == telegram_user_id or _names(row.raw, number)]


def forget(session: Session, telegram_user_id: int) -> None:
    """Delete what was set aside of a person's updates; what still waits is handled first."""
    for row in list_about(session, telegram_user_id):
        if row.status is InboxStatus.FAILED:
            session.delete(row)
    session.flush()


def _names(value: object, number: str) -> bool:
    """Whether a part of a raw update is about a person or a chat of this number."""
    if isinstance(value, Mapping):
        if isinstance(text := value.get(UNREADABLE), str):
            return re.search(rf"\b{number}\b", text) is not None
        return str(value.get("id")) == number or any(_names(v, number) for v in value.values())
    return isinstance(value, list) and any(_names(item, number) for item in value)


def purge_failed(session: Session, before: datetime) -> int:
    """Delete updates set aside before an instant, whoever has looked at them; return how many."""
    return delete_rows(
        session,
        ReceivedUpdate,
        ReceivedUpdate.status == InboxStatus.FAILED,
        ReceivedUpdate.finished_at < before,
    )


def _chat_id(raw: Mapping[str, Any]) -> int | None:
    """Find the chat of a raw update without trusting its shape."""
    for part in raw.values():
        if not isinstance(part, Mapping):
            continue
        message = part.get("message") if "data" in part or "chat_instance" in part else part
        chat = message.get("chat") if isinstance(message, Mapping) else None
        for owner in (chat, part.get("from")):
            if isinstance(owner, Mapping) and _is_id(owner.get("id")):
                return int(owner["id"])
    return None
