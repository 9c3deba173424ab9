"""The durable outbox."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Farmer, Lane, OutboxStatus, OutgoingMessage
from bot.db.models import Reply as ReplyRow
from bot.services import outbox
from bot.services.farmers import Asker, get_farmer
from tests.services.asking import ask

NIMAL, KAMALA, GROUP = 11, 22, -100


def post(session: Session, chat_id: int = NIMAL, **options: Any) -> int:
    """Owe a message; return its id."""
    message = outbox.post(session, chat_id, "test", **options)
    assert message is not None
    return message.id


def lease_ids(session: Session, **options: Any) -> list[int]:
    """The messages that would be handed out now."""
    defaults: dict[str, Any] = {"limit": 10, "lease_seconds": 60}
    return [message.id for message in outbox.lease(session, **(defaults | options))]


def row(session: Session, message_id: int) -> OutgoingMessage:
    """A message as the database has it."""
    return session.get_one(OutgoingMessage, message_id, populate_existing=True)


def test_a_lease_carries_what_the_sender_needs(session: Session) -> None:
    """The row's own values, with nothing sent yet."""
    message_id = post(session, data={"a": 1}, under_message_id=5, topic_id=3)

    [leased] = outbox.lease(session, 10, 60)

    assert (leased.id, leased.chat_id, leased.kind) == (message_id, NIMAL, "test")
    assert (leased.data, leased.under_message_id, leased.topic_id) == ({"a": 1}, 5, 3)
    assert (leased.attempts, leased.message_ids) == (0, [])


def reply_in(session: Session, chat_id: int, message_id: int | None = None) -> ReplyRow:
    """A reply to a question of a chat."""
    reply = ReplyRow(question=ask(session, "?", chat_id=chat_id), kind="answer")
    reply.message_id = message_id
    session.add(reply)
    session.flush()
    return reply


def test_urgent_lanes_go_first(session: Session) -> None:
    """Replies before notices before bulk, whenever they were written."""
    bulk = post(session, 1, lane=Lane.BULK)
    notice = post(session, 2, lane=Lane.NOTICE)
    reply = post(session, 3, lane=Lane.REPLY)

    assert lease_ids(session, limit=2) == [reply, notice]
    assert lease_ids(session) == [bulk]


def test_a_chat_is_written_to_in_order(session: Session) -> None:
    """The second waits until the first is finished, even when the second is more urgent."""
    first = post(session, lane=Lane.BULK)
    second = post(session, lane=Lane.REPLY)

    assert lease_ids(session) == [first]
    assert lease_ids(session) == []
    outbox.mark_sent(session, first, [1])
    assert lease_ids(session) == [second]


def test_what_is_urgent_overtakes_what_its_chat_is_owed(session: Session) -> None:
    """Also one that was put back; what comes after it does not overtake it in turn."""
    first = post(session, lane=Lane.REPLY)
    outbox.put_back(session, first, "out of reach", 60, 1)
    others = post(session, KAMALA, lane=Lane.REPLY)
    urgent = post(session, lane=Lane.URGENT)
    post(session, lane=Lane.REPLY)

    assert lease_ids(session) == [urgent, others]


def test_what_is_urgent_hurries_nothing_else(session: Session) -> None:
    """Or a person who has sent much would fill the lane of calls for help."""
    owed = post(session, lane=Lane.BULK)
    post(session, lane=Lane.URGENT)

    assert row(session, owed).lane == Lane.BULK


def test_a_reply_hurries_what_stands_before_it_in_its_chat(session: Session) -> None:
    """An answer must not wait for a thousand others' bulk because of one of its own."""
    others = post(session, KAMALA, lane=Lane.BULK)
    mine = post(session, NIMAL, lane=Lane.BULK)
    post(session, NIMAL, lane=Lane.REPLY)

    assert lease_ids(session) == [mine, others]


def test_what_is_owed_later_slows_nothing_down(session: Session) -> None:
    """A tip behind an answer does not put it among the tips."""
    others = post(session, KAMALA, lane=Lane.NOTICE)
    mine = post(session, NIMAL, lane=Lane.REPLY)
    post(session, NIMAL, lane=Lane.BULK)

    assert lease_ids(session) == [mine, others]


def test_one_that_was_put_back_holds_its_chat_and_no_other(session: Session) -> None:
    """It comes back after the delay, before the chat's later ones."""
    first, second, other = post(session), post(session), post(session, KAMALA)
    lease_ids(session, limit=1)
    outbox.put_back(session, first, "boom", due_in_seconds=60, attempts=1)

    assert lease_ids(session) == [other]
    outbox.put_back(session, first, "boom", due_in_seconds=-1, attempts=2)
    assert [(m.id, m.attempts) for m in outbox.lease(session, 10, 60)] == [(first, 2)]
    assert row(session, second).status is OutboxStatus.PENDING


def test_only_longer_waits_than_any_of_ours_are_forgotten(session: Session) -> None:
    """As from before the clock was set back; others keep the pause that was asked for."""
    shorter, longer = post(session, NIMAL), post(session, KAMALA)
    for message_id, seconds in ((shorter, 600.0), (longer, 6000.0)):
        outbox.put_back(session, message_id, "429", due_in_seconds=seconds, attempts=0)

    outbox.forget_waits(session, longer_than_seconds=3600)

    assert lease_ids(session) == [longer]


def test_a_longer_lease_than_any_of_ours_is_forgotten(session: Session) -> None:
    """It was made before the clock was set back; a shorter one is somebody's."""
    held, lost = post(session, NIMAL), post(session, KAMALA)
    lease_ids(session, limit=1, lease_seconds=600)
    lease_ids(session, lease_seconds=6000)

    outbox.forget_waits(session, longer_than_seconds=3600)

    assert lease_ids(session) == [lost]
    assert row(session, held).leased_until is not None


def test_a_busy_chat_is_skipped(session: Session) -> None:
    """Chats that the sender is writing to are left alone."""
    post(session, NIMAL)
    other = post(session, KAMALA)

    assert lease_ids(session, busy_chats={NIMAL}) == [other]


def test_a_dead_senders_lease_runs_out(session: Session) -> None:
    """What a dead process held is handed out again, with the parts that it had sent."""
    message_id = post(session)
    lease_ids(session, lease_seconds=-1)
    outbox.note_parts(session, message_id, [7])

    assert [message.message_ids for message in outbox.lease(session, 10, 60)] == [[7]]


def test_a_new_process_takes_over_at_once(session: Session) -> None:
    """What the last process held is handed out without waiting for its lease to run out."""
    message_id = post(session)
    lease_ids(session)

    outbox.take_over(session)

    assert lease_ids(session) == [message_id]


def test_what_a_process_died_with_is_handed_out_alone(session: Session) -> None:
    """The next death tells which it was; the others wait for that, urgent or not, and go on."""
    first, second = post(session, 1), post(session, 2, lane=Lane.BULK)
    lease_ids(session)
    third = post(session, 3, lane=Lane.REPLY)
    outbox.take_over(session)

    assert lease_ids(session, is_idle=False) == []
    assert lease_ids(session) == [first]
    outbox.mark_sent(session, first, [1])
    assert lease_ids(session) == [second]
    outbox.mark_sent(session, second, [1])
    assert lease_ids(session, is_idle=False) == [third]


def test_what_killed_more_goes_last(session: Session) -> None:
    """So that the innocent are sent before it is tried again."""
    first, second = post(session, 1), post(session, 2)
    lease_ids(session)
    outbox.take_over(session)
    assert lease_ids(session) == [first]
    outbox.take_over(session)

    assert lease_ids(session) == [second]


def test_a_deadly_message_is_given_up(session: Session) -> None:
    """After so many deaths that it was no accident; what stood behind it in its chat goes on."""
    deadly, behind = post(session), post(session)
    given_up = []
    for _ in range(outbox.CRASHES):
        assert lease_ids(session) == [deadly]
        given_up += outbox.take_over(session)

    assert given_up == [(deadly, "test")]
    assert outbox.take_over(session) == [], "it is told once"
    assert row(session, deadly).status is OutboxStatus.FAILED
    assert row(session, deadly).reason == f"{outbox.CRASHES} processes died with it"
    assert lease_ids(session) == [behind]


@pytest.mark.parametrize("is_put_back", [True, False])
def test_what_killed_nobody_is_no_suspect(session: Session, is_put_back: bool) -> None:
    """Neither what a stop could not wait for, nor what has been tried since a death."""
    first, second = post(session, 1), post(session, 2)
    if is_put_back:
        lease_ids(session, limit=1)
        outbox.take_over(session)
        outbox.put_back(session, first, "boom", due_in_seconds=-1, attempts=1)
    else:
        lease_ids(session)
        outbox.hand_back(session)
    outbox.take_over(session)

    assert lease_ids(session, is_idle=False) == [first, second]


@pytest.mark.sqlite
def test_a_lease_looks_things_up_instead_of_sorting_all_that_waits(session: Session) -> None:
    """Suspects, the next rows and the first of each chat are found by an index."""
    given = {"now": utc_now(), "busy_chats": [], "limit": 9}
    for are_suspect in (True, False):
        statement = outbox._ready(are_suspect).params(given)
        text = str(statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        plan = [step.detail for step in session.execute(sql_text(f"EXPLAIN QUERY PLAN {text}"))]

        assert any("INDEX ix_outbox_status_crashes_lane_id (status=? AND" in step for step in plan)
        assert any("INDEX ix_outbox_chat_id_status (chat_id=? AND status" in step for step in plan)
        assert not any("SCAN outbox" in step or "TEMP B-TREE" in step for step in plan)


def test_a_sent_reply_is_known_as_sent(session: Session) -> None:
    """The reply gets the id of the last part, which has the buttons; it keeps that.

    A second mark changes none, nor does the same reply read out.
    """
    reply = reply_in(session, NIMAL)
    message_id, spoken = (post(session, reply_id=reply.id) for _ in range(2))

    outbox.mark_sent(session, message_id, [70, 71])
    outbox.mark_sent(session, message_id, [80])
    outbox.mark_sent(session, spoken, [90])

    session.refresh(reply)
    assert reply.message_id == 71
    assert reply.sent_at is not None
    assert row(session, message_id).status is OutboxStatus.SENT
    assert row(session, message_id).message_ids == [70, 71]


@pytest.mark.parametrize(
    ("end", "status"),
    [(outbox.give_up, OutboxStatus.FAILED), (outbox.drop, OutboxStatus.DROPPED)],
)
def test_one_that_is_not_sent_keeps_its_reason_and_lets_the_next_go(
    session: Session, end: Any, status: OutboxStatus
) -> None:
    """Nothing is silently not sent, and nothing blocks those behind it."""
    first, second = post(session), post(session)
    lease_ids(session)

    end(session, first, "boom")

    assert (row(session, first).status, row(session, first).reason) == (status, "boom")
    assert lease_ids(session) == [second]


def test_who_blocked_the_bot_is_marked(session: Session) -> None:
    """The message is dropped and the person counts as unreachable."""
    get_farmer(session, Asker(NIMAL, NIMAL))
    message_id = post(session)

    outbox.drop_unreachable(session, message_id, NIMAL, "Forbidden")

    assert not session.scalars(select(Farmer)).one().is_reachable
    assert row(session, message_id).status is OutboxStatus.DROPPED


def test_who_lets_the_bot_in_again_is_owed_the_replies_that_they_missed(session: Session) -> None:
    """At once; neither what was no reply, nor what others missed."""
    get_farmer(session, Asker(NIMAL, NIMAL))
    replies = [post(session, chat, reply_id=reply_in(session, chat).id) for chat in (NIMAL, KAMALA)]
    tip = post(session, NIMAL)
    for message_id, chat in ((replies[0], NIMAL), (replies[1], KAMALA), (tip, NIMAL)):
        outbox.put_back(session, message_id, "429", due_in_seconds=600, attempts=0)
        outbox.drop_unreachable(session, message_id, chat, "Forbidden")

    outbox.owe_missed(session, NIMAL)

    assert session.scalars(select(Farmer)).one().is_reachable
    assert lease_ids(session) == [replies[0]]
    assert row(session, tip).status is OutboxStatus.DROPPED


def test_nothing_is_owed_to_a_question_of_nobodys(session: Session) -> None:
    """It was asked in a terminal, or its farmer is forgotten."""
    reply = reply_in(session, NIMAL)
    reply.question.chat_id = None

    assert outbox.post_reply(session, reply, "reply") is None


def test_a_message_that_is_sent_in_the_end_has_no_reason(session: Session) -> None:
    """Why it was put back before matters no more; its reason then was not kept without end."""
    message_id = post(session)
    outbox.put_back(session, message_id, "b" * 5000, due_in_seconds=-1, attempts=1)
    kept = row(session, message_id).reason

    outbox.mark_sent(session, message_id, [1])

    assert kept == "b" * 2000
    assert row(session, message_id).reason is None
    assert row(session, message_id).finished_at is not None


def test_a_group_that_moved_gets_its_messages_there(session: Session) -> None:
    """In order, and under no message, because the ids are others there."""
    first = post(session, GROUP, under_message_id=5, topic_id=6)
    second, other = post(session, GROUP), post(session, NIMAL, under_message_id=8)
    reply = reply_in(session, GROUP, message_id=9)
    lease_ids(session)

    outbox.move_chat(session, GROUP, -200)

    moved = row(session, first)
    assert (moved.chat_id, moved.under_message_id, moved.topic_id) == (-200, None, None)
    assert row(session, second).chat_id == -200
    assert row(session, other).under_message_id == 8
    session.refresh(reply)
    assert reply.message_id is None
    assert lease_ids(session) == [first]


def test_a_message_that_may_exist_once_is_written_once(session: Session) -> None:
    """The second post with the same key owes nothing, even after the first was sent."""
    first = post(session, once_key="a")
    outbox.mark_sent(session, first, [1])

    assert outbox.post(session, NIMAL, "test", once_key="a") is None
    assert post(session, once_key="b") > first


def test_purging_forgets_only_what_is_over_and_old(session: Session) -> None:
    """Waiting and failed messages stay."""
    sent, dropped, failed, waiting = (post(session, chat) for chat in (1, 2, 3, 4))
    outbox.mark_sent(session, sent, [1])
    outbox.drop(session, dropped, "over")
    outbox.give_up(session, failed, "boom")

    assert outbox.purge(session, utc_now() - timedelta(days=1)) == 0
    assert outbox.purge(session, utc_now() + timedelta(seconds=1)) == 2
    assert set(session.scalars(select(OutgoingMessage.id))) == {failed, waiting}
