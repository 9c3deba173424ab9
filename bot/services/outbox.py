"""Messages that are owed: written down with their cause, sent in order, given up with a reason."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.db.base import UtcDateTime, delete_rows, utc_now
from bot.db.models import Lane, OutboxStatus, OutgoingMessage, Question, Reply
from bot.services.farmers import mark_reachable, mark_unreachable


class LeasedMessage(NamedTuple):
    """A message handed to one sender until its lease ends.

    Attributes:
        data: What was given to `post`.
        attempts: How often it failed by its own fault.
        message_ids: Telegram's ids of the parts that were sent before, in order.
    """

    id: int
    chat_id: int
    kind: str
    data: Mapping[str, Any]
    reply_id: int | None
    escalation_id: int | None
    under_message_id: int | None
    topic_id: int | None
    attempts: int
    message_ids: Sequence[int]


#: A message with which so many processes died is not tried again. An innocent one may be in hand at
#: five deaths of a hundred that follow upon each other.
CRASHES = 20

_LEASED = [getattr(OutgoingMessage, name) for name in LeasedMessage._fields]
_PENDING = OutgoingMessage.status == OutboxStatus.PENDING


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

    What the chat is still owed from before goes first, so it moves up to the lane of this one;
    nothing goes before what is urgent.

    Args:
        session: The transaction of whatever causes the message.
        chat_id: Where it goes.
        kind: Which renderer of `bot.delivery.messages` makes its words.
        data: What that renderer needs: ids and plain values, never finished text of ours.
        lane: What is urgent goes before replies, those before notices, notices before bulk.
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
    if lane is not Lane.URGENT:
        _move_up(session, chat_id, lane)
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


def post_reply(
    session: Session,
    reply: Reply,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    lane: Lane = Lane.REPLY,
    escalation_id: int | None = None,
    once_key: str | None = None,
) -> OutgoingMessage | None:
    """Owe who asked a question a reply under it; as `post`.

    Nothing is owed for a question that was asked in a terminal, or is nobody's any more.
    """
    question = reply.question
    if question.chat_id is None:
        return None
    return post(
        session,
        question.chat_id,
        kind,
        data,
        lane=lane,
        reply_id=reply.id,
        escalation_id=escalation_id,
        under_message_id=question.message_id or None,
        topic_id=question.topic_id,
        once_key=once_key,
    )


def _move_up(session: Session, chat_id: int, lane: Lane) -> None:
    session.execute(
        update(OutgoingMessage)
        .where(_PENDING, OutgoingMessage.chat_id == chat_id, OutgoingMessage.lane > lane)
        .values(lane=lane)
        # Nobody reads the lane of a message in hand, and hundreds may be in hand.
        .execution_options(synchronize_session=False)
    )


def _is_known(session: Session, once_key: str) -> bool:
    known = select(OutgoingMessage.id).where(OutgoingMessage.once_key == once_key)
    return session.scalar(known) is not None


def lease(
    session: Session,
    limit: int,
    lease_seconds: float,
    busy_chats: Collection[int] = (),
    is_idle: bool = True,
) -> list[LeasedMessage]:
    """Take messages that are due, one a chat, urgent lanes first, and hold them for a while.

    A chat's later message is never handed out while an earlier one is unfinished, be it leased,
    put back or in another lane; so each chat reads in the order in which things happened. What is
    urgent alone waits for nothing but what is on its way.

    What a process died with may have killed it. Such a message is handed out alone, when the
    sender is idle, so that the next death tells which it was; until then nothing else is. Those
    that have killed least go first.
    """
    now = utc_now()
    given = {"now": now, "busy_chats": sorted(busy_chats), "limit": limit}
    rows = session.execute(_ready(are_suspect=True), given | {"limit": 1}).all()
    if rows and not is_idle:
        return []
    rows = rows or session.execute(_ready(are_suspect=False), given).all()
    if rows:
        session.execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id.in_([row.id for row in rows]))
            .values(leased_until=now + timedelta(seconds=lease_seconds))
        )
    return [LeasedMessage(*row) for row in rows]


@cache
def _ready(are_suspect: bool) -> Select[*tuple[Any, ...]]:
    """Select messages that may be handed out: due, held by nobody, and the first of their chat.

    It takes longer to make than to run, so it is made once. It is run with `now`, the
    `busy_chats` and a `limit`.
    """
    row, earlier = OutgoingMessage, aliased(OutgoingMessage)
    now = bindparam("now", type_=UtcDateTime())
    return (
        select(*_LEASED)
        .where(
            row.crashes > 0 if are_suspect else row.crashes == 0,
            _PENDING,
            row.due_at <= now,
            or_(row.leased_until.is_(None), row.leased_until <= now),
            row.chat_id.not_in(bindparam("busy_chats", expanding=True)),
            ~exists().where(
                earlier.chat_id == row.chat_id,
                earlier.status == OutboxStatus.PENDING,
                earlier.lane <= row.lane,
                earlier.id < row.id,
            ),
        )
        .order_by(row.crashes, row.lane, row.id)
        .limit(bindparam("limit", type_=Integer))
    )


def take_over(session: Session) -> list[tuple[int, str]]:
    """Take over from a process that died; only before the one sender starts.

    What it held is handed out again, alone. What `CRASHES` processes have died with is given up.

    Returns:
        The ids and kinds of the messages that were given up.
    """
    session.execute(
        update(OutgoingMessage)
        .where(_PENDING, OutgoingMessage.leased_until.is_not(None))
        .values(leased_until=None, crashes=OutgoingMessage.crashes + 1)
    )
    deadly = session.execute(
        select(OutgoingMessage.id, OutgoingMessage.kind).where(
            _PENDING, OutgoingMessage.crashes >= CRASHES
        )
    ).all()
    for message_id, _ in deadly:
        give_up(session, message_id, f"{CRASHES} processes died with it")
    return [(message_id, kind) for message_id, kind in deadly]


def hand_back(session: Session) -> None:
    """Give back what this process holds, when it ends in good order."""
    session.execute(
        update(OutgoingMessage)
        .where(_PENDING, OutgoingMessage.leased_until.is_not(None))
        .values(leased_until=None)
    )


def forget_waits(session: Session, longer_than_seconds: float = 0.0) -> None:
    """Let what waits be due now: the clock was set, and what it said means nothing."""
    now = utc_now()
    latest = now + timedelta(seconds=longer_than_seconds)
    session.execute(
        update(OutgoingMessage).where(_PENDING, OutgoingMessage.due_at > latest).values(due_at=now)
    )
    session.execute(
        update(OutgoingMessage)
        .where(_PENDING, OutgoingMessage.leased_until > latest)
        .values(leased_until=None)
    )


def note_parts(session: Session, message_id: int, sent: Sequence[int]) -> None:
    """Record Telegram's ids of the parts sent so far, so that a later attempt goes on behind."""
    _change(session, message_id, message_ids=list(sent))


def mark_sent(session: Session, message_id: int, sent: Sequence[int]) -> None:
    """Record that Telegram has taken every part; a reply gets the id of the last, with buttons."""
    now = utc_now()
    reply_id = _change(
        session,
        message_id,
        status=OutboxStatus.SENT,
        message_ids=list(sent),
        reason=None,
        leased_until=None,
        finished_at=now,
    )
    if reply_id is not None and sent:
        session.execute(
            update(Reply)
            .where(Reply.id == reply_id, Reply.message_id.is_(None))
            .values(message_id=sent[-1], sent_at=now)
        )


def put_back(
    session: Session, message_id: int, reason: str, due_in_seconds: float, attempts: int
) -> None:
    """Try a message again later; until then it keeps its place before the chat's later ones.

    An attempt that has ended killed nobody, so the message is no suspect any more.
    """
    due_at = utc_now() + timedelta(seconds=due_in_seconds)
    _change(
        session,
        message_id,
        reason=reason[:2000],
        due_at=due_at,
        attempts=attempts,
        crashes=0,
        leased_until=None,
    )


def give_up(session: Session, message_id: int, reason: str) -> None:
    """Set a message aside as failed; `govi doctor` shows it, and the chat's next one goes on."""
    _finish(session, message_id, OutboxStatus.FAILED, reason)


def drop(session: Session, message_id: int, reason: str) -> None:
    """Owe a message no longer: nobody is there to read it, or its matter is over."""
    _finish(session, message_id, OutboxStatus.DROPPED, reason)


def drop_unreachable(session: Session, message_id: int, chat_id: int, reason: str) -> None:
    """Drop a message that a person or group does not let in; a person is marked unreachable."""
    drop(session, message_id, reason)
    mark_unreachable(session, chat_id)  # a private chat has its person's own id, a group nobody's


def owe_missed(session: Session, chat_id: int) -> None:
    """Owe a person again the replies that they did not let in, for as long as those are kept.

    One whose matter is over is dropped again.
    """
    mark_reachable(session, chat_id)
    session.execute(
        update(OutgoingMessage)
        .where(
            OutgoingMessage.chat_id == chat_id,
            OutgoingMessage.status == OutboxStatus.DROPPED,
            OutgoingMessage.reply_id.is_not(None),
        )
        .values(status=OutboxStatus.PENDING, due_at=utc_now(), finished_at=None, reason=None)
    )


def move_chat(session: Session, old_chat_id: int, new_chat_id: int) -> None:
    """Send what a group is owed to the supergroup that it became, where its questions are now.

    Message ids there are others.
    """
    session.execute(
        update(OutgoingMessage)
        .where(_PENDING, OutgoingMessage.chat_id == old_chat_id)
        .values(chat_id=new_chat_id, under_message_id=None, topic_id=None, leased_until=None)
    )
    asked = select(Question.id).where(Question.chat_id == old_chat_id)
    session.execute(update(Reply).where(Reply.question_id.in_(asked)).values(message_id=None))
    session.execute(
        update(Question)
        .where(Question.chat_id == old_chat_id)
        .values(chat_id=new_chat_id, message_id=None, topic_id=None)
    )


def purge(session: Session, before: datetime) -> int:
    """Delete messages that were sent or dropped before an instant; return how many.

    Failed ones stay until a person looks. A purged `once_key` no longer keeps anything away.
    """
    return delete_rows(
        session,
        OutgoingMessage,
        OutgoingMessage.status.in_([OutboxStatus.SENT, OutboxStatus.DROPPED]),
        OutgoingMessage.finished_at < before,
    )


def purge_failed(session: Session, before: datetime) -> int:
    """Delete messages given up before an instant, whoever has looked at them; return how many."""
    return delete_rows(
        session,
        OutgoingMessage,
        OutgoingMessage.status == OutboxStatus.FAILED,
        OutgoingMessage.finished_at < before,
    )


def _finish(session: Session, message_id: int, status: OutboxStatus, reason: str) -> None:
    _change(
        session,
        message_id,
        status=status,
        reason=reason[:2000],
        leased_until=None,
        finished_at=utc_now(),
    )


def _change(session: Session, message_id: int, **values: Any) -> int | None:
    """Change a message that is not finished yet; return the reply that it carries, if any."""
    return session.scalar(
        update(OutgoingMessage)
        .where(OutgoingMessage.id == message_id, _PENDING)
        .values(**values)
        .returning(OutgoingMessage.reply_id)
    )
