"""The people who write to the bot: farmers, what they may do, and where they are in a dialogue."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, enumeration, utc_now


class Role(StrEnum):
    """What a person may do beyond asking, which everyone may."""

    OFFICER = "officer"
    ADMIN = "admin"


class Farmer(Base):
    """A person who has written to the bot."""

    __tablename__ = "farmers"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_user_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    language: Mapped[str] = mapped_column(String(8), default="si")
    is_reachable: Mapped[bool] = mapped_column(default=True)
    #: Since when they want seasonal tips; None for who has not asked for them.
    tips_since: Mapped[datetime | None]
    #: When the person let the words of their questions be kept, naming nobody; None never did.
    consented_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)


class RoleGrant(Base):
    """A role that a person holds; revoked grants stay for the record."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    role: Mapped[Role] = mapped_column(enumeration(Role))
    #: What Telegram calls the person; None until they have used the role.
    name: Mapped[str | None] = mapped_column(String(64))
    granted_by: Mapped[str] = mapped_column(String(120))
    granted_at: Mapped[datetime] = mapped_column(default=utc_now)
    revoked_at: Mapped[datetime | None]


class Invite(Base):
    """A link that gives its first user a role. Only a hash of its token is stored."""

    __tablename__ = "invites"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: sha256 of the token, in hex.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(enumeration(Role))
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_by: Mapped[int | None] = mapped_column(BigInteger)
    used_at: Mapped[datetime | None]


class Dialogue(Base):
    """Where one person stands in a guided dialogue; a restart loses nothing."""

    __tablename__ = "flows"

    telegram_user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: Which dialogue: "answer", "add", "edit", ...; "" for one that an update has just ended.
    name: Mapped[str] = mapped_column(String(32))
    #: What the person is asked for now.
    step: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]
    #: The update that led here; handled again, it is not the next step's answer.
    update_id: Mapped[int | None] = mapped_column(BigInteger)
    #: Where the person stood before that update, which may be handled again; None for nowhere.
    before: Mapped[dict[str, Any] | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class AuditEvent(Base):
    """Who did what to whom; rows are only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    actor: Mapped[str] = mapped_column(String(120))
    #: A short verb and noun: "grant role", "claim escalation", "read history".
    action: Mapped[str] = mapped_column(String(40))
    #: What it was done to: "entry paddy.blast", "escalation 12", "user 42".
    subject: Mapped[str] = mapped_column(String(160))
    details: Mapped[str | None] = mapped_column(Text)
