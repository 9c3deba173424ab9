"""The knowledge base: entries, their phrasings, every version, and what waits for approval."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.db.base import Base, enumeration, utc_now


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
    status: Mapped[EntryStatus] = mapped_column(
        enumeration(EntryStatus), default=EntryStatus.PUBLISHED
    )
    origin: Mapped[Origin] = mapped_column(enumeration(Origin))
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
    origin: Mapped[Origin] = mapped_column(enumeration(Origin))
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


class ProposalState(StrEnum):
    """Life of a proposal."""

    #: Waits for an admin.
    PENDING = "pending"
    #: Taken over: the entry is published, or the phrasing belongs to it.
    APPROVED = "approved"
    #: Turned down; kept for the record.
    REJECTED = "rejected"


class Proposal(Base):
    """A change that another person must approve: a draft entry, or a phrasing for an entry."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The draft that is to be published, or the entry that is to gain a phrasing.
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), index=True)
    #: The phrasing to add; None proposes the draft entry itself.
    phrasing: Mapped[str | None] = mapped_column(Text)
    #: The escalation that it was learnt from, if any.
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"))
    state: Mapped[ProposalState] = mapped_column(
        enumeration(ProposalState), default=ProposalState.PENDING, index=True
    )
    proposed_by: Mapped[int] = mapped_column(BigInteger)
    proposed_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)

    entry: Mapped[Entry] = relationship()
