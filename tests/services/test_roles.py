"""Who may do what."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    AuditEvent,
    Escalation,
    EscalationState,
    OutgoingMessage,
    Role,
    RoleGrant,
)
from bot.errors import LastAdminError, NotAllowedError, StaleButtonError
from bot.services import dialogues, granting, roles
from bot.services.roles import grant_first_admins

ADMIN, OFFICER, FARMER = 1, 2, 3


@pytest.fixture(autouse=True)
def team(session: Session) -> None:
    """One admin by the settings, who made one officer."""
    grant_first_admins(session, [ADMIN])
    granting.set_role(session, ADMIN, OFFICER, Role.OFFICER)


def grant_id(session: Session, user_id: int) -> int:
    """The grant that a person holds a role by."""
    member = roles.find_member(session, user_id)
    assert member is not None
    return member.grant_id


def claim(session: Session, officer_id: int, state: EscalationState) -> Escalation:
    """An escalation that an officer holds or held."""
    escalation = Escalation(text="?", state=state, claimed_by=officer_id)
    session.add(escalation)
    session.flush()
    return escalation


def test_an_admin_is_an_officer_too(session: Session) -> None:
    """Whoever gives roles may also answer."""
    roles.require(session, ADMIN, Role.OFFICER)
    roles.require(session, OFFICER, Role.OFFICER)

    assert roles.list_roles(session, FARMER) == set()
    with pytest.raises(NotAllowedError, match="admin"):
        roles.require(session, OFFICER, Role.ADMIN)


def test_the_team_is_not_for_farmers(session: Session) -> None:
    """Officers may read it, admins may change it."""
    assert roles.list_team(session, OFFICER)[1] is False
    assert roles.list_team(session, ADMIN)[1] is True
    with pytest.raises(NotAllowedError):
        roles.list_team(session, FARMER)


def test_the_same_role_again_changes_nothing(session: Session) -> None:
    """Neither a grant nor a line in the audit trail is added."""
    rows = [len(session.scalars(select(kind)).all()) for kind in (RoleGrant, AuditEvent)]

    assert not granting.set_role(session, ADMIN, OFFICER, Role.OFFICER)
    assert not granting.set_role(session, ADMIN, FARMER, None)
    assert rows == [len(session.scalars(select(kind)).all()) for kind in (RoleGrant, AuditEvent)]


def test_an_officer_promoted_holds_one_role(session: Session) -> None:
    """The old grant is revoked, both changes are audited."""
    assert granting.set_role(session, ADMIN, OFFICER, Role.ADMIN)

    assert [m.role for m in roles.list_members(session)] == [Role.ADMIN, Role.ADMIN]
    trail = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(e.actor, e.action, e.subject, e.details) for e in trail[1:]] == [
        ("1", "revoke role", "user 2", "officer"),
        ("1", "grant role", "user 2", "admin"),
    ]


def test_who_holds_both_is_listed_once_and_loses_both(session: Session) -> None:
    """An officer named in ADMIN_IDS later has two grants."""
    grant_first_admins(session, [ADMIN, OFFICER])
    assert [m.telegram_user_id for m in roles.list_members(session)] == [ADMIN, OFFICER]

    granting.set_role(session, ADMIN, OFFICER, None)

    assert roles.list_roles(session, OFFICER) == set()


def test_an_admin_lowered_keeps_the_officers_grant(session: Session) -> None:
    """Of two grants only the higher goes."""
    grant_first_admins(session, [ADMIN, OFFICER])

    assert granting.set_role(session, ADMIN, OFFICER, Role.OFFICER)

    assert roles.list_roles(session, OFFICER) == {Role.OFFICER}


@pytest.mark.parametrize("role", [None, Role.OFFICER])
def test_the_last_admin_stays(session: Session, role: Role | None) -> None:
    """Also one that the settings named, and whoever was an admin before."""
    granting.set_role(session, ADMIN, FARMER, Role.ADMIN)
    granting.set_role(session, ADMIN, FARMER, None)

    with pytest.raises(LastAdminError):
        granting.set_role(session, ADMIN, ADMIN, role)
    with pytest.raises(LastAdminError):
        granting.remove(session, ADMIN, grant_id(session, ADMIN))

    assert Role.ADMIN in roles.list_roles(session, ADMIN)


def test_one_of_two_admins_may_go_for_good(session: Session) -> None:
    """The settings do not bring a removed admin back at the next start."""
    granting.set_role(session, ADMIN, OFFICER, Role.ADMIN)
    granting.set_role(session, ADMIN, ADMIN, None)

    grant_first_admins(session, [ADMIN])

    assert roles.list_roles(session, ADMIN) == set()


def test_a_removed_officer_leaves_claims_and_dialogue(session: Session) -> None:
    """What they held is back in the queue, as new; what they had closed stays closed."""
    held = claim(session, OFFICER, EscalationState.CLAIMED)
    held.announced_at = utc_now()
    closed = claim(session, OFFICER, EscalationState.ANSWERED)
    others = claim(session, ADMIN, EscalationState.CLAIMED)
    dialogues.enter(session, OFFICER, "answer", "text", {})

    assert granting.remove(session, ADMIN, grant_id(session, OFFICER)) == OFFICER

    session.expire_all()
    assert (held.state, held.claimed_by) == (EscalationState.OPEN, None)
    assert held.announced_at is None
    assert (closed.state, closed.claimed_by) == (EscalationState.ANSWERED, OFFICER)
    assert others.claimed_by == ADMIN
    assert dialogues.find_stand(session, OFFICER) is None


def test_an_emergency_in_the_hands_of_who_is_removed_alarms_the_others(session: Session) -> None:
    """Nobody sees to it any more; what is not urgent is announced in its time."""
    held = claim(session, OFFICER, EscalationState.CLAIMED)
    held.is_urgent = True
    claim(session, OFFICER, EscalationState.CLAIMED)

    granting.set_role(session, ADMIN, OFFICER, None)

    owed = session.scalars(select(OutgoingMessage)).all()
    assert [(each.chat_id, each.kind, each.escalation_id) for each in owed] == [
        (ADMIN, "urgent", held.id)
    ]


def test_an_admin_lowered_to_officer_keeps_claims(session: Session) -> None:
    """They may go on answering, but not with what only admins do."""
    granting.set_role(session, ADMIN, FARMER, Role.ADMIN)
    held = claim(session, FARMER, EscalationState.CLAIMED)
    dialogues.enter(session, FARMER, "add", "question", {})

    granting.set_role(session, ADMIN, FARMER, Role.OFFICER)

    session.expire_all()
    assert held.claimed_by == FARMER
    assert dialogues.find_stand(session, FARMER) is None


def test_a_farmer_made_officer_stays_in_their_dialogue(session: Session) -> None:
    """Nothing that they may do has gone."""
    dialogues.enter(session, FARMER, "detail", "text", {})

    granting.set_role(session, ADMIN, FARMER, Role.OFFICER)

    assert dialogues.find_stand(session, FARMER) is not None


def test_removing_by_an_old_grant_has_no_effect(session: Session) -> None:
    """A button from before a removal does not remove who was appointed again."""
    old = grant_id(session, OFFICER)
    granting.remove(session, ADMIN, old)
    granting.set_role(session, ADMIN, OFFICER, Role.OFFICER)

    assert granting.remove(session, ADMIN, old) is None

    assert roles.find_grant(session, ADMIN, old) is None
    assert Role.OFFICER in roles.list_roles(session, OFFICER)
    with pytest.raises(StaleButtonError):
        granting.remove(session, ADMIN, 999)


def test_members_are_called_what_telegram_calls_them(session: Session) -> None:
    """Until they have used the role it is their number; the settings have no name."""
    roles.meet(session, ADMIN, "Nimal\u202e\n Perera ")

    admin, officer = roles.list_members(session)

    assert (admin.name, admin.granted_by) == ("Nimal Perera", None)
    assert (officer.name, officer.granted_by) == ("2", "Nimal Perera")


def test_a_long_name_is_cut(session: Session) -> None:
    """To what its column holds; SQLite would not mind."""
    roles.meet(session, ADMIN, "අ" * 300)

    assert roles.name_of(session, ADMIN) == "අ" * RoleGrant.name.type.length


def test_a_former_member_keeps_the_name_in_the_record(session: Session) -> None:
    """Whoever appointed somebody is still named after leaving: the last name that they used."""
    for name in ("සුනිල්", "සුනිල් පෙරේරා"):
        granting.set_role(session, ADMIN, OFFICER, Role.OFFICER)
        roles.meet(session, OFFICER, name)
        granting.set_role(session, ADMIN, OFFICER, None)

    assert roles.name_of(session, OFFICER) == "සුනිල් පෙරේරා"
