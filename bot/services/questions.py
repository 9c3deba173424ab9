"""A farmer's question: whose it is, and its next state, which one press of many gives it."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.models import Question, QuestionState
from bot.errors import NotYoursError, StaleButtonError
from bot.services.farmers import Asker, get_farmer

#: Telegram's own accounts: in their names people write to a group as its admin, or as a channel.
NAMELESS = (1087968824, 136817688)
#: Kinds of replies that carry an answer: a stored one, an officer's.
ANSWERS = ("answer", "officer")


def get_own(session: Session, question_id: int, asker: Asker) -> Question:
    """Return a question to who asked it.

    Raises:
        StaleButtonError: There is none of this number.
        NotYoursError: Somebody else asked it.
    """
    question = session.get(Question, question_id)
    if question is None:
        raise StaleButtonError
    refuse_others(session, question, asker)
    return question


def refuse_others(session: Session, question: Question, asker: Asker) -> None:
    """Do nothing for who asked a question; for whoever is where it was asked without a name.

    Who writes without a name presses buttons under their own.

    Raises:
        NotYoursError: Somebody else did.
    """
    if question.farmer_id == get_farmer(session, asker).id:
        return
    is_nameless = question.farmer is not None and question.farmer.telegram_user_id in NAMELESS
    if not is_nameless or question.chat_id != asker.chat_id:
        raise NotYoursError


def move(session: Session, question: Question, before: QuestionState, after: QuestionState) -> bool:
    """Bring a question from one state into another; return whether it was in the first.

    However many try at the same moment, one of them does it.
    """
    moved = session.scalar(
        update(Question)
        .where(Question.id == question.id, Question.state == before)
        .values(state=after)
        .returning(Question.id)
    )
    if moved is None:
        return False
    session.refresh(question)
    return True
