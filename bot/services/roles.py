"""Who may do what, asked of the database at every command and every button."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Escalation, EscalationState, Farmer, Role, RoleGrant
from bot.errors import LastAdminError, NotAllowedError, StaleButtonError
from bot.services import flows
from bot.services.audit import record
from bot.services.farmers import LANGUAGES, read_language
from bot.services.signing_out import end_sessions
from bot.services.texts import one_line

__all__ = [
    "Member",
    "Role",
    "assign",
    "find_grant",
    "find_member",
    "list_members",
    "list_roles",
    "list_team",
    "meet",
    "name_of",
    "remove",
    "require",
    "set_role",
]

NAME_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a role.

    Attributes:
        grant_id: Names this grant of the role; a later one has another id.
        granted_by: The name of who gave it, or None when the settings did.
        language: What they read.
    """

    grant_id: int
    telegram_user_id: int
    role: Role
    name: str
    since: datetime
    granted_by: str | None
    language: str


def list_roles(session: Session, telegram_user_id: int) -> set[Role]:
    """Return the roles that a person holds now; an admin is an officer too."""
    held = {grant.role for grant in _grants(session, telegram_user_id)}
    return held | {Role.OFFICER} if Role.ADMIN in held else held


def require(session: Session, telegram_user_id: int, role: Role) -> None:
    """Do nothing for a person who holds a role.

    Raises:
        NotAllowedError: The person does not hold it now.
    """
    if role not in list_roles(session, telegram_user_id):
        raise NotAllowedError(role.value)


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
    an officer of old had claimed goes back to the queue and is announced anew. Whether
    `granted_by` may do it is for the caller.

    Raises:
        LastAdminError: Nobody would be admin any more.
    """
    held = _grants(session, telegram_user_id)
    highest = _highest(held)
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
        flows.leave(session, telegram_user_id)
    if role is None:
        _release_claims(session, telegram_user_id)
        end_sessions(session, telegram_user_id)
    session.flush()
    return True


def list_team(session: Session, actor_id: int) -> tuple[list[Member], bool]:
    """Return who holds a role, admins first, and whether the actor may change that.

    Raises:
        NotAllowedError: The actor holds none.
    """
    require(session, actor_id, Role.OFFICER)
    return list_members(session), Role.ADMIN in list_roles(session, actor_id)


def list_members(session: Session) -> list[Member]:
    """Return everyone who holds a role now, admins first, then by how long they hold it."""
    grants = session.scalars(
        select(RoleGrant).where(RoleGrant.revoked_at.is_(None)).order_by(RoleGrant.id)
    ).all()
    # Given both roles, an admin is listed as one.
    highest = {g.telegram_user_id: g for g in sorted(grants, key=lambda g: g.role is Role.ADMIN)}
    members = [_member(session, grant) for grant in highest.values()]
    return sorted(members, key=lambda each: (each.role is not Role.ADMIN, each.grant_id))


def find_member(session: Session, telegram_user_id: int) -> Member | None:
    """Return what a person holds, or None for a farmer."""
    held = _grants(session, telegram_user_id)
    highest = _highest(held)
    return next((_member(session, grant) for grant in held if grant.role is highest), None)


def find_grant(session: Session, actor_id: int, grant_id: int) -> Member | None:
    """Return who holds a role by a grant; None if it is there no more.

    Raises:
        NotAllowedError: The actor is no admin.
    """
    require(session, actor_id, Role.ADMIN)
    return next((each for each in list_members(session) if each.grant_id == grant_id), None)


def meet(session: Session, telegram_user_id: int, name: str) -> str:
    """Return a person's language, and note what Telegram calls them if they hold a role."""
    name = one_line(name, NAME_LIMIT)
    for grant in _grants(session, telegram_user_id):
        if name and grant.name != name:
            grant.name = name
    return read_language(session, telegram_user_id)


def name_of(session: Session, telegram_user_id: int) -> str:
    """Return what an officer or admin is called, also a former one; else their Telegram id."""
    known = (
        select(RoleGrant.name)
        .where(RoleGrant.telegram_user_id == telegram_user_id, RoleGrant.name.is_not(None))
        .order_by(RoleGrant.id.desc())
        .limit(1)
    )
    return session.scalar(known) or str(telegram_user_id)


def _grants(session: Session, telegram_user_id: int) -> Sequence[RoleGrant]:
    return session.scalars(
        select(RoleGrant)
        .where(RoleGrant.telegram_user_id == telegram_user_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    ).all()


def _highest(grants: Sequence[RoleGrant]) -> Role | None:
    held = {grant.role for grant in grants}
    return next((role for role in (Role.ADMIN, Role.OFFICER) if role in held), None)


def _refuse_if_last(session: Session, telegram_user_id: int) -> None:
    others = (
        select(RoleGrant.id)
        .where(
            RoleGrant.role == Role.ADMIN,
            RoleGrant.revoked_at.is_(None),
            RoleGrant.telegram_user_id != telegram_user_id,
        )
        .with_for_update()  # two admins who remove each other take turns
    )
    if session.scalar(others.limit(1)) is None:
        raise LastAdminError


def _release_claims(session: Session, telegram_user_id: int) -> None:
    session.execute(
        update(Escalation)
        .where(
            Escalation.claimed_by == telegram_user_id,
            Escalation.state == EscalationState.CLAIMED,
        )
        .values(state=EscalationState.OPEN, claimed_by=None, claimed_at=None, announced_at=None)
    )


def _member(session: Session, grant: RoleGrant) -> Member:
    language = session.scalar(
        select(Farmer.language).where(Farmer.telegram_user_id == grant.telegram_user_id)
    )
    by = grant.granted_by
    return Member(
        grant_id=grant.id,
        telegram_user_id=grant.telegram_user_id,
        role=grant.role,
        name=grant.name or name_of(session, grant.telegram_user_id),
        since=grant.granted_at,
        granted_by=name_of(session, int(by)) if by.isdecimal() else None,
        language=language or LANGUAGES[0],
    )
