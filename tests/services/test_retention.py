"""Keeping nothing longer than the settings say."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Ask,
    Dialogue,
    Escalation,
    EscalationState,
    Farmer,
    Question,
    ReceivedUpdate,
)
from bot.services import dialogues, inbox, outbox
from bot.services.retention import Periods, purge
from tests.services.asking import ask, escalate, farmer, rate
from tests.services.curating import OFFICER, staff

NOW = utc_now()
PERIODS = Periods(own=30, mail=3)


def ago(days: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(days=days)


def texts(session: Session) -> list[str]:
    """The words of every question."""
    session.expire_all()
    return [question.text for question in session.query(Question).order_by(Question.id)]


def test_old_questions_become_nobodys_and_lose_their_words(session: Session) -> None:
    """Younger ones stay as they are."""
    rate(session, ask(session, "පරණ", asked_at=ago(31)), is_helpful=True)
    ask(session, "අලුත්", asked_at=ago(29))

    purged = purge(session, NOW, PERIODS)

    assert purged.questions == 1
    assert texts(session) == ["", "අලුත්"]
    assert session.query(Question.farmer_id).order_by(Question.id).all() == [(None,), (1,)]


def test_the_words_of_who_agreed_stay(session: Session) -> None:
    """They are nobody's all the same."""
    farmer(session).consented_at = ago(100)
    ask(session, "පරණ", asked_at=ago(31))

    purge(session, NOW, PERIODS)

    assert texts(session) == ["පරණ"]
    assert session.query(Question.farmer_id).scalar() is None


def test_a_question_that_waits_for_so_long_waits_no_more(session: Session) -> None:
    """Nobody could be answered any longer."""
    escalate(session, ask(session, "පරණ", asked_at=ago(31)), state=EscalationState.OPEN)

    purge(session, NOW, PERIODS)

    assert session.query(Escalation.state).scalar() is EscalationState.WITHDRAWN
    assert session.query(Ask.withdrawn_at).scalar() is not None


@pytest.mark.parametrize(("days", "are_gone"), [(31, True), (29, False)])
def test_who_stays_away_is_forgotten(session: Session, days: int, are_gone: bool) -> None:
    """With their last question; the team is not."""
    staff(session)
    for person in (11, OFFICER):
        farmer(session, person).last_seen_at = ago(days)
    ask(session, "අන්තිම", asked_at=ago(days))

    purge(session, NOW, PERIODS)

    known = {each.telegram_user_id for each in session.query(Farmer)}
    assert known == ({OFFICER} if are_gone else {11, OFFICER})


def test_the_queues_are_emptied_of_what_is_over(session: Session) -> None:
    """Handled and sent after the days of the mail, failed ones after all others."""
    inbox.store(session, [{"update_id": number, "message": {}} for number in range(4)])
    inbox.finish(session, 0)
    for number in (1, 2):
        inbox.fail(session, number, "broken", None)
    for chat in (7, 8):
        message = outbox.post(session, chat, "reply")
        assert message
        outbox.mark_sent(session, message.id, [1])
    for days in (29, 31):
        message = outbox.post(session, 9, "reply")
        assert message
        outbox.give_up(session, message.id, "broken")
        session.get_one(type(message), message.id, populate_existing=True).finished_at = ago(days)
    finished = session.query(ReceivedUpdate).order_by(ReceivedUpdate.update_id).all()
    finished[0].finished_at, finished[1].finished_at = ago(4), ago(31)
    session.flush()

    purged = purge(session, NOW, PERIODS)

    assert (purged.updates, purged.messages) == (2, 1)
    assert purge(session, NOW + timedelta(days=4), PERIODS).messages == 3


def test_a_dialogue_left_alone_is_deleted(session: Session) -> None:
    """One that goes on is not."""
    for person, hours in ((1, 25), (2, 23)):
        dialogues.enter(session, person, "add", "title", {})
        session.query(Dialogue).filter_by(telegram_user_id=person).update(
            {"updated_at": NOW - timedelta(hours=hours)}
        )

    assert purge(session, NOW, PERIODS).dialogues == 1
    assert session.query(Dialogue.telegram_user_id).all() == [(2,)]


def test_purging_again_changes_nothing(session: Session) -> None:
    """The job may run twice."""
    ask(session, "පරණ", asked_at=ago(31))
    farmer(session).last_seen_at = ago(31)
    assert any(purge(session, NOW, PERIODS))

    assert not any(purge(session, NOW, PERIODS))
