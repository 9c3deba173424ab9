"""Questions that wait for an officer, grouped; who holds them; what was said."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.db.base import Base, enumeration, utc_now
from bot.db.models.questions import Question


class EscalationState(StrEnum):
    """Life of an escalation."""

    #: In the queue.
    OPEN = "open"
    #: An officer holds it.
    CLAIMED = "claimed"
    #: An answer went to every asker.
    ANSWERED = "answered"
    #: An officer declined it; every asker got a kind reason.
    DECLINED = "declined"
    #: Every asker took the question back.
    WITHDRAWN = "withdrawn"
    #: Its askers moved to another escalation.
    MERGED = "merged"


class Escalation(Base):
    """One matter for an officer: like questions of any number of farmers."""

    __tablename__ = "escalations"
    __table_args__ = (Index("ix_escalations_state_created_at", "state", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[EscalationState] = mapped_column(
        enumeration(EscalationState), default=EscalationState.OPEN
    )
    #: The first asker's words; later questions are compared with it.
    text: Mapped[str] = mapped_column(Text)
    #: Area of the nearest entry: a guess to filter by; None when nothing was near.
    area: Mapped[str | None] = mapped_column(String(60), index=True)
    #: Whether it is to be looked at before all others.
    is_urgent: Mapped[bool] = mapped_column(default=False)
    #: Telegram user id of the officer who holds it.
    claimed_by: Mapped[int | None] = mapped_column(BigInteger)
    claimed_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None] = mapped_column(index=True)
    #: When officers were last reminded that it waits.
    reminded_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    asks: Mapped[list["Ask"]] = relationship(back_populates="escalation", order_by="Ask.id")
    notes: Mapped[list["Note"]] = relationship(back_populates="escalation", order_by="Note.id")


class Ask(Base):
    """One farmer's question inside an escalation."""

    __tablename__ = "asks"

    id: Mapped[int] = mapped_column(primary_key=True)
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), unique=True)
    #: Why it came here: "fallback", "none_fits", "wrong", "unclear", "other", "media", "emergency".
    reason: Mapped[str] = mapped_column(String(16))
    joined_at: Mapped[datetime] = mapped_column(default=utc_now)
    withdrawn_at: Mapped[datetime | None]

    escalation: Mapped[Escalation] = relationship(back_populates="asks")
    question: Mapped[Question] = relationship(back_populates="ask")


class Note(Base):
    """One thing said about an escalation, by a farmer or an officer."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    #: Whose conversation it belongs to; None for what went to every asker.
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"))
    #: "detail" from a farmer; "inquiry", "answer" or "decline" from an officer.
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    #: The photo or recording that an officer answered with: what it is sent as, Telegram's id.
    file_kind: Mapped[str | None] = mapped_column(String(16))
    file_id: Mapped[str | None] = mapped_column(String(255))
    #: Telegram user id of the officer; None for a farmer, whom the ask names.
    officer_id: Mapped[int | None] = mapped_column(BigInteger)
    #: The entry whose answer was used, if one was.
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    written_at: Mapped[datetime] = mapped_column(default=utc_now)

    escalation: Mapped[Escalation] = relationship(back_populates="notes")
