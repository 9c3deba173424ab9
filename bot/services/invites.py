"""Links that make a person an officer or an admin: each works once, for a while, for anyone.

Whoever holds the link gets the role, so only a hash of its token is kept: a copy of the database
opens nothing.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Invite, Role
from bot.errors import InviteError
from bot.services.audit import record
from bot.services.granting import assign
from bot.services.roles import has_role, meet, require
from bot.services.tokens import hash_of, new_token

#: Tells an invite from whatever else a link to the bot may carry.
PREFIX = "i_"


class NewInvite(NamedTuple):
    """What the link to the bot carries (of A-Z, a-z, 0-9, _ and -), and when it stops working."""

    payload: str
    expires_at: datetime


class Redemption(NamedTuple):
    """The role that a person holds through an invite; `is_new` only the first time."""

    role: Role
    invited_by: int
    is_new: bool


def create_invite(session: Session, actor_id: int, role: Role, hours: int) -> NewInvite:
    """Let an admin invite somebody to a role.

    Raises:
        NotAllowedError: The actor is no admin.
    """
    require(session, actor_id, Role.ADMIN)
    payload = PREFIX + new_token()
    invite = Invite(
        token_hash=hash_of(payload),
        role=role,
        created_by=actor_id,
        expires_at=utc_now() + timedelta(hours=hours),
    )
    session.add(invite)
    session.flush()
    record(session, actor_id, "create invite", f"invite {invite.id}", role.value)
    return NewInvite(payload, invite.expires_at)


def redeem(session: Session, telegram_user_id: int, name: str, payload: str) -> Redemption:
    """Give a person, called `name`, an invite's role; one who has it leaves the link unused.

    The same person may open the link again as long as they hold the role.

    Raises:
        InviteError: It is unknown, expired or used, or who made it is no admin any more.
    """
    invite = session.scalar(select(Invite).where(Invite.token_hash == hash_of(payload)))
    if invite is None:
        raise InviteError
    holds_it = has_role(session, telegram_user_id, invite.role)
    if holds_it and invite.used_by in (None, telegram_user_id):
        return Redemption(invite.role, invite.created_by, is_new=False)
    is_valid = has_role(session, invite.created_by, Role.ADMIN)
    if not is_valid or not _use(session, invite, telegram_user_id):
        raise InviteError
    assign(session, telegram_user_id, invite.role, str(invite.created_by))
    meet(session, telegram_user_id, name)
    record(session, telegram_user_id, "redeem invite", f"invite {invite.id}", invite.role.value)
    return Redemption(invite.role, invite.created_by, is_new=True)


def _use(session: Session, invite: Invite, telegram_user_id: int) -> bool:
    """Use an invite up, however many people try at the same moment; return whether it was free."""
    now = utc_now()
    used = session.scalar(
        update(Invite)
        .where(Invite.id == invite.id, Invite.used_by.is_(None), Invite.expires_at > now)
        .values(used_by=telegram_user_id, used_at=now)
        .returning(Invite.id)
    )
    return used is not None
