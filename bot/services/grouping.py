"""Whether two open questions ask the same: a pure function of their words and their matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.phonetic import fold


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared of a question: its sound, and what the retriever found for it.

    Attributes:
        folded: Its words as they sound; the same in every script.
        matches: The retriever's, as they were stored with the question.
    """

    folded: str
    matches: Sequence[Mapping[str, Any]]


def asked(text: str, matches: Sequence[Mapping[str, Any]]) -> Asked:
    """Prepare a question for comparing."""
    return Asked(fold(text), matches)


def are_alike(first: Asked, second: Asked) -> bool:
    """Whether an answer to one is an answer to the other."""
    return bool(first.folded) and first.folded == second.folded
