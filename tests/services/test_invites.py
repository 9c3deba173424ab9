"""Invite links."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import AuditEvent, Invite, Role
from bot.errors import InviteError
from bot.services import granting, roles
from bot.services.invites import PREFIX, create_invite, redeem
from bot.services.roles import grant_first_admins

ADMIN, GUEST, OTHER = 1, 2, 3


@pytest.fixture(autouse=True)
def admin(session: Session) -> None:
    """Somebody who may invite."""
    grant_first_admins(session, [ADMIN])


def invite(session: Session, role: Role = Role.OFFICER) -> str:
    """What a fresh link carries."""
    return create_invite(session, ADMIN, role, hours=48).payload


def test_a_link_makes_its_first_user_an_officer(session: Session) -> None:
    """The invite remembers who used it, and the team who invited them."""
    payload = invite(session)

    taken = redeem(session, GUEST, "Kamala", payload)

    assert (taken.role, taken.invited_by, taken.is_new) == (Role.OFFICER, ADMIN, True)
    member = roles.find_member(session, GUEST)
    assert member is not None
    assert (member.role, member.name, member.granted_by) == (Role.OFFICER, "Kamala", "1")
    assert session.scalars(select(Invite)).one().used_by == GUEST


@pytest.mark.parametrize("second", [OTHER, ADMIN])
def test_a_second_person_gets_nothing(session: Session, second: int) -> None:
    """A link works once, also for who holds the role without it."""
    payload = invite(session)
    redeem(session, GUEST, "a", payload)

    with pytest.raises(InviteError):
        redeem(session, second, "b", payload)
    assert [member.telegram_user_id for member in roles.list_members(session)] == [ADMIN, GUEST]


def test_a_link_works_for_the_hours_that_are_given(session: Session) -> None:
    """Not for days."""
    before = utc_now()

    expires_at = create_invite(session, ADMIN, Role.OFFICER, hours=2).expires_at

    assert before <= expires_at - timedelta(hours=2) <= utc_now()


def test_opened_again_by_the_same_person_it_does_no_harm(session: Session) -> None:
    """An update that is handled again has no second effect."""
    payload = invite(session)
    redeem(session, GUEST, "a", payload)
    trail = len(session.scalars(select(AuditEvent)).all())

    assert not redeem(session, GUEST, "a", payload).is_new
    assert len(session.scalars(select(AuditEvent)).all()) == trail


def test_a_removed_officer_cannot_come_back_by_the_old_link(session: Session) -> None:
    """Removing works although the link was theirs."""
    payload = invite(session)
    redeem(session, GUEST, "a", payload)
    granting.set_role(session, ADMIN, GUEST, None)

    with pytest.raises(InviteError):
        redeem(session, GUEST, "a", payload)


def test_an_expired_link_gives_nothing(session: Session) -> None:
    """Nor does it say that it ever was one."""
    payload = invite(session)
    session.scalars(select(Invite)).one().expires_at = utc_now() - timedelta(seconds=1)
    session.flush()

    with pytest.raises(InviteError):
        redeem(session, GUEST, "a", payload)


@pytest.mark.parametrize("payload", [PREFIX, PREFIX + "x" * 32, "\ud800", ""])
def test_an_unknown_link_gives_nothing(session: Session, payload: str) -> None:
    """Whatever it carries."""
    invite(session)

    with pytest.raises(InviteError):
        redeem(session, GUEST, "a", payload)


def test_links_of_a_removed_admin_are_dead(session: Session) -> None:
    """Nobody comes back through a door that they left open."""
    granting.set_role(session, ADMIN, OTHER, Role.ADMIN)
    payload = create_invite(session, OTHER, Role.ADMIN, hours=48).payload
    granting.set_role(session, ADMIN, OTHER, None)

    with pytest.raises(InviteError):
        redeem(session, OTHER, "b", payload)


def test_who_holds_the_role_leaves_the_link_for_another(session: Session) -> None:
    """An admin who tries the link out neither uses it up nor becomes an officer."""
    payload = invite(session)

    assert not redeem(session, ADMIN, "a", payload).is_new

    assert roles.list_roles(session, ADMIN) == {Role.ADMIN, Role.OFFICER}
    assert redeem(session, GUEST, "b", payload).is_new


def test_an_officer_becomes_admin_by_a_link(session: Session) -> None:
    """And holds the higher role alone."""
    redeem(session, GUEST, "a", invite(session))

    redeem(session, GUEST, "a", invite(session, Role.ADMIN))

    assert [m.role for m in roles.list_members(session)] == [Role.ADMIN, Role.ADMIN]


def test_the_database_does_not_hold_the_token(session: Session) -> None:
    """No column of the row, nor the audit trail, opens anything."""
    payload = invite(session)
    row, event = session.scalars(select(Invite)).one(), session.scalars(select(AuditEvent)).one()

    for each in (row, event):
        held = [str(getattr(each, column.key)) for column in inspect(type(each)).columns]
        assert not any(payload.removeprefix(PREFIX) in value for value in held)


def test_telegram_takes_what_the_link_carries(session: Session) -> None:
    """At most 64 of its 64 characters, and never the same twice."""
    payloads = {invite(session) for _ in range(20)}

    assert len(payloads) == 20
    assert all(len(p) <= 64 and p.replace("_", "a").replace("-", "a").isalnum() for p in payloads)


def test_of_eight_people_at_once_one_gets_the_role(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    """Each in a transaction of its own, all at the same moment."""
    payload = invite(session)
    session.commit()
    together = threading.Barrier(8)

    def open_link(user_id: int) -> bool:
        together.wait()
        try:
            with transaction(sessions) as own:
                return redeem(own, user_id, "a", payload).is_new
        except InviteError:
            return False

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(open_link, range(10, 18)))

    assert taken.count(True) == 1
    session.rollback()
    assert [m.telegram_user_id for m in roles.list_members(session)] == [
        ADMIN,
        10 + taken.index(True),
    ]
