"""Thresholds and metrics."""

import pytest

from retrieval.decision import Thresholds, decide
from retrieval.metrics import reciprocal_rank, wilson
from tests.factories import THRESHOLDS, create_match


@pytest.mark.parametrize(
    ("scores", "kind"),
    [
        ([], "fallback"),
        ([0.34], "fallback"),
        ([0.35], "suggest"),
        ([0.69], "suggest"),
        ([0.7], "answer"),
        ([0.9, 0.86], "suggest"),
        ([0.9, 0.8], "answer"),
        ([0.9, 0.86, 0.1], "suggest"),
        ([-0.2], "fallback"),
    ],
)
def test_the_decision_follows_score_and_margin(scores: list[float], kind: str) -> None:
    """Answer needs both the score and the lead; between the thresholds people choose."""
    matches = [create_match(f"k{number}", score) for number, score in enumerate(scores)]

    assert decide(matches, THRESHOLDS).kind == kind


def test_the_least_lead_is_enough() -> None:
    """In numbers that a computer holds exactly."""
    matches = [create_match("a", 0.875), create_match("b", 0.75)]

    assert decide(matches, Thresholds(answer=0.875, suggest=0.5, margin=0.125)).kind == "answer"


def test_nothing_found_is_a_fallback_whatever_the_thresholds() -> None:
    """Also where any match at all would do."""
    assert decide([], Thresholds(answer=0.0, suggest=0.0, margin=0.0)).kind == "fallback"


def test_a_lone_match_leads_by_its_whole_score() -> None:
    """Without a second entry there is nothing to confuse it with."""
    assert decide([create_match("k", 0.8)], THRESHOLDS).margin == 0.8


def test_wilson_matches_a_published_value() -> None:
    """81 of 263: Newcombe (1998), Stat. Med. 17, table I, method 3."""
    share = wilson(81, 263)

    assert share is not None
    assert (round(share["low"], 4), round(share["high"], 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (0, 1)])
def test_wilson_stays_within_zero_and_one(successes: int, trials: int) -> None:
    """Extreme shares have intervals inside [0, 1] that hold the share."""
    share = wilson(successes, trials)

    assert share is not None
    assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1


def test_no_trials_give_no_share() -> None:
    """A share of nothing does not apply."""
    assert wilson(0, 0) is None


def test_reciprocal_rank_counts_from_one() -> None:
    """First is 1, third a third, absent 0."""
    ranked = ["a", "b", "c"]

    assert [reciprocal_rank(key, ranked) for key in "acz"] == [1, 1 / 3, 0]
