"""Questions on their way to the officers."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Escalation,
    EscalationState,
    Lane,
    Note,
    OutgoingMessage,
    QuestionState,
    Role,
)
from bot.services import queue
from bot.services.escalating import escalate, replace_edited, take_back
from bot.services.regrouping import merge
from tests.services.loop import ADMIN, SUNIL, appoint, pass_on, question_of

HOPPERS = "දුඹුරු පැළ කීඩෑවා ආවා"


def test_a_question_opens_an_escalation(session: Session) -> None:
    """It waits in the queue with the asker's words, and why it came."""
    question = question_of(session, 11, HOPPERS, state=QuestionState.ANSWERED)

    group = escalate(session, question, "wrong")

    assert (group.text, group.state) == (HOPPERS, EscalationState.OPEN)
    assert [(ask.question, ask.reason) for ask in group.asks] == [(question, "wrong")]
    assert question.state is QuestionState.UNANSWERED


def test_the_same_question_is_passed_on_once(session: Session) -> None:
    """A second reason changes nothing."""
    question = question_of(session, 11, HOPPERS)

    groups = {escalate(session, question, reason).id for reason in ("fallback", "other")}

    assert len(groups) == 1
    assert len(session.query(Ask).all()) == 1


@pytest.mark.parametrize("text", [HOPPERS, "Dumburu pela kidewa awa"])
def test_who_asks_the_same_joins(session: Session, text: str) -> None:
    """From the first repeat, in another script too."""
    first = pass_on(session, HOPPERS, 11)

    second = pass_on(session, text, 22)

    assert second.id == first.id
    assert [ask.question.text for ask in second.asks] == [HOPPERS, text]


def test_who_asks_something_else_does_not_join(session: Session) -> None:
    """Another subject is another escalation."""
    first = pass_on(session, HOPPERS, 11)

    assert pass_on(session, "පොහොර සහනාධාරය එන්නේ කවදද", 22).id != first.id


def test_nobody_joins_what_is_closed(session: Session) -> None:
    """An answer of last month reached its askers; a new asker needs one."""
    first = pass_on(session, HOPPERS, 11)
    first.state = EscalationState.ANSWERED

    assert pass_on(session, HOPPERS, 22).id != first.id


@pytest.mark.parametrize(("text", "kind"), [("", "photo"), (HOPPERS, "text"), (HOPPERS, "photo")])
def test_pictures_are_like_nothing(session: Session, text: str, kind: str) -> None:
    """Whatever words they came with, they may show anything."""
    pass_on(session, text, 11, kind=kind)
    pass_on(session, text, 22, kind="photo")

    assert len(session.query(Escalation).all()) == 2


def test_what_is_urgent_is_grouped_with_nothing_else(session: Session) -> None:
    """Two people bitten by snakes are two emergencies, however alike their words."""
    pass_on(session, HOPPERS, 11)
    group = escalate(session, question_of(session, 22, HOPPERS), "emergency", is_urgent=True)
    pass_on(session, HOPPERS, 33)

    assert group.is_urgent
    assert len(group.asks) == 1


def test_a_farmer_who_calls_again_stays_one_emergency(session: Session) -> None:
    """Officers are not told twice of the same person."""
    appoint(session, SUNIL)

    groups = {
        escalate(session, question_of(session, 11, text), "emergency", is_urgent=True).id
        for text in (HOPPERS, "ඉක්මන් කරන්න")
    }

    assert len(groups) == 1
    assert session.query(OutgoingMessage).count() == 1


@pytest.mark.parametrize("is_answered", [True, False])
def test_who_calls_again_when_it_was_over_is_a_new_emergency(
    session: Session, is_answered: bool
) -> None:
    """After an answer, or after taking back what goes on for somebody else alone."""
    appoint(session, SUNIL)
    first, others = (
        escalate(session, question_of(session, farmer, HOPPERS), "emergency", is_urgent=True)
        for farmer in (11, 22)
    )
    merge(session, SUNIL, others.id, first.id)
    if is_answered:
        first.state = EscalationState.ANSWERED
    else:
        take_back(session, first.asks[0])

    again = escalate(session, question_of(session, 11, HOPPERS), "emergency", is_urgent=True)

    assert again.id not in (first.id, others.id)


def test_who_sees_to_an_emergency_hears_what_is_called_next(session: Session) -> None:
    """The others are not alarmed again; it is in good hands."""
    for officer in (SUNIL, ADMIN):
        appoint(session, officer)
    group = escalate(session, question_of(session, 11, HOPPERS), "emergency", is_urgent=True)
    queue.claim(session, SUNIL, group.id)

    again = question_of(session, 11, "දැන් සිහිය නෑ")
    escalate(session, again, "emergency", is_urgent=True)

    told = session.query(OutgoingMessage).order_by(OutgoingMessage.id).all()
    assert [(each.chat_id, each.kind) for each in told[2:]] == [(SUNIL, "new_detail")]
    assert session.scalars(select(Note.text)).all() == [again.text]


def test_two_groups_calls_for_help_are_two_emergencies(session: Session) -> None:
    """To a bot all admins who stay nameless in their groups are one person."""
    appoint(session, SUNIL)

    for chat in (-1001, -1002):
        question = question_of(session, 1_087_968_824, HOPPERS, chat_id=chat)
        escalate(session, question, "emergency", is_urgent=True)

    assert session.query(OutgoingMessage).count() == 2


def test_urgent_questions_are_told_to_every_officer_at_once(session: Session) -> None:
    """Before anything else that they are owed; one message an emergency."""
    appoint(session, SUNIL)
    appoint(session, ADMIN, Role.ADMIN)
    for farmer in (11, 22):
        escalate(session, question_of(session, farmer, HOPPERS), "emergency", is_urgent=True)

    owed = session.query(OutgoingMessage).all()

    assert {(message.chat_id, message.kind, message.lane) for message in owed} == {
        (SUNIL, "urgent", Lane.URGENT),
        (ADMIN, "urgent", Lane.URGENT),
    }
    assert len(owed) == 4


def test_a_changed_message_takes_back_what_it_asked_before(session: Session) -> None:
    """The officers see what the farmer means now."""
    before = pass_on(session, HOPPERS, 11, message_id=5)
    after = question_of(session, 11, "පොහොර සහනාධාරය එන්නේ කවදද", message_id=5, is_edit=True)

    replace_edited(session, after)

    assert before.state is EscalationState.WITHDRAWN
    assert before.asks[0].question.state is QuestionState.WITHDRAWN


def test_a_changed_message_of_another_chat_takes_nothing_back(session: Session) -> None:
    """Telegram counts the messages of each chat; number 5 is in all of them."""
    before = pass_on(session, HOPPERS, 11, message_id=5)

    replace_edited(session, question_of(session, 11, "?", message_id=5, chat_id=-7, is_edit=True))

    assert before.state is EscalationState.OPEN


def test_a_mended_message_keeps_its_place_with_the_officer(session: Session) -> None:
    """Who is about to answer it is not told that it was taken back, but what it says now."""
    appoint(session, SUNIL)
    group = pass_on(session, HOPPERS, 11, message_id=5)
    queue.claim(session, SUNIL, group.id)
    after = question_of(session, 11, HOPPERS + "?", message_id=5, is_edit=True)

    escalate(session, after, "fallback")
    replace_edited(session, after)

    assert (group.state, group.claimed_by, group.text) == (
        EscalationState.CLAIMED,
        SUNIL,
        after.text,
    )
    assert session.scalars(select(OutgoingMessage.kind)).all() == ["new_detail"]
    assert session.scalars(select(Note.text)).all() == [after.text]
