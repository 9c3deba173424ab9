"""Questions, ratings and officers' answers as they stand in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Ask,
    Escalation,
    EscalationState,
    Farmer,
    Feedback,
    Note,
    Question,
    QuestionState,
    Reply,
)
from bot.services.texts import sound_of

_STATES = {
    "answer": QuestionState.ANSWERED,
    "suggest": QuestionState.SUGGESTED,
    "fallback": QuestionState.UNANSWERED,
    "media": QuestionState.UNANSWERED,
}


def farmer(session: Session, telegram_user_id: int = 11) -> Farmer:
    """Store a farmer."""
    found = session.query(Farmer).filter_by(telegram_user_id=telegram_user_id).one_or_none()
    if found is None:
        found = Farmer(telegram_user_id=telegram_user_id)
        session.add(found)
        session.flush()
    return found


def ask(session: Session, text: str, decision: str = "fallback", **fields: Any) -> Question:
    """Store a question."""
    defaults: dict[str, Any] = {
        "farmer": farmer(session),
        "script": "sinhala",
        "state": _STATES[decision],
        "matches": [],
        "folded": sound_of(text),
        "asked_at": utc_now(),
    }
    question = Question(text=text, decision=decision, **(defaults | fields))
    if question.matches:
        nearest = question.matches[0]
        question.nearest_key = nearest["key"]
        question.score = fields.get("score", nearest.get("score"))
    session.add(question)
    session.flush()
    return question


def rate(
    session: Session,
    question: Question,
    is_helpful: bool,
    at: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Store an answer to a question, and a 👍 or 👎 on it."""
    reply = Reply(question=question, kind="answer")
    session.add(reply)
    session.flush()
    session.add(
        Feedback(
            reply_id=reply.id,
            farmer_id=question.farmer_id,
            is_helpful=is_helpful,
            reason=reason,
            given_at=at or utc_now(),
        )
    )
    session.flush()


def escalate(
    session: Session, *questions: Question, state: EscalationState = EscalationState.ANSWERED
) -> Escalation:
    """Store an escalation of questions that joined when they were asked."""
    escalation = Escalation(text=questions[0].text, state=state)
    escalation.asks = [
        Ask(question=question, reason="fallback", joined_at=question.asked_at)
        for question in questions
    ]
    session.add(escalation)
    session.flush()
    return escalation


def answer(
    session: Session, escalation: Escalation, at: datetime, entry_id: int | None = None
) -> None:
    """Store an officer's answer to everyone in an escalation."""
    note = Note(
        escalation=escalation, kind="answer", text="උත්තරය", officer_id=2001,
        written_at=at, entry_id=entry_id,
    )  # fmt: skip
    session.add(note)
    session.flush()
