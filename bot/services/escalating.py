"""From farmers to officers: what Govi cannot answer, grouped with open questions like it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Ask,
    Entry,
    Escalation,
    EscalationState,
    Note,
    Question,
    QuestionState,
)
from bot.services import holds
from bot.services.grouping import find_most_alike, list_near, traits_of
from bot.services.media import take_along
from bot.services.notices import tell_officer, tell_urgent
from bot.services.questions import move


def escalate(
    session: Session, question: Question, reason: str, *, is_urgent: bool = False
) -> Escalation:
    """Pass a question on to the officers, together with those open ones that ask the same.

    Does not commit. A question that was passed on before stays where it is. An urgent one is told
    to every officer at once, and is grouped with nothing but what the same farmer calls urgent; who
    sees to that already reads the new words.

    Args:
        session: The transaction.
        question: A farmer's.
        reason: "fallback", "none_fits", "wrong", "unclear", "other", "media" or "emergency".
        is_urgent: Whether officers are to see it before all others.
    """
    session.flush()
    if question.ask is not None:
        return question.ask.escalation
    find = _find_own_urgent if is_urgent else _find_like
    group = find(session, question) or _open(session, question)
    if is_urgent and not group.is_urgent:
        group.is_urgent = True
        tell_urgent(session, group)
    question.ask = Ask(escalation_id=group.id, reason=reason)
    question.state = QuestionState.UNANSWERED
    session.flush()
    session.expire(group, ["asks"])
    if is_urgent:
        _tell_holder(session, question.ask)
    return group


def take_back(session: Session, ask: Ask) -> bool:
    """Owe an ask no answer any more, as its farmer wishes; return False when it got one already.

    Does not commit. An escalation in which nobody waits any more is closed, and who holds it told.
    """
    if not move(session, ask.question, QuestionState.UNANSWERED, QuestionState.WITHDRAWN):
        return False
    ask.withdrawn_at = utc_now()
    session.flush()
    group = ask.escalation
    if holds.list_waiting(session, group):
        holds.retitle(session, group)
    else:
        _close_empty(session, group)
    return True


def reopen(session: Session, ask: Ask) -> bool:
    """Owe an answer again to one whom an officer's answer did not help; does not commit.

    The others of the escalation, who are content, will not hear the next answer.

    Returns:
        Whether anything changed: False for one who waits already or took the question back.
    """
    if not move(session, ask.question, QuestionState.RESOLVED, QuestionState.UNANSWERED):
        return False
    group = ask.escalation
    if group.state not in holds.OPEN:
        answered_by = group.closed_by
        group.state, group.announced_at = EscalationState.OPEN, None
        group.closed_by = group.closed_at = None
        if answered_by is not None:
            tell_officer(session, answered_by, "reopened", group)
        if group.is_urgent:
            tell_urgent(session, group)
    session.flush()
    return True


def replace_edited(session: Session, question: Question) -> None:
    """Take back what a farmer had asked in a message that they have changed to this question.

    Once the new one is passed on. If it is much like the old one it takes its place in the same
    escalation, and who holds that hears of it. What came with the old one goes over to it.
    """
    earlier = session.scalars(
        select(Question).where(
            Question.chat_id == question.chat_id,
            Question.message_id == question.message_id,
            Question.id != question.id,
        )
    ).all()
    take_along(session, earlier, question)
    new = question.ask
    asks = [each.ask for each in earlier if each.ask and each.ask.withdrawn_at is None]
    for ask in asks:
        if not take_back(session, ask) or new is None or new.escalation.is_urgent:
            continue
        if new.escalation_id == ask.escalation_id:
            _tell_holder(session, new)


def _tell_holder(session: Session, ask: Ask) -> None:
    """Add a question's words to what was said in its escalation, if an officer works at that."""
    group = ask.escalation
    if group.claimed_by is None:
        return
    note = Note(escalation_id=group.id, ask_id=ask.id, kind="detail", text=ask.question.text)
    session.add(note)
    session.flush()
    tell_officer(session, group.claimed_by, "new_detail", group, note)


def _close_empty(session: Session, group: Escalation) -> None:
    """Close what nobody waits for; it stays answered when others had their answer before."""
    content = select(Ask.id).join(Ask.question).where(
        Ask.escalation_id == group.id, Question.state == QuestionState.RESOLVED
    )  # fmt: skip
    was_answered = session.scalar(content.limit(1)) is not None
    holder = group.claimed_by
    group.state = EscalationState.ANSWERED if was_answered else EscalationState.WITHDRAWN
    group.claimed_by = group.claimed_at = None
    group.closed_at = utc_now()
    session.flush()
    if holder is not None:
        tell_officer(session, holder, "all_withdrawn", group)


def _open(session: Session, question: Question) -> Escalation:
    group = Escalation(text=question.text, area=area_of(session, question))
    session.add(group)
    session.flush()
    return group


def area_of(session: Session, question: Question) -> str | None:
    """Guess a question's area: that of the entry that came nearest to it."""
    if not question.matches:
        return None
    return session.scalar(select(Entry.area).where(Entry.key == question.matches[0]["key"]))


def _find_own_urgent(session: Session, question: Question) -> Escalation | None:
    """Return the farmer's own urgent escalation that officers were told of and have not closed.

    One of the same chat: everyone who is an admin of a group namelessly is one person to bots.
    """
    return session.scalar(
        select(Escalation)
        .join(Escalation.asks)
        .join(Ask.question)
        .where(
            Escalation.state.in_(holds.OPEN),
            Escalation.is_urgent,
            Question.farmer_id == question.farmer_id,
            Question.chat_id == question.chat_id,
            Ask.withdrawn_at.is_(None),
        )
        .order_by(Escalation.id.desc())
        .limit(1)
    )


def _find_like(session: Session, question: Question) -> Escalation | None:
    """Return the open escalation that is most like a question, if any is; it stays open."""
    if question.kind != "text":
        return None
    group_id = find_most_alike(traits_of(question), list_near(session, question))
    if group_id is None:
        return None
    group = session.get_one(Escalation, group_id, populate_existing=True)
    return group if group.state in holds.OPEN else None
