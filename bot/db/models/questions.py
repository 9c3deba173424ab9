"""What farmers asked, what Govi replied, and what they thought of it."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.db.base import Base, enumeration, utc_now
from bot.db.models.knowledge import Entry
from bot.db.models.people import Farmer

if TYPE_CHECKING:
    from bot.db.models.escalations import Ask


class QuestionState(StrEnum):
    """What became of a question."""

    #: A stored answer was sent.
    ANSWERED = "answered"
    #: "Did you mean" was sent; the farmer has not chosen yet.
    SUGGESTED = "suggested"
    #: Nothing fitted; it waits for an officer.
    UNANSWERED = "unanswered"
    #: An officer's answer was sent, or a kind reason why there is none.
    RESOLVED = "resolved"
    #: The farmer took it back.
    WITHDRAWN = "withdrawn"
    #: Nothing was owed beyond the reply itself: a greeting, an emergency.
    CLOSED = "closed"


class Question(Base):
    """What a farmer sent, and what Govi made of it at that moment."""

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_state_asked_at", "state", "asked_at"),
        # All that figures and filters look at, so that they read no text and no matches.
        Index(
            "ix_questions_figures", "asked_at", "decision", "script", "state", "channel",
            "entry_id", "nearest_key",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    farmer_id: Mapped[int | None] = mapped_column(ForeignKey("farmers.id"), index=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    #: The forum topic it was asked in, if any.
    topic_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(16), default="telegram")
    kind: Mapped[str] = mapped_column(String(16), default="text")
    #: Telegram's name for the album that the message is part of.
    album_id: Mapped[str | None] = mapped_column(String(64), index=True)
    is_edit: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
    #: What Govi understood of a voice note, until the person has said whether it is right.
    transcript: Mapped[str | None] = mapped_column(Text)
    #: The beginning of the text as it sounds, the same in every script: what a search looks in.
    #: None where it was not worked out yet, "" where there is nothing to look for.
    folded: Mapped[str | None] = mapped_column(String(600), index=True)
    script: Mapped[str] = mapped_column(String(16))
    decision: Mapped[str] = mapped_column(String(16))
    state: Mapped[QuestionState] = mapped_column(enumeration(QuestionState))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    score: Mapped[float | None]
    margin: Mapped[float | None]
    matches: Mapped[list[dict[str, Any]]]
    #: The question's embedding, one byte a dimension, to find others that ask the same.
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Key of the first match, near or not.
    nearest_key: Mapped[str | None] = mapped_column(String(120))
    seconds: Mapped[float | None]
    model_id: Mapped[str | None] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)

    replies: Mapped[list["Reply"]] = relationship(back_populates="question", order_by="Reply.id")
    attachments: Mapped[list["Attachment"]] = relationship(
        back_populates="question", order_by="Attachment.id"
    )
    farmer: Mapped[Farmer | None] = relationship()
    entry: Mapped[Entry | None] = relationship()
    #: How it waits for an officer; None when it never did.
    ask: Mapped["Ask | None"] = relationship(back_populates="question")


class Attachment(Base):
    """A photo, a voice note or another recording that belongs to a question."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    #: What Telegram sends it as: "photo", "voice", "audio", "video", "video_note", "animation",
    #: "document".
    kind: Mapped[str] = mapped_column(String(16))
    #: Telegram's id of the file, valid for this bot only.
    file_id: Mapped[str] = mapped_column(String(255))
    #: The message that brought it; a message handled again brings nothing new.
    message_id: Mapped[int] = mapped_column(BigInteger)
    #: From when on a copy is to be made, if copies are kept; None once there is nothing to do.
    copy_due_at: Mapped[datetime | None] = mapped_column(default=utc_now, index=True)

    question: Mapped[Question] = relationship(back_populates="attachments")


class Recording(Base):
    """An answer read out, which Telegram keeps."""

    __tablename__ = "recordings"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Of the words and the voice; so a new version of an entry has a recording of its own.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    #: Telegram's id of the file, valid for this bot only.
    file_id: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


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
    #: Why not: "wrong", "unclear" or "other"; None when it was not said.
    reason: Mapped[str | None] = mapped_column(String(16))
    given_at: Mapped[datetime] = mapped_column(default=utc_now)
