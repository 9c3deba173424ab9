"""Choosing weights and thresholds."""

import pytest

from retrieval.evaluation import EvalCase
from retrieval.training.calibrate import CalibrationError, Demands, calibrate
from tests.factories import BLAST, RATS, UREA, create_retriever, paddy_entries

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


def test_impossible_demands_are_refused() -> None:
    """A question that must be refused but is a stored phrasing cannot be calibrated away."""
    cases = [EvalCase(BLAST, None, "near"), EvalCase("වෙන එකක්", "paddy.urea", "clean")]

    with pytest.raises(CalibrationError, match="no thresholds"):
        calibrate(create_retriever(*paddy_entries()), cases, Demands(precision=1.0))
