"""Updates on their way in and messages on their way out: durable queues."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, enumeration, utc_now


class InboxStatus(StrEnum):
    """Life of a received update."""

    #: Written down; waiting for its turn or its next attempt.
    RECEIVED = "received"
    #: Its effects, and what it owes in reply, are committed.
    DONE = "done"
    #: Set aside after too many attempts; never retried by itself.
    FAILED = "failed"


class ReceivedUpdate(Base):
    """A raw update, durable before Telegram is told that it arrived."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_status_crashes_id", "status", "crashes", "id"),
        Index("ix_inbox_chat_id_status_id", "chat_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    raw: Mapped[dict[str, Any]]
    status: Mapped[InboxStatus] = mapped_column(
        enumeration(InboxStatus), default=InboxStatus.RECEIVED
    )
    attempts: Mapped[int] = mapped_column(default=0)
    #: How many processes died while they held it.
    crashes: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Not before then, after a failed attempt.
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(index=True)


class OutboxStatus(StrEnum):
    """Life of a message to be sent."""

    #: Waits for its turn or its next attempt.
    PENDING = "pending"
    #: Telegram has taken every part of it.
    SENT = "sent"
    #: Given up after too many attempts; `reason` says why.
    FAILED = "failed"
    #: Not sent because the person blocked the bot or the matter is over.
    DROPPED = "dropped"


class Lane(IntEnum):
    """Which messages go first when many wait."""

    #: Calls for help: before all others, also those that their chat is owed from before.
    URGENT = -1
    REPLY = 0
    NOTICE = 1
    BULK = 2


class OutgoingMessage(Base):
    """A message that is owed, committed together with what caused it.

    The row says what is owed, not its words: they are rendered when it is sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_status_crashes_lane_id", "status", "crashes", "lane", "id"),
        Index("ix_outbox_chat_id_status", "chat_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    lane: Mapped[int] = mapped_column(default=Lane.REPLY)
    #: What is owed; `bot.delivery.messages` has one renderer a kind.
    kind: Mapped[str] = mapped_column(String(32))
    #: What the renderer needs beyond the rows named below.
    data: Mapped[dict[str, Any]]
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id"), index=True)
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    #: The message that it is sent under, if that is still there.
    under_message_id: Mapped[int | None] = mapped_column(BigInteger)
    topic_id: Mapped[int | None] = mapped_column(BigInteger)
    #: A second row with the same key is never written.
    once_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    status: Mapped[OutboxStatus] = mapped_column(
        enumeration(OutboxStatus), default=OutboxStatus.PENDING
    )
    attempts: Mapped[int] = mapped_column(default=0)
    #: How many processes died while they held it.
    crashes: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime] = mapped_column(default=utc_now)
    leased_until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    #: Telegram's ids of the parts sent so far, in order.
    message_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
