"""👍 and 👎: what farmers think of an answer; a 👎 brings the question to an officer."""

from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Feedback, Reply
from bot.errors import StaleButtonError
from bot.services import outbox
from bot.services.escalating import escalate, reopen
from bot.services.farmers import Asker
from bot.services.questions import ANSWERS, refuse_others

Reason = Literal["wrong", "unclear", "other"]
#: In the order of their buttons.
REASONS: tuple[Reason, ...] = get_args(Reason)


def rate(
    session: Session,
    reply_id: int,
    asker: Asker,
    is_helpful: bool,
    update_id: int | None = None,
) -> bool:
    """Store a 👍 or 👎; return whether it changed anything, so that pressing twice is harmless.

    A 👎 passes the question on, or opens it again when it was an officer who answered; the farmer
    is owed a message about it. Does not commit.

    Raises:
        NotYoursError: The asker is not the one who got the reply.
        StaleButtonError: There is no such reply, or it is not an answer.
    """
    reply = _own_answer(session, reply_id, asker)
    given = _find_feedback(session, reply)
    if given is not None and given.is_helpful is is_helpful:
        return False
    if given is None:
        given = Feedback(reply_id=reply_id, farmer_id=reply.question.farmer_id)
        session.add(given)
    given.is_helpful, given.reason = is_helpful, None
    session.flush()
    if not is_helpful and _pass_on(session, reply):
        _say_passed_on(session, reply, update_id)
    return True


def give_reason(session: Session, reply_id: int, asker: Asker, reason: Reason) -> bool:
    """Store why an answer was no use; return whether it changed anything.

    Raises:
        NotYoursError: The asker is not the one who got the reply.
        StaleButtonError: There is no such answer, or it has no 👎.
    """
    reply = _own_answer(session, reply_id, asker)
    given = _find_feedback(session, reply)
    if given is None or given.is_helpful:
        raise StaleButtonError
    if given.reason == reason:
        return False
    given.reason = reason
    ask = session.scalar(select(Ask).where(Ask.question_id == reply.question_id))
    if ask is not None:
        ask.reason = reason
    return True


def _own_answer(session: Session, reply_id: int, asker: Asker) -> Reply:
    reply = session.get(Reply, reply_id)
    if reply is None or reply.kind not in ANSWERS:
        raise StaleButtonError
    refuse_others(session, reply.question, asker)
    return reply


def _find_feedback(session: Session, reply: Reply) -> Feedback | None:
    return session.scalar(
        select(Feedback).where(
            Feedback.reply_id == reply.id, Feedback.farmer_id == reply.question.farmer_id
        )
    )


def _pass_on(session: Session, reply: Reply) -> bool:
    """Bring the question to an officer; return False when it is on its way already."""
    question = reply.question
    if question.ask is not None:
        return reopen(session, question.ask)
    escalate(session, question, "other")
    return True


def _say_passed_on(session: Session, rated: Reply, update_id: int | None) -> None:
    reply = Reply(question=rated.question, kind="passed_on", update_id=update_id)
    session.add(reply)
    session.flush()
    outbox.post_reply(session, reply, "passed_on", {"rated_reply_id": rated.id})
