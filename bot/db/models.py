"""The tables. Statuses move forward and rows are retired; nothing is deleted silently."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.db.base import Base, utc_now


class EntryStatus(StrEnum):
    """Life of an entry."""

    #: Written, not yet approved; never shown to a farmer.
    DRAFT = "draft"
    #: Approved: its phrasings are in the index.
    PUBLISHED = "published"
    #: Withdrawn; kept for history and may be restored.
    RETIRED = "retired"


class Origin(StrEnum):
    """Where a piece of knowledge came from."""

    #: Shipped with Govi; a newer release may replace it until a person changes it.
    STARTER = "starter"
    #: Read from a file by `govi import`.
    IMPORT = "import"
    #: Written in the bot or the console by a curator.
    CURATOR = "curator"
    #: Learnt from an officer's answer to a farmer.
    OFFICER = "officer"


class QuestionState(StrEnum):
    """What became of a question."""

    #: A stored answer was sent.
    ANSWERED = "answered"
    #: "Did you mean" was sent; the farmer has not chosen yet.
    SUGGESTED = "suggested"
    #: Nothing fitted; it waits for an officer.
    UNANSWERED = "unanswered"


class Role(StrEnum):
    """What a person may do beyond asking, which everyone may."""

    OFFICER = "officer"
    ADMIN = "admin"


def _enum(kind: type[StrEnum]) -> Enum:
    """A portable enumeration: text with a length, checked by SQLAlchemy, free to grow."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


class Entry(Base):
    """One subject: an approved answer and the ways farmers ask for it."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    area: Mapped[str] = mapped_column(String(60), index=True)
    title: Mapped[str] = mapped_column(Text)
    keywords: Mapped[list[str]]
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    grade: Mapped[str] = mapped_column(String(8))
    reviewed_on: Mapped[date]
    valid_until: Mapped[date | None]
    checked: Mapped[str | None] = mapped_column(Text)
    status: Mapped[EntryStatus] = mapped_column(_enum(EntryStatus), default=EntryStatus.PUBLISHED)
    origin: Mapped[Origin] = mapped_column(_enum(Origin))
    version: Mapped[int] = mapped_column(default=1)
    #: Revision of the knowledge base at which the entry last changed.
    revision: Mapped[int] = mapped_column(default=0, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    phrasings: Mapped[list["Phrasing"]] = relationship(
        back_populates="entry", order_by="Phrasing.id"
    )


class Phrasing(Base):
    """One known way of asking for an entry; the thing that is embedded and searched."""

    __tablename__ = "phrasings"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    #: The text normalised for matching: unique, so that no two entries can own one question.
    match_key: Mapped[str] = mapped_column(String(1200), unique=True)
    origin: Mapped[Origin] = mapped_column(_enum(Origin))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    retired_at: Mapped[datetime | None]

    entry: Mapped[Entry] = relationship(back_populates="phrasings")


class EntryVersion(Base):
    """An entry as it stood after one change."""

    __tablename__ = "entry_versions"
    __table_args__ = (UniqueConstraint("entry_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class KnowledgeState(Base):
    """One row: a counter that every change of the knowledge base moves on, for index caches."""

    __tablename__ = "knowledge_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    #: sha256 of the starter knowledge last loaded.
    starter_hash: Mapped[str | None] = mapped_column(String(64))


class Farmer(Base):
    """A person who has written to the bot."""

    __tablename__ = "farmers"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_user_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    language: Mapped[str] = mapped_column(String(8), default="si")
    is_reachable: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)


class RoleGrant(Base):
    """A role that a person holds; revoked grants stay for the record."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    role: Mapped[Role] = mapped_column(_enum(Role))
    granted_by: Mapped[str] = mapped_column(String(120))
    granted_at: Mapped[datetime] = mapped_column(default=utc_now)
    revoked_at: Mapped[datetime | None]


class Question(Base):
    """What a farmer sent, and what Govi made of it at that moment."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_state_asked_at", "state", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    farmer_id: Mapped[int | None] = mapped_column(ForeignKey("farmers.id"), index=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(16), default="telegram")
    kind: Mapped[str] = mapped_column(String(16), default="text")
    is_edit: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
    script: Mapped[str] = mapped_column(String(16))
    decision: Mapped[str] = mapped_column(String(16))
    state: Mapped[QuestionState] = mapped_column(_enum(QuestionState))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    score: Mapped[float | None]
    margin: Mapped[float | None]
    matches: Mapped[list[dict[str, Any]]]
    seconds: Mapped[float | None]
    model_id: Mapped[str | None] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)

    replies: Mapped[list["Reply"]] = relationship(back_populates="question", order_by="Reply.id")
    farmer: Mapped[Farmer | None] = relationship()
    entry: Mapped[Entry | None] = relationship()


class Reply(Base):
    """One message that Govi sends back; `message_id` is empty until Telegram has taken it."""

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    #: The update that caused it. Cleared after a week, because Telegram may use an id again.
    update_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    entry_version: Mapped[int | None]
    #: Entries offered by "did you mean", best first.
    offered: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]

    question: Mapped[Question] = relationship(back_populates="replies")
    entry: Mapped[Entry | None] = relationship()


class Feedback(Base):
    """A farmer's 👍 or 👎 on one reply; pressing the other button changes it."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("reply_id", "farmer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("replies.id"))
    farmer_id: Mapped[int] = mapped_column(ForeignKey("farmers.id"), index=True)
    is_helpful: Mapped[bool]
    given_at: Mapped[datetime] = mapped_column(default=utc_now)


class InboxStatus(StrEnum):
    """Life of a received update."""

    #: Written down; waiting for its turn or its next attempt.
    RECEIVED = "received"
    #: Its effects are committed and its replies are sent.
    DONE = "done"
    #: Set aside after too many attempts; never retried by itself.
    FAILED = "failed"


class ReceivedUpdate(Base):
    """A raw update, durable before Telegram is told that it arrived."""

    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_status_id", "status", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    raw: Mapped[dict[str, Any]]
    status: Mapped[InboxStatus] = mapped_column(_enum(InboxStatus), default=InboxStatus.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
