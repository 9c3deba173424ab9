"""Who may do what, asked of the database at every command and every button."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Role as Role  # for the rims too
from bot.db.models import RoleGrant
from bot.errors import NotAllowedError
from bot.services.farmers import read_language
from bot.services.texts import one_line

NAME_LIMIT = 64


class Member(NamedTuple):
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
    held = {grant.role for grant in list_grants(session, telegram_user_id)}
    return held | {Role.OFFICER} if Role.ADMIN in held else held


def has_role(session: Session, telegram_user_id: int, role: Role) -> bool:
    """Return whether a person holds a role now; an admin is an officer too."""
    return role in list_roles(session, telegram_user_id)


def require(session: Session, telegram_user_id: int, role: Role) -> None:
    """Do nothing for a person who holds a role.

    Raises:
        NotAllowedError: The person does not hold it now.
    """
    if not has_role(session, telegram_user_id, role):
        raise NotAllowedError(role.value)


def list_team(session: Session, actor_id: int) -> tuple[list[Member], bool]:
    """Return who holds a role, admins first, and whether the actor may change that.

    Raises:
        NotAllowedError: The actor holds none.
    """
    require(session, actor_id, Role.OFFICER)
    return list_members(session), has_role(session, actor_id, Role.ADMIN)


def list_members(session: Session) -> list[Member]:
    """Return everyone who holds a role now, admins first, then by how long they hold it."""
    return [_member(session, grant) for grant in _list_highest(session)]


def has_members(session: Session) -> bool:
    """Return whether anybody holds a role now."""
    held = select(RoleGrant.id).where(RoleGrant.revoked_at.is_(None))
    return session.scalar(held.limit(1)) is not None


def list_holders(session: Session, role: Role) -> list[int]:
    """Return the Telegram ids of those who hold a role now; an admin is an officer too."""
    return [
        grant.telegram_user_id
        for grant in _list_highest(session)
        if role is Role.OFFICER or grant.role is role
    ]


def _list_highest(session: Session) -> list[RoleGrant]:
    """Return the grant that counts of each person, admins' first, then the oldest."""
    grants = session.scalars(
        select(RoleGrant).where(RoleGrant.revoked_at.is_(None)).order_by(RoleGrant.id)
    ).all()
    # Given both roles, an admin is listed as one.
    highest = {g.telegram_user_id: g for g in sorted(grants, key=lambda g: g.role is Role.ADMIN)}
    return sorted(highest.values(), key=lambda grant: (grant.role is not Role.ADMIN, grant.id))


def find_member(session: Session, telegram_user_id: int) -> Member | None:
    """Return what a person holds, or None for a farmer."""
    held = list_grants(session, telegram_user_id)
    highest = highest_of(held)
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
    for grant in list_grants(session, telegram_user_id):
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


def list_grants(session: Session, telegram_user_id: int) -> Sequence[RoleGrant]:
    """Return the roles that a person was given and holds now, oldest first."""
    return session.scalars(
        select(RoleGrant)
        .where(RoleGrant.telegram_user_id == telegram_user_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    ).all()


def highest_of(grants: Sequence[RoleGrant]) -> Role | None:
    """Return the role that counts among several; None among none."""
    held = {grant.role for grant in grants}
    return next((role for role in (Role.ADMIN, Role.OFFICER) if role in held), None)


def list_ungranted(session: Session, admin_ids: Collection[int]) -> set[int]:
    """Return those named by `ADMIN_IDS` who have never been made admins."""
    known = session.scalars(select(RoleGrant.telegram_user_id).where(RoleGrant.role == Role.ADMIN))
    return set(admin_ids) - set(known)


def grant_first_admins(session: Session, admin_ids: Collection[int]) -> None:
    """Make the people named by `ADMIN_IDS` admins, once; a revoked one stays revoked."""
    for user_id in sorted(list_ungranted(session, admin_ids)):
        session.add(RoleGrant(telegram_user_id=user_id, role=Role.ADMIN, granted_by="ADMIN_IDS"))


def _member(session: Session, grant: RoleGrant) -> Member:
    by = grant.granted_by
    return Member(
        grant_id=grant.id,
        telegram_user_id=grant.telegram_user_id,
        role=grant.role,
        name=grant.name or name_of(session, grant.telegram_user_id),
        since=grant.granted_at,
        granted_by=name_of(session, int(by)) if by.isdecimal() else None,
        language=read_language(session, grant.telegram_user_id),
    )
