"""Who is signed in to the console: links that work once, sessions that end by themselves.

Only hashes of tokens are kept, so a copy of the database opens nothing. The role is asked of the
database at every visit: who loses it is out at the next click.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import ConsoleSession, Role, SignInLink
from bot.errors import SignInError
from bot.services import roles
from bot.services.audit import record
from bot.services.farmers import read_language
from bot.services.signing_out import spoil_links
from bot.services.texts import one_line
from bot.services.tokens import hash_of, new_token

#: How long a link can be used.
LINK_MINUTES = 10
#: A session that nobody has used for so long is over.
IDLE = timedelta(hours=8)
#: However often it is used, a session is over after so long.
LONGEST = timedelta(days=3)
#: How exactly it is known when a session was last used; a write at every click is not worth more.
_SEEN_EVERY = timedelta(minutes=1)
_BROWSER_LIMIT = 80


class NewLink(NamedTuple):
    """What a sign-in link carries (of A-Z, a-z, 0-9, _ and -), and when it stops working."""

    token: str
    expires_at: datetime


class Visitor(NamedTuple):
    """Who looks at the console, with what they may do at this moment.

    Attributes:
        session_id: Names their session; it opens nothing.
        role: The highest that they hold.
        language: What they read.
        is_fresh: Whether it was noted within the last minute that they are here.
    """

    session_id: int
    telegram_user_id: int
    role: Role
    name: str
    language: str
    is_fresh: bool

    @property
    def is_admin(self) -> bool:
        """Whether they may change the knowledge base."""
        return self.role is Role.ADMIN


class OpenSession(NamedTuple):
    """One of a person's own sessions."""

    session_id: int
    browser: str
    created_at: datetime
    last_seen_at: datetime


def create_link(session: Session, telegram_user_id: int) -> NewLink:
    """Let an officer sign in once within `LINK_MINUTES`; their earlier links stop working.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    spoil_links(session, telegram_user_id)
    token = new_token()
    link = SignInLink(
        token_hash=hash_of(token),
        telegram_user_id=telegram_user_id,
        expires_at=utc_now() + timedelta(minutes=LINK_MINUTES),
    )
    session.add(link)
    session.flush()
    record(session, telegram_user_id, "create sign-in link", f"link {link.id}")
    return NewLink(token, link.expires_at)


def sign_in(session: Session, token: str, browser: str) -> str:
    """Use a link up, and return the token of the session that it opens.

    Raises:
        SignInError: It is unknown, used or expired, or its person is no officer any more.
    """
    now = utc_now()
    person = session.scalar(
        update(SignInLink)
        .where(
            SignInLink.token_hash == hash_of(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInLink.telegram_user_id)
    )
    if person is None or not roles.has_role(session, person, Role.OFFICER):
        raise SignInError
    opened = new_token()
    row = ConsoleSession(
        token_hash=hash_of(opened),
        telegram_user_id=person,
        browser=one_line(browser, _BROWSER_LIMIT),
    )
    session.add(row)
    session.flush()
    record(session, person, "sign in", f"session {row.id}")
    return opened


def find_visitor(session: Session, token: str) -> Visitor | None:
    """Return whom a session belongs to; None if it is over or its person holds no role."""
    row = session.scalar(select(ConsoleSession).where(ConsoleSession.token_hash == hash_of(token)))
    now = utc_now()
    if row is None or not _is_open(row, now):
        return None
    member = roles.find_member(session, row.telegram_user_id)
    if member is None:
        return None
    return Visitor(
        session_id=row.id,
        telegram_user_id=row.telegram_user_id,
        role=member.role,
        name=member.name,
        language=read_language(session, row.telegram_user_id),
        is_fresh=row.last_seen_at > now - _SEEN_EVERY,
    )


def note_visit(session: Session, session_id: int) -> None:
    """Note that a session was used just now."""
    session.execute(
        update(ConsoleSession).where(ConsoleSession.id == session_id).values(last_seen_at=utc_now())
    )


def list_sessions(session: Session, telegram_user_id: int) -> list[OpenSession]:
    """Return a person's own sessions that are not over, the last used first."""
    now = utc_now()
    rows = session.scalars(
        select(ConsoleSession)
        .where(
            ConsoleSession.telegram_user_id == telegram_user_id,
            ConsoleSession.ended_at.is_(None),
            ConsoleSession.last_seen_at > now - IDLE,
            ConsoleSession.created_at > now - LONGEST,
        )
        .order_by(ConsoleSession.last_seen_at.desc(), ConsoleSession.id.desc())
    )
    return [OpenSession(row.id, row.browser, row.created_at, row.last_seen_at) for row in rows]


def _is_open(row: ConsoleSession, now: datetime) -> bool:
    is_recent = row.last_seen_at > now - IDLE and row.created_at > now - LONGEST
    return is_recent and row.ended_at is None
