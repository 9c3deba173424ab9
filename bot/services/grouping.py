"""Which open escalation a new question belongs to, if any."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Escalation, Question
from bot.services import holds
from retrieval import Match
from retrieval.likeness import ALIKE, Traits, are_near, likeness

#: Open escalations that a new question is compared with, newest first.
_MOST_COMPARED = 2_000

#: Likeness from which an officer is asked whether two escalations are one.
LIKELY = 0.5

Group = TypeVar("Group")


class _Head(NamedTuple):
    """The first question of an open escalation, as far as its vector tells."""

    escalation_id: int
    question_id: int
    vector: bytes | None
    model_id: str | None


def traits_of(question: Question) -> Traits:
    """Return what is compared of a stored question; nothing is searched or embedded anew."""
    matches = [Match(**match) for match in question.matches]
    return Traits.of(question.text, matches, question.vector, question.model_id)


def find_most_alike(
    traits: Traits, groups: Iterable[tuple[Group, Traits]], threshold: float = ALIKE
) -> Group | None:
    """Return the group whose first question is most alike, if any is alike enough."""
    scored = [(likeness(traits, first), group) for group, first in groups]
    best = max(scored, key=lambda each: each[0], default=None)
    return best[1] if best is not None and best[0] >= threshold else None


def rank_alike(session: Session, question: Question, limit: int) -> list[int]:
    """Return open escalations that look like a question, most alike first; its own among them."""
    traits = traits_of(question)
    scored = [(likeness(traits, first), number) for number, first in list_near(session, question)]
    likely = sorted(((score, number) for score, number in scored if score >= LIKELY), reverse=True)
    return [number for _, number in likely[:limit]]


def list_near(session: Session, question: Question) -> list[tuple[int, Traits]]:
    """Return the open escalations that may be alike, newest first, with their first question.

    The vectors tell most of a long queue apart; only of what they leave is more than that read.
    """
    heads = _list_heads(session)
    near = _without_far(question, heads)
    first = {head.question_id: head.escalation_id for head in near}
    rows = session.scalars(
        select(Question).where(Question.id.in_(first)).order_by(Question.id.desc())
    )
    return [(first[row.id], traits_of(row)) for row in rows]


def _list_heads(session: Session) -> list[_Head]:
    """Return the first question of each open escalation that others may join."""
    first = (
        select(func.min(Ask.id))
        .join(Ask.question)
        .join(Ask.escalation)
        .where(
            Escalation.state.in_(holds.OPEN),
            Escalation.is_urgent.is_(False),
            Ask.withdrawn_at.is_(None),
            Question.kind == "text",
        )
        .group_by(Ask.escalation_id)
    )
    rows = session.execute(
        select(Ask.escalation_id, Ask.question_id, Question.vector, Question.model_id)
        .join(Ask.question)
        .where(Ask.id.in_(first))
        .order_by(Ask.escalation_id.desc())
        .limit(_MOST_COMPARED)
    )
    return [_Head(*row) for row in rows]


def _without_far(question: Question, heads: list[_Head]) -> list[_Head]:
    """Leave out those whose vector is too far away for anything else to make up for it."""
    size = len(question.vector or b"")
    vectors = {
        head.question_id: head.vector
        for head in heads
        if head.vector and head.model_id == question.model_id and len(head.vector) == size
    }
    is_near = are_near(question.vector or b"", list(vectors.values()))
    far = {number for number, near in zip(vectors, is_near, strict=True) if not near}
    return [head for head in heads if head.question_id not in far]
