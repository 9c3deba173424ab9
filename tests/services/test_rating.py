"""👍 and 👎, and what a 👎 leads to."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Ask,
    Escalation,
    EscalationState,
    Feedback,
    OutgoingMessage,
    Question,
    QuestionState,
    Reply,
)
from bot.errors import NotYoursError, StaleButtonError
from bot.services import queue, resolving
from bot.services.farmers import Asker
from bot.services.my_questions import withdraw
from bot.services.rating import give_reason, rate
from tests.services.loop import SUNIL, appoint, pass_on, question_of

NIMAL, KAMALA = Asker(11, 11), Asker(22, 22)
HOPPERS = "දුඹුරු පැළ කීඩෑවා ආවා"


def answered(session: Session, kind: str = "answer") -> Reply:
    """Nimal's question with a reply."""
    question = question_of(session, 11, HOPPERS, decision="answer")
    reply = Reply(question=question, kind=kind)
    session.add(reply)
    session.flush()
    return reply


def answered_by_officer(session: Session, *farmers: int) -> tuple[Escalation, list[Reply]]:
    """An escalation that Sunil has answered, and the reply to each asker."""
    appoint(session, SUNIL)
    group = pass_on(session, HOPPERS, *farmers)
    queue.claim(session, SUNIL, group.id)
    resolving.send_answer(session, SUNIL, group.id, "උත්තරය")
    replies = session.scalars(select(Reply).where(Reply.kind == "officer").order_by(Reply.id))
    return group, list(replies)


def chats_owed(session: Session, kind: str) -> list[int]:
    """Who is owed a message of a kind."""
    owed = select(OutgoingMessage.chat_id).where(OutgoingMessage.kind == kind)
    return list(session.scalars(owed.order_by(OutgoingMessage.id)))


@pytest.mark.parametrize(("presses", "stored"), [([True], True), ([True, False], False)])
def test_the_last_rating_counts(session: Session, presses: list[bool], stored: bool) -> None:
    """A farmer may change their mind; one row stays."""
    reply = answered(session)
    for press in presses:
        assert rate(session, reply.id, NIMAL, press)

    assert session.scalars(select(Feedback.is_helpful)).all() == [stored]


def test_rating_the_same_twice_changes_nothing(session: Session) -> None:
    """A repeated press is told apart from a change, and passes nothing on twice."""
    reply = answered(session)
    rate(session, reply.id, NIMAL, False)

    assert not rate(session, reply.id, NIMAL, False)

    assert len(session.scalars(select(Ask)).all()) == 1
    assert chats_owed(session, "passed_on") == [11]


def test_another_farmers_answer_cannot_be_rated(session: Session) -> None:
    """Feedback belongs to the one who got the reply."""
    with pytest.raises(NotYoursError):
        rate(session, answered(session).id, KAMALA, False)


def test_a_fallback_cannot_be_rated(session: Session) -> None:
    """There is no answer in it to be helpful."""
    with pytest.raises(StaleButtonError):
        rate(session, answered(session, "fallback").id, NIMAL, True)


def test_a_thumb_down_passes_the_question_on(session: Session) -> None:
    """It waits for an officer, and the farmer is told so."""
    reply = answered(session)

    rate(session, reply.id, NIMAL, False, update_id=9)

    ask = session.scalars(select(Ask)).one()
    assert (ask.question_id, ask.reason) == (reply.question_id, "other")
    assert reply.question.state is QuestionState.UNANSWERED
    assert chats_owed(session, "passed_on") == [11]


def test_a_thumb_up_passes_nothing_on(session: Session) -> None:
    """All is well."""
    rate(session, answered(session).id, NIMAL, True)

    assert session.scalars(select(Ask)).all() == []


def test_the_reason_is_told_to_the_officers(session: Session) -> None:
    """It stands with the rating and with the asker; the last one counts."""
    reply = answered(session)
    rate(session, reply.id, NIMAL, False)

    changes = [give_reason(session, reply.id, NIMAL, each) for each in ("wrong", "wrong")]

    assert changes == [True, False]
    assert session.scalars(select(Feedback.reason)).one() == "wrong"
    assert session.scalars(select(Ask.reason)).one() == "wrong"


@pytest.mark.parametrize("presses", [[], [True], [False, True]])
def test_there_is_no_reason_without_a_thumb_down(session: Session, presses: list[bool]) -> None:
    """A button from before the farmer's change of mind is out of date, as is a forged one."""
    reply = answered(session)
    for press in presses:
        rate(session, reply.id, NIMAL, press)

    with pytest.raises(StaleButtonError):
        give_reason(session, reply.id, NIMAL, "wrong")


def test_a_change_of_mind_takes_the_reason_back(session: Session) -> None:
    """It was the reason of a 👎."""
    reply = answered(session)
    rate(session, reply.id, NIMAL, False)
    give_reason(session, reply.id, NIMAL, "wrong")

    rate(session, reply.id, NIMAL, True)

    assert session.scalars(select(Feedback.reason)).one() is None


def test_a_thumb_down_opens_an_officers_answer_again(session: Session) -> None:
    """For the one who pressed it; the others are content. Who answered is told, then everyone."""
    group, replies = answered_by_officer(session, 11, 22)
    group.announced_at = utc_now()

    rate(session, replies[0].id, NIMAL, False)

    assert (group.state, group.announced_at) == (EscalationState.OPEN, None)
    states = session.scalars(select(Question.state).order_by(Question.id)).all()
    assert states == [QuestionState.UNANSWERED, QuestionState.RESOLVED]
    assert chats_owed(session, "reopened") == [SUNIL]


def test_the_next_answer_goes_to_who_was_not_content(session: Session) -> None:
    """Nobody hears twice who needs it once."""
    group, replies = answered_by_officer(session, 11, 22)
    rate(session, replies[0].id, NIMAL, False)
    queue.claim(session, SUNIL, group.id)

    assert resolving.send_answer(session, SUNIL, group.id, "අලුත් උත්තරය") == 1

    assert chats_owed(session, "officer_answer") == [11, 22, 11]
    assert group.state is EscalationState.ANSWERED


def test_several_thumbs_down_reopen_once(session: Session) -> None:
    """The officer is told once; both wait again."""
    _, replies = answered_by_officer(session, 11, 22)
    rate(session, replies[0].id, NIMAL, False)
    rate(session, replies[1].id, KAMALA, False)

    assert queue.list_queue(session, SUNIL).lines[0].asker_count == 2
    assert chats_owed(session, "reopened") == [SUNIL]


def test_a_reopened_question_taken_back_leaves_the_answer_standing(session: Session) -> None:
    """The others were answered, and stay so."""
    group, replies = answered_by_officer(session, 11, 22)
    rate(session, replies[0].id, NIMAL, False)

    withdraw(session, NIMAL, group.asks[0].id)

    assert group.state is EscalationState.ANSWERED
