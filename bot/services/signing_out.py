"""Ending sessions of the console: one, all of a person's, or those of who loses a role."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import ConsoleSession, SignInLink
from bot.services.audit import record


def sign_out(session: Session, telegram_user_id: int, session_id: int) -> None:
    """End one of a person's own sessions; one that is over stays as it is."""
    session.execute(
        update(ConsoleSession)
        .where(
            ConsoleSession.id == session_id,
            ConsoleSession.telegram_user_id == telegram_user_id,
            ConsoleSession.ended_at.is_(None),
        )
        .values(ended_at=utc_now())
    )
    record(session, telegram_user_id, "sign out", f"session {session_id}")


def sign_out_everywhere(session: Session, telegram_user_id: int) -> None:
    """Let a person end all of their sessions, and make their unused links useless."""
    shut_out(session, telegram_user_id)
    record(session, telegram_user_id, "sign out everywhere", f"user {telegram_user_id}")


def shut_out(session: Session, telegram_user_id: int) -> None:
    """End all of a person's sessions, and make their unused links useless.

    That it was done, and why, is for the caller to record.
    """
    session.execute(
        update(ConsoleSession)
        .where(
            ConsoleSession.telegram_user_id == telegram_user_id, ConsoleSession.ended_at.is_(None)
        )
        .values(ended_at=utc_now())
    )
    spoil_links(session, telegram_user_id)


def spoil_links(session: Session, telegram_user_id: int) -> None:
    """Make a person's unused links useless."""
    now = utc_now()
    session.execute(
        update(SignInLink)
        .where(SignInLink.telegram_user_id == telegram_user_id, SignInLink.expires_at > now)
        .values(expires_at=now)
    )
