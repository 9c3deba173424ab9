"""A farmer's own questions at the officers: how they stand, and taking them back."""

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bot.db.models import (
    Ask,
    Escalation,
    EscalationState,
    Farmer,
    Question,
    QuestionState,
)
from bot.errors import StaleButtonError
from bot.services.escalating import take_back
from bot.services.farmers import Asker
from bot.services.questions import refuse_others

MINE_COUNT = 10

State = Literal["waiting", "held", "answered", "declined", "withdrawn"]


class MyQuestion(NamedTuple):
    """One question that was passed on; `ask_id` is the number that its farmer knows it by.

    Attributes:
        state: "waiting" in the queue, "held" by an officer, or what became of it.
    """

    ask_id: int
    text: str
    kind: str
    state: State
    asked_at: datetime

    @property
    def can_withdraw(self) -> bool:
        """Whether an answer is still owed."""
        return self.state in ("waiting", "held")


def list_mine(session: Session, asker: Asker) -> list[MyQuestion]:
    """Return a person's latest questions that were passed on, newest first.

    In a group only those asked there: the others are nobody's business.
    """
    mine = (
        select(Ask, Question, Escalation.state)
        .join(Ask.question)
        .join(Question.farmer)
        .join(Ask.escalation)
        .options(selectinload(Question.replies))
        .where(Farmer.telegram_user_id == asker.telegram_user_id)
        .order_by(Ask.id.desc())
        .limit(MINE_COUNT)
    )
    if asker.chat_id != asker.telegram_user_id:
        mine = mine.where(Question.chat_id == asker.chat_id)
    return [
        MyQuestion(ask.id, question.text, question.kind, _state(question, state), question.asked_at)
        for ask, question, state in session.execute(mine)
    ]


def withdraw(session: Session, asker: Asker, ask_id: int) -> bool:
    """Take a question back; return False when it was taken back before. Does not commit.

    Once nobody waits in its escalation any more that is closed, and who holds it is told.

    Raises:
        NotYoursError: Somebody else asked it.
        StaleButtonError: There is no such question, or it was answered meanwhile.
    """
    ask = session.get(Ask, ask_id)
    if ask is None:
        raise StaleButtonError
    refuse_others(session, ask.question, asker)
    if ask.withdrawn_at is not None:
        return False
    if not take_back(session, ask):
        raise StaleButtonError
    return True


def _state(question: Question, state: EscalationState) -> State:
    match question.state:
        case QuestionState.WITHDRAWN:
            return "withdrawn"
        case QuestionState.UNANSWERED:
            return "held" if state is EscalationState.CLAIMED else "waiting"
    # What the others of the escalation were told later is not what this one heard.
    told = [reply.kind for reply in question.replies if reply.kind in ("officer", "declined")]
    is_declined = told[-1] == "declined" if told else state is EscalationState.DECLINED
    return "declined" if is_declined else "answered"
