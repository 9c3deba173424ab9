"""People who look after knowledge, and entries for them to look after."""

from sqlalchemy.orm import Session

from bot.db.models import Origin, Role, RoleGrant
from bot.knowledge import EntryDraft
from bot.services.curation import import_entries
from bot.services.editing import EntryState, read_entry

ADMIN, OTHER_ADMIN, OFFICER, FARMER = 1001, 1002, 2001, 11

#: What a person gives for a new entry; the rest follows.
FIELDS = {
    "area": "paddy",
    "title": "කීඩෑවා ගැහුවම මොකද කරන්නේ",
    "answer": "වතුර බහින්න අරින්න. නිලධාරියාගෙන් අහන්න.",
    "phrasings": ["කීඩෑවා ගැහුවම මොකද කරන්නේ", "kidewa gahala"],
    "source": "කෘෂිකර්ම දෙපාර්තමේන්තුව",
}


def grant(session: Session, *people: int, role: Role = Role.ADMIN) -> None:
    """Give people a role."""
    for person in people:
        session.add(RoleGrant(telegram_user_id=person, role=role, granted_by="test"))
    session.flush()


def staff(session: Session) -> None:
    """Two admins and an officer."""
    grant(session, ADMIN, OTHER_ADMIN)
    grant(session, OFFICER, role=Role.OFFICER)


def store(session: Session, *drafts: EntryDraft, origin: Origin = Origin.STARTER) -> EntryState:
    """Store entries; return the first as it stands. ADMIN must be one."""
    import_entries(session, drafts, origin, "test")
    return read_entry(session, ADMIN, drafts[0].key)
