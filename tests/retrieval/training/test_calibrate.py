"""Choosing weights and thresholds."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from retrieval.evaluation import EvalCase
from retrieval.ranking import USUAL_WORDS, Candidates, Found
from retrieval.training import calibrate as calibrating
from retrieval.training.calibrate import CalibrationError, Demands, calibrate
from tests.factories import BLAST, RATS, UREA, create_retriever, paddy_entries
from tests.retrieval.test_ranking import rows_of

ASKABLE = [
    EvalCase(BLAST, "paddy.blast", "clean"),
    EvalCase(UREA, "paddy.urea", "clean"),
    EvalCase(RATS, "paddy.rats", "clean"),
]
STRANGERS = [EvalCase("zzzz qqqq", None, "far"), EvalCase("xyxy", None, "far")]
STRICT = Demands(precision=0, refused=(("near", 1.0),))


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lengths are tried instead of ten."""
    monkeypatch.setattr(calibrating, "LENGTHS", (0.0, 0.5))


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


def asking(*asked: tuple[Any, ...], words: list[int] | None = None) -> tuple[Any, list[EvalCase]]:
    """Questions by key and group, and what finds the entries k0 and k1 with these scores.

    The dense scores come before the lexical ones, which are the same if they are not given.
    """
    dense, lexical = (
        np.array([score for question in asked for score in question[column]], np.float32)
        for column in (2, -1)
    )
    questions = np.repeat(np.arange(len(asked)), 2)
    rows = np.tile(np.arange(2), len(asked))
    found = Found(rows_of([0, 1], ["k0", "k1"], [True] * 2), questions, rows, dense, lexical)
    vectors = np.zeros((len(asked), 1), np.float32)
    candidates = Candidates([found], vectors, words or [USUAL_WORDS] * len(asked))
    cases = [EvalCase("?", key, group) for key, group, *_ in asked]
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

    strict = calibrate(retriever, cases, STRICT)
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


@pytest.mark.parametrize(
    ("dense", "lexical", "weight"),
    [
        ([0.72, 0.45], [0.72, 0.45], 0.5),
        ([0.0, 0.9], [0.72, 0.45], 0.2),
        ([0.55, 0.45], [0.0, 0.95], 0.95),
    ],
    ids=["any", "lexical", "dense"],
)
def test_the_weight_is_the_one_that_ranks_right(
    dense: list[float], lexical: list[float], weight: float
) -> None:
    """From one fifth to nearly all; of several that do as well, the middle one."""
    retriever, cases = asking(("k0", "clean", dense, lexical))

    chosen = calibrate(retriever, cases, Demands(precision=0, refused=()))

    assert (chosen.fusion.dense_weight, chosen.fusion.length) == (weight, 0.0)
    assert chosen.answered_rightly == 1


@pytest.mark.parametrize(
    ("askable", "strangers", "is_taken"),
    [(20, 0, False), (199, 0, False), (200, 0, True), (20, 200, False)],
)
def test_a_weight_that_answers_more_is_taken_if_it_ranks_about_as_well(
    askable: int, strangers: int, is_taken: bool
) -> None:
    """One question in two hundred may be ranked wrong for it; only those with an entry count.

    Below a third the first question is ranked wrong; above, the stranger scores as the next ones.
    """
    retriever, cases = asking(
        ("k0", "clean", [0.9, 0.1], [0.1, 0.5]),
        *[("k0", "clean", [0.6, 0.1], [0.9, 0.1])] * 9,
        *[("k0", "clean", [1.0, 0.0])] * (askable - 10),
        (None, "near", [1.0, 0.0], [0.7, 0.0]),
        *[(None, "far", [1.0, 0.0])] * strangers,
    )

    chosen = calibrate(retriever, cases, STRICT)

    assert (chosen.fusion.dense_weight < 1 / 3) is is_taken


def test_scores_are_freed_from_the_length_of_questions_where_that_tells_more() -> None:
    """A long question shares less with its entry than a short one with what is none."""
    retriever, cases = asking(
        ("k0", "clean", [0.6, 0.1]), (None, "near", [0.7, 0.1]), words=[12, 2]
    )

    chosen = calibrate(retriever, cases, STRICT)

    assert (chosen.fusion.length, chosen.answered_rightly) == (0.5, 1)


def test_impossible_demands_are_refused() -> None:
    """A question that must be refused but is a stored phrasing cannot be calibrated away."""
    cases = [EvalCase(BLAST, None, "near"), EvalCase("වෙන එකක්", "paddy.urea", "clean")]

    with pytest.raises(CalibrationError, match="no thresholds"):
        calibrate(create_retriever(*paddy_entries()), cases, Demands(precision=1.0))
