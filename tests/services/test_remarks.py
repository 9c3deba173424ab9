"""Messages that need no search are recorded and replied to."""

from sqlalchemy.orm import Session

from bot.db.models import Escalation, EscalationState, OutgoingMessage, Question, QuestionState
from bot.services import outbox, queue
from bot.services.answering import Incoming
from bot.services.farmers import Asker
from bot.services.remarks import (
    EMERGENCY,
    SMALLTALK,
    Remark,
    record_remark,
    record_terminal_remark,
)
from tests.services.loop import SUNIL, appoint, pass_on

NIMAL = Asker(11, 11)
THANKS = Remark(SMALLTALK, "thanks", "ta")
POISONED = Remark(EMERGENCY, "poisoning")


def test_a_remark_is_stored_closed_with_a_reply_owed(session: Session) -> None:
    """Under the message, in its topic, and with what its text is chosen by."""
    outcome = record_remark(session, Incoming(NIMAL, "நன்றி", 1, 5, topic_id=3), THANKS)

    question = session.get_one(Question, outcome.question_id)
    assert (question.decision, question.state) == ("smalltalk", QuestionState.CLOSED)
    assert (question.text, question.script, question.topic_id) == ("நன்றி", "tamil", 3)
    [owed] = outbox.lease(session, 10, 60)
    assert Remark(**owed.data) == THANKS
    assert (owed.kind, owed.under_message_id, owed.topic_id) == ("remark", 5, 3)


def test_an_update_that_comes_again_has_no_second_effect(session: Session) -> None:
    """Telegram may deliver it twice."""
    first = record_remark(session, Incoming(NIMAL, "thanks", 1, 5), THANKS)

    again = record_remark(session, Incoming(NIMAL, "thanks", 1, 5), THANKS)

    assert again == first
    assert session.query(Question).count() == 1
    assert len(outbox.lease(session, 10, 60)) == 1


def test_a_call_for_help_that_is_mended_stays_one_emergency(session: Session) -> None:
    """Nobody is alarmed twice; who sees to it goes on, and reads the mended words."""
    appoint(session, SUNIL)
    record_remark(session, Incoming(NIMAL, "wasa biwa", 1, 5), POISONED)
    queue.claim(session, SUNIL, 1)

    record_remark(session, Incoming(NIMAL, "wasa bivva", 2, 5, is_edit=True), POISONED)

    group = session.query(Escalation).one()
    assert (group.state, group.text) == (EscalationState.CLAIMED, "wasa bivva")
    told = session.query(OutgoingMessage.kind).filter_by(chat_id=SUNIL)
    assert [kind for (kind,) in told] == ["urgent", "new_detail"]


def test_a_question_that_became_a_remark_is_taken_back(session: Session) -> None:
    """Officers are not kept busy with words that stand nowhere any more."""
    group = pass_on(session, "දුඹුරු පැළ කීඩෑවා ආවා", 11, message_id=5)

    record_remark(session, Incoming(NIMAL, "thanks", 2, 5, is_edit=True), THANKS)

    assert group.state is EscalationState.WITHDRAWN


def test_a_remark_in_the_terminal_is_stored_and_owes_nothing(session: Session) -> None:
    """It was said already."""
    record_terminal_remark(session, "thanks", THANKS)

    question = session.query(Question).one()
    assert (question.channel, question.decision) == ("terminal", "smalltalk")
    assert outbox.lease(session, 10, 60) == []
