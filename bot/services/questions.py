"""A farmer's question: whose it is, and its next state, which one press of many gives it."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.models import Question, QuestionState
from bot.errors import NotYoursError, StaleButtonError
from bot.services.farmers import Asker, get_farmer

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
    """Do nothing for who asked a question.

    Raises:
        NotYoursError: Somebody else did.
    """
    if question.farmer_id != get_farmer(session, asker).id:
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
