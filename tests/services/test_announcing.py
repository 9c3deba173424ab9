"""What officers are told of the queue, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import AuditEvent, EscalationState, OutgoingMessage
from bot.services import outbox, queue, releasing, resolving
from bot.services.announcing import Rules, announce, read_announced
from bot.services.escalating import escalate, reopen
from tests.services.loop import ADMIN, MALA, SUNIL, appoint, pass_on, question_of

#: Half past ten in the morning, and half past eleven at night.
MORNING = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
RULES = Rules(minutes=15, quiet_hours=(20, 6))
DAY = timedelta(days=1)
GROUP = Rules(15, (20, 6), chat_id=-100, topics={"paddy": 7})
FIRST, SECOND = "දුඹුරු පැළ කීඩෑවා ආවා", "පොහොර සහනාධාරය කවදද"


@pytest.fixture(autouse=True)
def officers(session: Session) -> None:
    """Two officers."""
    appoint(session, SUNIL)
    appoint(session, MALA)


def told(session: Session) -> list[tuple[int, Any]]:
    """Every announcement's chat, and what it is about."""
    rows = session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.kind == "announcement")
        .order_by(OutgoingMessage.id)
    )
    return [(row.chat_id, row.data["escalation_ids"]) for row in rows]


def test_every_officer_is_told_of_what_is_new(session: Session) -> None:
    """In one message each, and once."""
    ids = [pass_on(session, FIRST, 11).id, pass_on(session, SECOND, 22).id]

    counts = [announce(session, MORNING + timedelta(hours=n), RULES) for n in (0, 1)]

    assert counts == [2, 0]
    assert told(session) == [(SUNIL, ids), (MALA, ids)]


def test_officers_are_not_told_too_often(session: Session) -> None:
    """What comes a minute later is told with the next message."""
    pass_on(session, FIRST, 11)
    announce(session, MORNING, RULES)
    later = pass_on(session, SECOND, 22)

    counts = [announce(session, MORNING + timedelta(minutes=n), RULES) for n in (1, 14, 15)]

    assert counts == [0, 0, 2]
    assert told(session)[2:] == [(SUNIL, [later.id]), (MALA, [later.id])]


def test_a_new_officer_takes_no_news_from_the_others(session: Session) -> None:
    """Who was told lately still hears of what came since, with everyone else."""
    pass_on(session, FIRST, 11)
    announce(session, MORNING, RULES)
    appoint(session, ADMIN)
    later = pass_on(session, SECOND, 22)

    counts = [announce(session, MORNING + timedelta(minutes=n), RULES) for n in (1, 15)]

    assert counts == [0, 3]
    assert told(session)[2:] == [(each, [later.id]) for each in (SUNIL, MALA, ADMIN)]


def test_a_clock_that_was_ahead_silences_nobody(session: Session) -> None:
    """What was announced next year says nothing about today."""
    pass_on(session, FIRST, 11)
    announce(session, MORNING + timedelta(days=365), RULES)
    pass_on(session, SECOND, 22)

    assert announce(session, MORNING, RULES) == 2


def test_officers_sleep_at_night(session: Session) -> None:
    """In the morning they are told."""
    pass_on(session, FIRST, 11)

    assert announce(session, NIGHT, RULES) == 0
    assert announce(session, NIGHT + timedelta(hours=7), RULES) == 2


@pytest.mark.parametrize(
    ("hours", "hour", "is_quiet"),
    [((20, 6), 19, False), ((20, 6), 20, True), ((20, 6), 5, True), ((20, 6), 6, False),
     ((12, 14), 13, True), ((12, 14), 14, False), (None, 0, False)],
)  # fmt: skip
def test_quiet_hours_may_span_midnight(hours: Any, hour: int, is_quiet: bool) -> None:
    """They are those of Sri Lanka; the last one is no longer quiet."""
    now = datetime(2026, 11, 25, hour, tzinfo=UTC) - timedelta(hours=5, minutes=30)

    assert Rules(15, hours).is_quiet(now) is is_quiet


def test_what_was_taken_up_is_not_announced(session: Session) -> None:
    """Nor shown any more by a message that goes out late."""
    group = pass_on(session, FIRST, 11)
    queue.claim(session, SUNIL, group.id)

    assert announce(session, MORNING, RULES) == 0
    assert read_announced(session, [group.id]) == []


def test_a_group_is_told_instead_by_topic(session: Session) -> None:
    """One message a topic; an area without one goes to the main topic."""
    paddy, other = pass_on(session, FIRST, 11), pass_on(session, SECOND, 22)
    paddy.area = "paddy"
    session.flush()

    assert announce(session, MORNING, GROUP) == 2

    assert sorted(told(session)) == [(-100, [paddy.id]), (-100, [other.id])]
    topics = session.scalars(select(OutgoingMessage.topic_id)).all()
    assert set(topics) == {7, None}


def test_a_group_that_became_a_supergroup_is_not_told_more_often(session: Session) -> None:
    """What it was owed went to another chat; the settings still name the old one."""
    pass_on(session, FIRST, 11)
    announce(session, MORNING, GROUP)
    outbox.move_chat(session, -100, -1001)
    pass_on(session, SECOND, 22)

    counts = [announce(session, MORNING + timedelta(minutes=n), GROUP) for n in (1, 15)]

    assert counts == [0, 1]


def test_an_urgent_question_wakes_the_group(session: Session) -> None:
    """At night too; in private every officer was told when it came."""
    question = question_of(session, 11, "වස බිව්වා")
    group = escalate(session, question, "emergency", is_urgent=True)

    assert announce(session, NIGHT, GROUP) == 1
    assert told(session) == [(-100, [group.id])]
    assert announce(session, NIGHT, RULES) == 0


def test_what_is_held_too_long_goes_back_to_the_queue(session: Session) -> None:
    """Who held it is told, and it is announced again."""
    group = pass_on(session, FIRST, 11)
    announce(session, MORNING, RULES)
    queue.claim(session, SUNIL, group.id)

    assert releasing.release_stale(session, group.claimed_at + timedelta(seconds=1)) == 1

    assert (group.state, group.claimed_by) == (EscalationState.OPEN, None)
    ended = select(OutgoingMessage.chat_id).where(OutgoingMessage.kind == "hold_ended")
    assert session.scalars(ended).all() == [SUNIL]
    assert announce(session, MORNING + timedelta(hours=1), RULES) == 2
    assert "govi" in session.scalars(select(AuditEvent.actor)).all()


def test_an_emergency_that_nobody_sees_to_alarms_everyone_again(session: Session) -> None:
    """Held for too long, given back, or answered with no help: nobody need look at the queue."""
    question = question_of(session, 11, "වස බිව්වා")
    group = escalate(session, question, "emergency", is_urgent=True)
    queue.claim(session, SUNIL, group.id)

    releasing.release_stale(session, group.claimed_at + timedelta(seconds=1))
    queue.claim(session, SUNIL, group.id)
    queue.release(session, SUNIL, group.id)
    queue.claim(session, SUNIL, group.id)
    resolving.send_answer(session, SUNIL, group.id, "උත්තරය")
    reopen(session, group.asks[0])

    alarms = select(OutgoingMessage.chat_id).where(OutgoingMessage.kind == "urgent")
    assert session.scalars(alarms.order_by(OutgoingMessage.id)).all() == [SUNIL, MALA] * 4


def test_what_an_officer_works_at_is_not_stale(session: Session) -> None:
    """Asking the farmer counts as work."""
    group = pass_on(session, FIRST, 11)
    queue.claim(session, SUNIL, group.id)
    claimed_at = group.claimed_at
    resolving.ask_detail(session, SUNIL, group.id, "කොහෙද?")

    assert releasing.release_stale(session, claimed_at + timedelta(microseconds=1)) == 0


@pytest.mark.parametrize(("ahead", "is_stale"), [(300 * DAY, 1), (DAY / 24, 0)])
def test_what_a_clock_gone_wrong_had_claimed_is_stale(
    session: Session, ahead: timedelta, is_stale: int
) -> None:
    """It would be in the same hands for a year; a clock that goes a little wrong does no harm."""
    group = pass_on(session, FIRST, 11)
    queue.claim(session, SUNIL, group.id)
    group.claimed_at = utc_now() + ahead

    assert releasing.release_stale(session, utc_now() - DAY) == is_stale
