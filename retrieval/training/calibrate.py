"""Choosing the fusion weight and the thresholds that ship with a model, on the dev questions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from retrieval.decision import Thresholds
from retrieval.errors import RetrievalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retrieval.evaluation import EvalCase
    from retrieval.retriever import Retriever, SearchResult

WEIGHTS = tuple(step / 20 for step in range(4, 20))
SUGGESTED = 3


class CalibrationError(RetrievalError):
    """No thresholds reach what is asked of them on these questions."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a direct answer must live up to, as shares on the dev questions.

    Attributes:
        precision: Of the direct answers, at least this share is right.
        refused: Of the questions without an entry, at least this share gets no direct answer, by
            group; a group that is not named need not refuse any.
        suggested: Of the answerable questions whose entry is among the first three, this share
            is suggested at least.
    """

    precision: float = 0.98
    refused: tuple[tuple[str, float], ...] = (("near", 0.94), ("far", 0.985))
    suggested: float = 0.99


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was chosen, and the share of answerable dev questions answered directly and rightly."""

    dense_weight: float
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
    """Choose the weight with the best accuracy@1, then the most generous thresholds allowed.

    Raises:
        CalibrationError: No threshold meets the demands; the model or the questions are at fault.
    """
    weight = _best_weight(retriever, [case for case in cases if case.key is not None])
    results = retriever.tuned(dense_weight=weight).search([case.question for case in cases])
    scores = _score(cases, results)
    thresholds, share = _best_thresholds(scores, demands or Demands())
    return Calibration(weight, thresholds, share)


def _best_weight(retriever: Retriever, askable: Sequence[EvalCase]) -> float:
    found = retriever.find([case.question for case in askable])
    right = {
        weight: sum(
            [match.key for match in matches[:1]] == [case.key]
            for case, matches in zip(
                askable, chain.from_iterable(each.rank(weight) for each in found), strict=True
            )
        )
        for weight in WEIGHTS
    }
    return max(right, key=lambda weight: (right[weight], -abs(weight - 0.5)))


def _score(cases: Sequence[EvalCase], results: Sequence[SearchResult]) -> _Scores:
    keys = [[match.key for match in result.matches] for result in results]
    return _Scores(
        score=np.array([result.decision.score for result in results]),
        margin=np.array([result.decision.margin for result in results]),
        is_right=np.array([c.key in k[:1] for c, k in zip(cases, keys, strict=True)]),
        is_among_first=np.array([c.key in k[:SUGGESTED] for c, k in zip(cases, keys, strict=True)]),
        group=np.array([case.group for case in cases]),
        is_askable=np.array([case.key is not None for case in cases]),
    )


def _best_thresholds(scores: _Scores, demands: Demands) -> tuple[Thresholds, float]:
    best: tuple[int, float, float] | None = None
    for margin in np.arange(0.0, 0.2001, 0.005):
        for answer in np.quantile(scores.score, np.linspace(0.02, 0.98, 97)):
            answered = (scores.score >= answer) & (scores.margin >= margin)
            gain = int((answered & scores.is_right).sum())
            if (best is None or gain > best[0]) and _meets(scores, answered, demands):
                best = (gain, float(answer), float(margin))
    if best is None:
        raise CalibrationError(
            f"no thresholds answer with precision {demands.precision:.1%} and refuse "
            f"{dict(demands.refused)} of the questions without an entry"
        )
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
