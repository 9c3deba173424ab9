"""What was given up, in and out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import InboxStatus, OutboxStatus, OutgoingMessage, ReceivedUpdate
from bot.services import inbox, outbox, set_aside
from bot.services.roles import grant_first_admins

ADMIN, FARMER = 99, 11


def store(session: Session, update_id: int, chat_id: int = FARMER) -> None:
    """Receive a message."""
    raw: dict[str, Any] = {"message": {"chat": {"id": chat_id}, "text": "ගොයම"}}
    inbox.store(session, [{"update_id": update_id, **raw}])


def owed_to(session: Session, chat_id: int) -> list[dict[str, Any]]:
    """What the admins' messages say."""
    owed = select(OutgoingMessage).where(OutgoingMessage.chat_id == chat_id)
    rows = owed.order_by(OutgoingMessage.id)
    return [row.data for row in session.scalars(rows) if row.kind == set_aside.KIND]


@pytest.fixture(autouse=True)
def admin(session: Session) -> None:
    """Somebody who is told."""
    grant_first_admins(session, [ADMIN])


def test_an_update_that_was_given_up_is_listed_without_its_words(session: Session) -> None:
    """What it was, whose, how often it was tried, and why it failed."""
    store(session, 7)
    inbox.lease(session, 1, 60)
    set_aside.set_update_aside(session, 7, "ValueError: boom")

    [row] = set_aside.list_updates(session)

    assert (row.number, row.reason) == (7, "ValueError: boom")
    assert row.about == "message from chat 11, 1 attempts"
    assert row.since is not None


def test_admins_are_told_once_an_hour(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours that hits a thousand updates sends no thousand messages."""
    for number, (hour, minute) in enumerate([(8, 0), (8, 59), (9, 0)]):
        now = datetime(2026, 11, 25, hour, minute, tzinfo=UTC)
        monkeypatch.setattr(set_aside, "utc_now", lambda now=now: now)
        store(session, number)
        set_aside.set_update_aside(session, number, "boom")

    told = [{"queue": "inbox", "number": number} for number in (0, 2)]
    assert owed_to(session, ADMIN) == told


def test_what_processes_died_with_is_told_at_the_next_start(session: Session) -> None:
    """It was set aside when the new process took over."""
    store(session, 7)
    for _ in range(inbox.CRASHES):
        inbox.lease(session, 1, 60)
        set_aside.take_over(session)

    assert owed_to(session, ADMIN) == [{"queue": "inbox", "number": 7}]


def test_a_message_that_processes_died_with_is_told_unless_it_tells(session: Session) -> None:
    """Of the reply the admin hears; the word of it that kills too begets no other."""
    reply = outbox.post(session, FARMER, "reply")
    assert reply is not None
    for _ in range(outbox.CRASHES):
        outbox.lease(session, 1, 60)
        set_aside.take_over(session)
    [told] = session.scalars(select(OutgoingMessage).where(OutgoingMessage.chat_id == ADMIN))
    for _ in range(outbox.CRASHES):
        outbox.lease(session, 1, 60)
        set_aside.take_over(session)

    assert owed_to(session, ADMIN) == [{"queue": "outbox", "number": reply.id}]
    assert [row.number for row in set_aside.list_messages(session)] == [reply.id, told.id]


def test_a_clock_set_back_between_two_processes_delays_nothing(session: Session) -> None:
    """What would be due in a day is due now; what is due in a minute stays so."""
    store(session, 7)
    store(session, 8, chat_id=12)
    reply = outbox.post(session, FARMER, "reply")
    assert reply is not None
    inbox.fail(session, 7, "boom", retry_in_seconds=24 * 3600)
    inbox.fail(session, 8, "boom", retry_in_seconds=60)
    outbox.put_back(session, reply.id, "boom", 24 * 3600, 1)

    set_aside.take_over(session)

    assert [row.update_id for row in inbox.lease(session, 9, 60)] == [7]
    assert [row.id for row in outbox.lease(session, 9, 60)] == [reply.id]


def test_a_message_that_was_given_up_is_told_unless_it_tells(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin who cannot be reached is not told of that by another message, hour after hour."""
    reply = outbox.post(session, FARMER, "reply")
    assert reply is not None

    set_aside.give_message_up(session, reply.id, reply.kind, "boom")
    [told] = session.scalars(select(OutgoingMessage).where(OutgoingMessage.chat_id == ADMIN))
    later = datetime(2099, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(set_aside, "utc_now", lambda: later)
    set_aside.give_message_up(session, told.id, told.kind, "boom")

    assert owed_to(session, ADMIN) == [{"queue": "outbox", "number": reply.id}]
    assert [row.number for row in set_aside.list_messages(session)] == [reply.id, told.id]


def test_a_replayed_update_is_handled_as_if_it_had_just_come(session: Session) -> None:
    """With all its attempts, before what its chat has sent since."""
    store(session, 7)
    inbox.lease(session, 1, 60)
    set_aside.set_update_aside(session, 7, "boom")
    store(session, 8)

    assert set_aside.replay(session, 7)
    session.flush()

    [leased] = inbox.lease(session, 9, 60)
    assert (leased.update_id, leased.attempts) == (7, 1)


def test_of_what_came_and_what_was_owed_admins_are_told_each(session: Session) -> None:
    """In the same hour: they are looked at by different commands."""
    reply = outbox.post(session, FARMER, "reply")
    assert reply is not None
    store(session, 7)

    set_aside.set_update_aside(session, 7, "boom" * 1000)
    set_aside.give_message_up(session, reply.id, reply.kind, "boom")

    assert [told["queue"] for told in owed_to(session, ADMIN)] == ["inbox", "outbox"]
    assert set_aside.list_updates(session)[0].reason == "boom" * 500


def test_what_is_tried_by_hand_is_tried_at_once(session: Session) -> None:
    """Whatever pause it had, and as no suspect of what a process died with."""
    reply = outbox.post(session, FARMER, "reply")
    assert reply is not None
    store(session, 7)
    inbox.lease(session, 9, 60)
    set_aside.take_over(session)
    inbox.fail(session, 7, "boom", retry_in_seconds=600)
    outbox.put_back(session, reply.id, "boom", 600, 1)
    set_aside.set_update_aside(session, 7, "boom")
    set_aside.give_message_up(session, reply.id, reply.kind, "boom")

    assert set_aside.replay(session, 7)
    assert set_aside.retry(session, reply.id)
    session.flush()

    assert [each.update_id for each in inbox.lease(session, 9, 60, is_idle=False)] == [7]
    owed = outbox.lease(session, 9, 60, is_idle=False)
    assert reply.id in [each.id for each in owed]


def test_only_what_was_set_aside_can_be_replayed(session: Session) -> None:
    """Neither what waits nor what is done, nor what is no update."""
    store(session, 7)
    inbox.store(session, ["nonsense"])
    [unreadable] = set_aside.list_updates(session)

    assert not set_aside.replay(session, 7)
    assert not set_aside.replay(session, 8)
    assert not set_aside.replay(session, unreadable.number)
    states = session.scalars(select(ReceivedUpdate.status).order_by(ReceivedUpdate.id)).all()
    assert states == [InboxStatus.RECEIVED, InboxStatus.FAILED]


def test_a_message_is_sent_again_once_it_is_asked_for(session: Session) -> None:
    """One that was not given up is left alone."""
    reply = outbox.post(session, FARMER, "reply")
    assert reply is not None
    assert not set_aside.retry(session, reply.id)
    set_aside.give_message_up(session, reply.id, "reply", "boom")

    assert set_aside.retry(session, reply.id)

    session.refresh(reply)
    assert (reply.status, reply.reason) == (OutboxStatus.PENDING, None)
    assert (reply.attempts, reply.crashes) == (0, 0)
