"""Giving and taking roles; what an officer of old had in hand waits for the others again."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Role, RoleGrant
from bot.errors import LastAdminError, StaleButtonError
from bot.services import dialogues
from bot.services.audit import record
from bot.services.releasing import release_claims
from bot.services.roles import highest_of, list_grants, require
from bot.services.signing_out import shut_out


def set_role(session: Session, actor_id: int, telegram_user_id: int, role: Role | None) -> bool:
    """Let an admin give a person exactly one role, or none; return whether anything changed.

    Raises:
        NotAllowedError: The actor is no admin.
        LastAdminError: Nobody would be one any more.
    """
    require(session, actor_id, Role.ADMIN)
    return assign(session, telegram_user_id, role, str(actor_id))


def remove(session: Session, actor_id: int, grant_id: int) -> int | None:
    """Let an admin take away the role that a grant gave; return whose, or None if it was gone.

    Raises:
        NotAllowedError: The actor is no admin.
        StaleButtonError: There is no such grant.
        LastAdminError: Nobody would be admin any more.
    """
    require(session, actor_id, Role.ADMIN)
    grant = session.get(RoleGrant, grant_id)
    if grant is None:
        raise StaleButtonError
    if grant.revoked_at is not None:
        return None
    assign(session, grant.telegram_user_id, None, str(actor_id))
    return grant.telegram_user_id


def assign(session: Session, telegram_user_id: int, role: Role | None, granted_by: str) -> bool:
    """Make `role` all that a person holds; return whether that changed anything.

    It works at once: who loses a role leaves the dialogue they are in and the console, and what
    an officer of old had claimed goes back to the queue and is announced anew, what is urgent to
    all at once. Whether `granted_by` may do it is for the caller.

    Raises:
        LastAdminError: Nobody would be admin any more.
    """
    held = list_grants(session, telegram_user_id)
    highest = highest_of(held)
    if highest is role:
        return False
    if highest is Role.ADMIN:
        _refuse_if_last(session, telegram_user_id)
    subject = f"user {telegram_user_id}"
    for grant in held:
        if grant.role is not role:
            grant.revoked_at = utc_now()
            record(session, granted_by, "revoke role", subject, grant.role.value)
    if role is not None and role not in {grant.role for grant in held}:
        session.add(
            RoleGrant(telegram_user_id=telegram_user_id, role=role, granted_by=granted_by[:120])
        )
        record(session, granted_by, "grant role", subject, role.value)
    if highest is not None and role is not Role.ADMIN:
        dialogues.leave(session, telegram_user_id)
    session.flush()
    if role is None:
        release_claims(session, telegram_user_id)
        shut_out(session, telegram_user_id)
    return True


def _refuse_if_last(session: Session, telegram_user_id: int) -> None:
    others = select(RoleGrant.id).where(
        RoleGrant.role == Role.ADMIN,
        RoleGrant.revoked_at.is_(None),
        RoleGrant.telegram_user_id != telegram_user_id,
    )
    if session.scalar(others.limit(1)) is None:
        raise LastAdminError
