"""Choosing weights and thresholds."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from retrieval.evaluation import EvalCase
from retrieval.ranking import USUAL_WORDS, Candidates, Found
from retrieval.training.calibrate import CalibrationError, Demands, calibrate
from tests.factories import BLAST, RATS, UREA, create_retriever, paddy_entries
from tests.retrieval.test_ranking import rows_of

ASKABLE = [
    EvalCase(BLAST, "paddy.blast", "clean"),
    EvalCase(UREA, "paddy.urea", "clean"),
    EvalCase(RATS, "paddy.rats", "clean"),
]
STRANGERS = [EvalCase("zzzz qqqq", None, "far"), EvalCase("xyxy", None, "far")]


def test_known_questions_are_answered_and_strangers_are_not() -> None:
    """The thresholds chosen part what can be parted."""
    retriever = create_retriever(*paddy_entries())

    chosen = calibrate(retriever, [*ASKABLE, *STRANGERS])
    tuned = retriever.tuned(chosen.thresholds, chosen.fusion)

    kinds = [result.decision.kind for result in tuned.search([c.question for c in ASKABLE])]
    assert kinds == ["answer"] * 3
    assert tuned.search(["zzzz qqqq"])[0].decision.kind != "answer"


def test_suggesting_never_asks_for_more_than_answering() -> None:
    """The suggest threshold is at most the answer threshold."""
    thresholds = calibrate(create_retriever(*paddy_entries()), [*ASKABLE, *STRANGERS]).thresholds

    assert thresholds.suggest <= thresholds.answer


def asking(*asked: tuple[str | None, str, list[float]]) -> tuple[Any, list[EvalCase]]:
    """Questions by key and group, and what finds the entries k0 and k1 with these scores."""
    scores = np.array([score for *_, pair in asked for score in pair], np.float32)
    questions = np.repeat(np.arange(len(asked)), 2)
    rows = np.tile(np.arange(2), len(asked))
    found = Found(rows_of([0, 1], ["k0", "k1"], [True] * 2), questions, rows, scores, scores)
    vectors = np.zeros((len(asked), 1), np.float32)
    candidates = Candidates([found], vectors, [USUAL_WORDS] * len(asked))
    cases = [EvalCase("?", key, group) for key, group, _ in asked]
    return SimpleNamespace(find=lambda texts: [candidates]), cases


def test_what_has_no_entry_is_refused_as_often_as_demanded() -> None:
    """In its group, whose answerable questions do not count; the others are still suggested."""
    retriever, cases = asking(
        ("k0", "near", [0.9, 0.1]),
        ("k0", "clean", [0.7, 0.1]),
        ("k0", "clean", [0.5, 0.1]),
        (None, "near", [0.6, 0.1]),
        (None, "far", [0.2, 0.1]),
    )

    strict = calibrate(retriever, cases, Demands(precision=0, refused=(("near", 1.0),)))
    lenient = calibrate(retriever, cases, Demands(precision=0, refused=()))

    assert (strict.answered_rightly, lenient.answered_rightly) == (2 / 3, 1)
    assert 0.6 < strict.thresholds.answer <= 0.7
    assert strict.thresholds.suggest == pytest.approx(0.5, abs=0.01)


def test_a_lead_is_demanded_where_a_score_cannot_tell_right_from_wrong() -> None:
    """The wrong answer has the highest score of all, and is hardly ahead."""
    retriever, cases = asking(
        ("k0", "clean", [0.9, 0.1]),
        ("k0", "clean", [0.7, 0.1]),
        ("k1", "clean", [0.95, 0.938]),
        (None, "far", [0.2, 0.1]),
    )

    chosen = calibrate(retriever, cases, Demands(precision=1, refused=()))

    assert chosen.thresholds.margin > 0.012
    assert chosen.answered_rightly == 2 / 3


def test_impossible_demands_are_refused() -> None:
    """A question that must be refused but is a stored phrasing cannot be calibrated away."""
    cases = [EvalCase(BLAST, None, "near"), EvalCase("වෙන එකක්", "paddy.urea", "clean")]

    with pytest.raises(CalibrationError, match="no thresholds"):
        calibrate(create_retriever(*paddy_entries()), cases, Demands(precision=1.0))
