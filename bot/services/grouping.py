"""Which open escalation a new question belongs to, if any."""

from collections.abc import Iterable
from typing import TypeVar

from bot.db.models import Question
from retrieval import Match
from retrieval.likeness import ALIKE, Traits, likeness

Group = TypeVar("Group")


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
