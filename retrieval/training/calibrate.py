"""Choosing the fusion weight and the thresholds that ship with a model, on the dev questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retrieval.decision import Thresholds, decide
from retrieval.errors import RetrievalError
from retrieval.ranking import Fusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retrieval.decision import Match
    from retrieval.evaluation import EvalCase
    from retrieval.ranking import Candidates
    from retrieval.retriever import Retriever

WEIGHTS = tuple(step / 20 for step in range(4, 20))
LENGTHS = tuple(step / 10 for step in range(10))
SUGGESTED = 3
#: Share of the dev questions by which a weight may rank worse than the best one.
ABOUT_AS_WELL = 0.005
_ANY = Thresholds(answer=0.0, suggest=0.0, margin=0.0)


class CalibrationError(RetrievalError):
    """No thresholds reach what is asked of them on these questions."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a direct answer must live up to, as shares on the dev questions.

    Stricter than what is promised, since questions never seen fare a little worse.

    Attributes:
        precision: Of the direct answers, at least this share is right.
        refused: Of the questions without an entry, at least this share gets no direct answer, by
            group; a group that is not named need not refuse any.
        suggested: Of the answerable questions whose entry is among the first three, this share
            is suggested at least.
    """

    precision: float = 0.985
    refused: tuple[tuple[str, float], ...] = (("near", 0.95), ("far", 0.99))
    suggested: float = 0.99


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was chosen, and the share of answerable dev questions answered directly and rightly."""

    fusion: Fusion
    thresholds: Thresholds
    answered_rightly: float


@dataclass(frozen=True, slots=True)
class _Scores:
    """One row a question: best score, lead, and what was right."""

    score: NDArray[np.float64]
    margin: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    is_among_first: NDArray[np.bool_]
    group: NDArray[np.str_]
    is_askable: NDArray[np.bool_]


def calibrate(
    retriever: Retriever, cases: Sequence[EvalCase], demands: Demands | None = None
) -> Calibration:
    """Choose how scores are made, then the most generous thresholds allowed.

    Of the weights that rank about as well as the best, with every `length`, the fusion is taken
    whose scores tell right from wrong best: with which most questions are answered directly and
    rightly.

    Raises:
        CalibrationError: No threshold meets the demands; the model or the questions are at fault.
    """
    demands = demands or Demands()
    found = retriever.find([case.question for case in cases])
    right = {weight: _count_right(cases, _rank(found, Fusion(weight))) for weight in WEIGHTS}
    allowed = max(right.values()) - ABOUT_AS_WELL * sum(case.key is not None for case in cases)
    chosen = [
        Calibration(fusion, *best)
        for fusion in (Fusion(weight, length) for weight in WEIGHTS for length in LENGTHS)
        if right[fusion.dense_weight] >= allowed
        if (best := _best_thresholds(_score(cases, _rank(found, fusion)), demands)) is not None
    ]
    if not chosen:
        refused = ", ".join(f"{share:.0%} of group {name!r}" for name, share in demands.refused)
        raise CalibrationError(
            f"no thresholds answer with precision {demands.precision:.1%} and refuse {refused} of "
            "the questions without an entry; see whether the dev questions have their right keys"
        )
    return max(
        chosen, key=lambda each: (each.answered_rightly, -abs(each.fusion.dense_weight - 0.5))
    )


def _rank(found: Sequence[Candidates], fusion: Fusion) -> list[tuple[Match, ...]]:
    return [matches for step in found for matches in step.rank(fusion)]


def _count_right(cases: Sequence[EvalCase], ranked: Sequence[Sequence[Match]]) -> int:
    return sum(
        case.key == matches[0].key for case, matches in zip(cases, ranked, strict=True) if matches
    )


def _score(cases: Sequence[EvalCase], ranked: Sequence[Sequence[Match]]) -> _Scores:
    keys = [[match.key for match in matches] for matches in ranked]
    decisions = [decide(matches, _ANY) for matches in ranked]
    return _Scores(
        score=np.array([decision.score for decision in decisions]),
        margin=np.array([decision.margin for decision in decisions]),
        is_right=np.array([c.key in k[:1] for c, k in zip(cases, keys, strict=True)]),
        is_among_first=np.array([c.key in k[:SUGGESTED] for c, k in zip(cases, keys, strict=True)]),
        group=np.array([case.group for case in cases]),
        is_askable=np.array([case.key is not None for case in cases]),
    )


def _best_thresholds(scores: _Scores, demands: Demands) -> tuple[Thresholds, float] | None:
    best: tuple[int, float, float] | None = None
    for margin in np.arange(0.0, 0.2001, 0.005):
        for answer in np.quantile(scores.score, np.linspace(0.02, 0.98, 97)):
            answered = (scores.score >= answer) & (scores.margin >= margin)
            gain = int((answered & scores.is_right).sum())
            if (best is None or gain > best[0]) and _meets(scores, answered, demands):
                best = (gain, float(answer), float(margin))
    if best is None:
        return None
    gain, answer, margin = best
    findable = scores.score[scores.is_askable & scores.is_among_first]
    suggest = min(float(np.quantile(findable, 1 - demands.suggested)), answer)
    share = gain / max(int(scores.is_askable.sum()), 1)
    return Thresholds(round(answer, 4), round(suggest, 4), round(margin, 4)), share


def _meets(scores: _Scores, answered: NDArray[np.bool_], demands: Demands) -> bool:
    if not answered.any() or scores.is_right[answered].mean() < demands.precision:
        return False
    for group, share in demands.refused:
        members = (scores.group == group) & ~scores.is_askable
        if members.any() and 1 - answered[members].mean() < share:
            return False
    return True
