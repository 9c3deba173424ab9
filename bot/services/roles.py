"""Who may do what, asked of the database at every command and every button."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Role, RoleGrant
from bot.errors import NotAllowedError


def list_roles(session: Session, telegram_user_id: int) -> set[Role]:
    """Return the roles that a person holds now; an admin is an officer too."""
    held = set(
        session.scalars(
            select(RoleGrant.role).where(
                RoleGrant.telegram_user_id == telegram_user_id, RoleGrant.revoked_at.is_(None)
            )
        )
    )
    return held | {Role.OFFICER} if Role.ADMIN in held else held


def require(session: Session, telegram_user_id: int, role: Role) -> None:
    """Do nothing for a person who holds a role.

    Raises:
        NotAllowedError: The person does not hold it now.
    """
    if role not in list_roles(session, telegram_user_id):
        raise NotAllowedError(role.value)
