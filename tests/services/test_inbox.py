"""The durable inbox."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import InboxStatus, ReceivedUpdate, Reply
from bot.services import inbox
from tests.services.asking import ask


def message(update_id: int, chat_id: int = 1) -> dict[str, Any]:
    """A raw update as Telegram sends it."""
    return {"update_id": update_id, "message": {"chat": {"id": chat_id}, "text": "x"}}


def lease_ids(session: Session, **options: Any) -> list[int]:
    """The update ids that would be handed out now."""
    defaults: dict[str, Any] = {"limit": 10, "lease_seconds": 60}
    return [row.update_id for row in inbox.lease(session, **(defaults | options))]


def test_a_repeated_update_is_stored_once(session: Session) -> None:
    """Telegram may send an update again; it has no second row."""
    assert inbox.store(session, [message(5), message(5)]) == [5]
    assert inbox.store(session, [message(5), message(6)]) == [6]


def test_what_is_nested_too_deep_is_set_aside_and_blocks_nothing(session: Session) -> None:
    """What Python could read once it could not write or read again deeper in its stack."""
    odd = json.loads('{"update_id": 1, "message": ' + "[" * 200 + "]" * 200 + "}")

    assert inbox.store(session, [odd, message(2)]) == [1, 2]

    assert lease_ids(session) == [2]
    row = session.scalars(select(ReceivedUpdate).where(ReceivedUpdate.update_id == 1)).one()
    assert (row.status, row.reason) == (InboxStatus.FAILED, "it is nested deeper than 100 levels")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"update_id": 1, "message": float("nan")}, "it cannot be written as JSON"),
        ("x" * 5000, "it has no update_id"),
    ],
    ids=["nan", "long"],
)
def test_what_is_no_update_is_set_aside(session: Session, item: Any, reason: str) -> None:
    """As much of it as tells what it is; not every database knows a number that is none."""
    inbox.store(session, [item])

    row = session.scalars(select(ReceivedUpdate)).one()
    assert (row.status, row.reason) == (InboxStatus.FAILED, reason)
    assert len(row.raw[inbox.UNREADABLE]) <= inbox.LONGEST_KEPT


def test_what_is_done_keeps_its_number_alone(session: Session) -> None:
    """Neither its words, nor whose they were, nor what they made fail before."""
    inbox.store(session, [message(1)])
    inbox.fail(session, 1, "boom", retry_in_seconds=-1)

    inbox.finish(session, 1)

    row = session.scalars(select(ReceivedUpdate)).one()
    assert (row.update_id, row.status) == (1, InboxStatus.DONE)
    assert (row.raw, row.chat_id, row.reason) == ({}, None, None)


@pytest.mark.parametrize(
    ("item", "is_about"),
    [
        ({"update_id": 1, "message": {"chat": {"id": 5}, "text": "11"}}, False),
        ({"update_id": 1, "message": {"chat": {"id": 5}, "from": {"id": 11}}}, True),
        ("from 111", False),
        ("from 11,", True),
    ],
)
def test_an_update_is_about_who_has_the_number(session: Session, item: Any, is_about: bool) -> None:
    """Not about everybody whose number can be found somewhere in it."""
    inbox.store(session, [item])

    assert bool(inbox.list_about(session, 11)) is is_about


def test_a_chat_is_served_in_order(session: Session) -> None:
    """The second message of a chat waits until the first is finished."""
    inbox.store(session, [message(1, 7), message(2, 7), message(3, 8)])

    assert lease_ids(session) == [1, 3]
    assert lease_ids(session) == []
    inbox.finish(session, 1)
    assert lease_ids(session) == [2]


def test_a_longer_lease_than_any_of_ours_is_forgotten(session: Session) -> None:
    """It was made before the clock was set back; a shorter one is somebody's."""
    inbox.store(session, [message(1, 7), message(2, 8)])
    lease_ids(session, limit=1, lease_seconds=600)
    lease_ids(session, lease_seconds=6000)

    inbox.forget_waits(session, longer_than_seconds=3600)

    assert lease_ids(session) == [2]


def test_what_belongs_to_no_chat_waits_for_none(session: Session) -> None:
    """One that fails and is tried later keeps nothing else waiting."""
    inbox.store(session, [{"update_id": 1}, {"update_id": 2}])

    assert lease_ids(session) == [1, 2]


def test_what_is_in_hand_is_not_handed_out_again(session: Session) -> None:
    """However long it takes; and its chat waits for it."""
    inbox.store(session, [message(1, 7), message(2, 7), {"update_id": 3}, message(4, 8)])
    [first, third, _] = inbox.lease(session, 10, lease_seconds=-1)

    assert lease_ids(session, in_hand={first.id, third.id}) == [4]


def test_a_dead_workers_lease_runs_out(session: Session) -> None:
    """What a dead process held is handed out again, counted as another attempt."""
    inbox.store(session, [message(1)])
    assert lease_ids(session, lease_seconds=-1) == [1]

    assert [row.attempts for row in inbox.lease(session, 1, 60)] == [2]


def test_a_new_process_takes_over_at_once(session: Session) -> None:
    """What the last process held is handed out without waiting for its lease to run out."""
    inbox.store(session, [message(1)])
    lease_ids(session)

    inbox.take_over(session)

    assert lease_ids(session) == [1]


def test_what_a_process_died_with_is_handed_out_alone(session: Session) -> None:
    """The next death tells which it was; the others wait for that, and then go on."""
    inbox.store(session, [message(1, 7), message(2, 8)])
    lease_ids(session)
    inbox.store(session, [message(3, 9)])
    inbox.take_over(session)

    assert lease_ids(session, is_idle=False) == []
    assert lease_ids(session) == [1]
    inbox.finish(session, 1)
    assert lease_ids(session) == [2]
    inbox.finish(session, 2)
    assert lease_ids(session, is_idle=False) == [3]


def test_what_killed_more_goes_last(session: Session) -> None:
    """So that the innocent are answered before it is tried again."""
    inbox.store(session, [message(1, 7), message(2, 8)])
    lease_ids(session)
    inbox.take_over(session)
    assert lease_ids(session) == [1]
    inbox.take_over(session)

    assert lease_ids(session) == [2]


def test_a_deadly_update_is_set_aside(session: Session) -> None:
    """After so many deaths that it was no accident; what stood behind it in its chat goes on."""
    inbox.store(session, [message(1), message(2)])
    aside = []
    for _ in range(inbox.CRASHES):
        assert lease_ids(session) == [1]
        aside += inbox.take_over(session)

    row = session.scalars(select(ReceivedUpdate).where(ReceivedUpdate.update_id == 1)).one()
    assert aside == [1]
    assert inbox.take_over(session) == [], "it is told once"
    assert (row.status, row.reason) == (
        InboxStatus.FAILED,
        f"{inbox.CRASHES} processes died with it",
    )
    assert lease_ids(session) == [2]


def test_what_is_handed_back_in_good_order_is_no_suspect(session: Session) -> None:
    """A stop that could not wait for it is not its fault."""
    inbox.store(session, [message(1, 7), message(2, 8)])
    lease_ids(session)

    inbox.hand_back(session)
    inbox.take_over(session)

    assert lease_ids(session, is_idle=False) == [1, 2]


def test_a_pause_after_a_failure_is_no_death(session: Session) -> None:
    """A new process neither hurries it nor suspects it."""
    inbox.store(session, [message(1)])
    lease_ids(session)
    inbox.fail(session, 1, "boom", retry_in_seconds=60)

    inbox.take_over(session)

    row = session.scalars(select(ReceivedUpdate)).one()
    assert row.crashes == 0
    assert lease_ids(session) == []


@pytest.mark.sqlite
def test_a_lease_looks_things_up_instead_of_grouping_all_that_waits(session: Session) -> None:
    """Both the next rows and the first of each chat are found by an index."""
    given = {"now": utc_now(), "in_hand": [], "limit": 9}
    statement = inbox._waiting(are_suspect=False).params(given)
    text = str(statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    plan = [row.detail for row in session.execute(sql_text(f"EXPLAIN QUERY PLAN {text}"))]

    assert any("INDEX ix_inbox_status_crashes_id (status=? AND crashes=?)" in step for step in plan)
    assert any("INDEX ix_inbox_chat_id_status_id (chat_id=? AND status=?" in step for step in plan)
    assert not any("SCAN inbox" in step or "TEMP B-TREE" in step for step in plan)


def test_a_failed_attempt_is_tried_later(session: Session) -> None:
    """It keeps its place in the chat and comes back after the delay."""
    inbox.store(session, [message(1), message(2)])
    lease_ids(session)
    inbox.fail(session, 1, "boom", retry_in_seconds=60)
    assert lease_ids(session) == []

    inbox.fail(session, 1, "boom", retry_in_seconds=-1)
    assert lease_ids(session) == [1]


def test_an_attempt_that_does_not_count_uses_nothing_up(session: Session) -> None:
    """The next one has the same number."""
    inbox.store(session, [message(1)])
    lease_ids(session)
    inbox.fail(session, 1, "outage", retry_in_seconds=-1, is_counted=False)

    assert [row.attempts for row in inbox.lease(session, 1, 60)] == [1]


def test_a_hopeless_update_is_set_aside(session: Session) -> None:
    """It no longer blocks those behind it, and its reason is kept."""
    inbox.store(session, [message(1), message(2)])
    lease_ids(session)
    inbox.fail(session, 1, "boom", retry_in_seconds=None)

    assert lease_ids(session) == [2]
    row = session.scalars(select(ReceivedUpdate).where(ReceivedUpdate.update_id == 1)).one()
    assert (row.status, row.reason) == (InboxStatus.FAILED, "boom")


def test_purging_forgets_only_what_is_done_and_old(session: Session) -> None:
    """Waiting and failed updates stay."""
    inbox.store(session, [message(1), message(2), message(3)])
    inbox.finish(session, 1)
    inbox.fail(session, 2, "boom", retry_in_seconds=None)

    assert inbox.purge(session, utc_now() + timedelta(seconds=1)) == 1
    assert inbox.store(session, [message(1), message(2), message(3)]) == [1]


def test_purging_forgets_what_old_updates_led_to(session: Session) -> None:
    """Telegram may use a number again; what is younger may still come again itself."""
    question = ask(session, "?")
    for update_id, days in ((1, 4), (2, 2)):
        created_at = utc_now() - timedelta(days=days)
        session.add(Reply(question=question, kind="x", update_id=update_id, created_at=created_at))
    session.flush()

    inbox.purge(session, utc_now() - timedelta(days=3))

    assert session.scalars(select(Reply.update_id).order_by(Reply.id)).all() == [None, 2]


@pytest.mark.parametrize(
    ("raw", "chat_id"),
    [
        ({"message": {"chat": {"id": 7}}}, 7),
        ({"edited_message": {"chat": {"id": 8}}}, 8),
        (
            {"callback_query": {"data": "x", "from": {"id": 3}, "message": {"chat": {"id": 9}}}},
            9,
        ),
        ({"callback_query": {"data": "x", "from": {"id": 3}}}, 3),
        ({"message": "nonsense"}, None),
        ({"poll": {"id": "5"}}, None),
        ({"message": {"chat": {"id": "seven"}}}, None),
    ],
)
def test_the_chat_is_found_in_any_shape(
    session: Session, raw: dict[str, Any], chat_id: int | None
) -> None:
    """Odd updates are stored too, without a chat."""
    inbox.store(session, [{"update_id": 1, **raw}])

    assert session.scalars(select(ReceivedUpdate.chat_id)).one() == chat_id
