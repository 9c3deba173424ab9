"""From matches to a decision: a pure function of scores and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

DecisionKind = Literal["answer", "suggest", "fallback"]


@dataclass(frozen=True, slots=True)
class Match:
    """One entry found for a question.

    Attributes:
        key: The entry's key.
        score: Fused score, higher is better, at most 1.
        phrasing: The stored phrasing that matched best, as its author wrote it.
        dense_score: Cosine of the embeddings, in [-1, 1].
        lexical_score: Cosine of the sound n-grams, in [0, 1].
    """

    key: str
    score: float
    phrasing: str
    dense_score: float
    lexical_score: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a score must reach; calibrated on held-out questions and kept in the model's manifest.

    Attributes:
        answer: Answer at or above this score.
        suggest: "Did you mean" from this score up to `answer`.
        margin: Least lead of the best entry over the second for a direct answer.
    """

    answer: float
    suggest: float
    margin: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a question.

    Attributes:
        kind: "answer" with the best match, "suggest" a few, or "fallback" to a person.
        score: The best match's score; 0 without matches.
        margin: Its lead over the second entry; its whole score when there is no second.
    """

    kind: DecisionKind
    score: float
    margin: float


def decide(matches: Sequence[Match], thresholds: Thresholds) -> Decision:
    """Decide from matches of different entries, best first.

    >>> sure = Match("paddy.blast", 0.9, "...", 0.9, 0.9)
    >>> decide([sure], Thresholds(answer=0.8, suggest=0.6, margin=0.05)).kind
    'answer'
    >>> decide([], Thresholds(answer=0.8, suggest=0.6, margin=0.05)).kind
    'fallback'
    """
    score = matches[0].score if matches else 0.0
    margin = score - (matches[1].score if len(matches) > 1 else 0.0)
    kind: DecisionKind = "fallback"
    if matches and score >= thresholds.answer and margin >= thresholds.margin:
        kind = "answer"
    elif matches and score >= thresholds.suggest:
        kind = "suggest"
    return Decision(kind, score, margin)
