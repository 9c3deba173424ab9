"""From farmers to officers: what Govi cannot answer, grouped with open questions like it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Entry, Escalation, EscalationState, Question, QuestionState
from bot.services.grouping import Asked, are_alike, asked

#: Open escalations that a new question is compared with, newest first.
_MOST_COMPARED = 1_000


def escalate(
    session: Session, question: Question, reason: str, *, is_urgent: bool = False
) -> Escalation:
    """Pass a question on to the officers, together with those open ones that ask the same.

    Does not commit. A question that was passed on before stays where it is.

    Args:
        session: The transaction.
        question: A farmer's.
        reason: "fallback", "none_fits", "wrong", "unclear", "other", "media" or "emergency".
        is_urgent: Whether officers are to see it before all others.
    """
    session.flush()
    known = session.scalar(select(Ask).where(Ask.question_id == question.id))
    if known is not None:
        return known.escalation
    group = _find_like(session, question) or _open(session, question)
    group.is_urgent = group.is_urgent or is_urgent
    session.add(Ask(escalation_id=group.id, question=question, reason=reason))
    question.state = QuestionState.UNANSWERED
    session.flush()
    session.expire(group, ["asks"])
    return group


def _open(session: Session, question: Question) -> Escalation:
    nearest = question.matches[0]["key"] if question.matches else None
    area = session.scalar(select(Entry.area).where(Entry.key == nearest)) if nearest else None
    group = Escalation(text=question.text, area=area)
    session.add(group)
    session.flush()
    return group


def _find_like(session: Session, question: Question) -> Escalation | None:
    """Return the open escalation whose first asker asked the same, the newest of several."""
    if question.kind != "text":
        return None
    mine = asked(question.text, question.matches)
    rows = session.execute(
        select(Escalation, Question.text, Question.matches)
        .join(Escalation.asks)
        .join(Ask.question)
        .where(
            Escalation.state.in_([EscalationState.OPEN, EscalationState.CLAIMED]),
            Ask.withdrawn_at.is_(None),
            Question.kind == "text",
        )
        .order_by(Escalation.id.desc(), Ask.id)
        .limit(_MOST_COMPARED)
    )
    firsts: dict[int, tuple[Escalation, Asked]] = {}
    for group, text, matches in rows:
        if group.id not in firsts:
            firsts[group.id] = (group, asked(text, matches))
    return next((group for group, first in firsts.values() if are_alike(mine, first)), None)
