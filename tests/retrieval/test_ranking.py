"""Ranking a batch at once, against a slow reference that ranks one question at a time."""

import numpy as np
import pytest

from retrieval.decision import Match
from retrieval.ranking import (
    LONG_WORDS,
    MATCH_COUNT,
    SECOND_SHARE,
    USUAL_WORDS,
    Candidates,
    Found,
    Fusion,
    RowTexts,
)
from retrieval.texts import Texts

KEYS = [f"entry.{number:02}" for number in range(30)]


def rows_of(owners: list[int], keys: list[str], is_phrasing: list[bool]) -> RowTexts:
    """Rows with made-up texts."""
    shown = Texts.of(f"row {row} of {keys[owner]}" for row, owner in enumerate(owners))
    return RowTexts(keys, np.array(owners, np.int32), shown, shown, np.array(is_phrasing))


def draw_found(seed: int, keys: list[str], questions: int = 7) -> Found:
    """Rows found at random, with many equal scores; the third question finds nothing."""
    draw = np.random.default_rng(seed)
    owners = sorted(draw.integers(0, len(keys), 120).tolist())
    asked = [
        (question, row)
        for question in range(questions)
        for row in sorted(draw.choice(120, 60, replace=False).tolist())
        if question != 2
    ]
    return Found(
        texts=rows_of(owners, keys, (draw.random(120) < 0.7).tolist()),
        questions=np.array([question for question, _ in asked]),
        rows=np.array([row for _, row in asked]),
        dense=np.round(draw.random(len(asked)), 1).astype(np.float32),
        lexical=np.round(draw.random(len(asked)), 1).astype(np.float32),
    )


def rank_slowly(parts: list[Found], weight: float, question: int) -> list[tuple[str, float]]:
    """The same, row by row."""
    rows: dict[str, list[tuple[float, bool]]] = {}
    for part in parts:
        for place in np.flatnonzero(part.questions == question):
            row = part.rows[place]
            score = weight * part.dense[place] + (1 - weight) * part.lexical[place]
            key = part.texts.keys[part.texts.owners[row]]
            rows.setdefault(key, []).append((float(score), bool(part.texts.is_phrasing[row])))
    scored = []
    for key, found in rows.items():
        best = max(found, key=lambda pair: pair[0])
        found.remove(best)
        second = max((score for score, is_phrasing in found if is_phrasing), default=best[0])
        scored.append((key, (1 - SECOND_SHARE) * best[0] + SECOND_SHARE * second))
    return sorted(scored, key=lambda pair: (-round(pair[1], 6), pair[0]))[:MATCH_COUNT]


@pytest.mark.parametrize("weight", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_batch_ranks_as_one_question_after_another(seed: int, weight: float) -> None:
    """Over two indexes, with ties and with a question that finds nothing."""
    parts = [draw_found(seed, KEYS[::2]), draw_found(seed + 10, KEYS[1::2])]

    together = Candidates(parts, np.zeros((7, 1), np.float32), [USUAL_WORDS] * 7).rank(
        Fusion(weight)
    )

    for question, matches in enumerate(together):
        slow = rank_slowly(parts, weight, question)
        assert [match.score for match in matches] == pytest.approx([score for _, score in slow])
        assert {m.key for m in matches if m.score > matches[-1].score + 1e-6} == {
            key for key, score in slow if score > slow[-1][1] + 1e-6
        }
    assert together[2] == ()


def one_question(
    scores: list[float],
    owners: list[int],
    is_phrasing: list[bool],
    words: int = USUAL_WORDS,
    length: float = 0.0,
) -> list[Match]:
    """Rank rows found for one question, by the dense score alone."""
    found = Found(
        texts=rows_of(owners, KEYS, is_phrasing),
        questions=np.zeros(len(scores), np.int64),
        rows=np.arange(len(scores)),
        dense=np.array(scores, np.float32),
        lexical=np.zeros(len(scores), np.float32),
    )
    candidates = Candidates([found], np.zeros((1, 1), np.float32), [words])
    return list(candidates.rank(Fusion(1.0, length))[0])


def test_equal_scores_rank_by_key() -> None:
    """The order never depends on how rows were found."""
    matches = one_question([0.5, 0.5, 0.5], [0, 1, 2], [True] * 3)

    assert [match.key for match in matches] == KEYS[:3]


def test_equal_scores_of_two_indexes_rank_by_key() -> None:
    """An entry that was changed keeps its place among its equals."""
    half, first = np.array([0.5], np.float32), np.zeros(1, np.int64)
    parts = [
        Found(rows_of([0], [key], [True]), first, first, dense=half, lexical=half)
        for key in (KEYS[1], KEYS[0])
    ]

    (matches,) = Candidates(parts, np.zeros((1, 1), np.float32), [USUAL_WORDS]).rank(Fusion(1.0))

    assert [match.key for match in matches] == KEYS[:2]


def test_a_second_likely_phrasing_speaks_for_an_entry() -> None:
    """Of two entries with equal best rows, the one with another near phrasing comes first."""
    matches = one_question([0.8, 0.2, 0.8, 0.7], [0, 0, 1, 1], [True] * 4)

    assert [match.key for match in matches] == [KEYS[1], KEYS[0]]


def test_an_entry_with_one_phrasing_keeps_its_score() -> None:
    """Its English title, far from any Sinhala question, does not draw it down."""
    matches = one_question([0.8, 0.1], [0, 0], [True, False])

    assert matches[0].score == pytest.approx(0.8)


def scores_of(words: int, length: float = 0.7) -> list[float]:
    """The scores of three entries for a question of as many words."""
    found = one_question([0.8, 0.5, -0.1], [0, 1, 2], [True] * 3, words, length)
    assert [match.key for match in found] == KEYS[:3], "the order stays"
    return [match.score for match in found]


def test_a_longer_question_need_not_share_as_much_with_a_phrasing() -> None:
    """And a shorter one must share more; a score stays within [-1, 1]."""
    short, usual, long = scores_of(2), scores_of(USUAL_WORDS), scores_of(12)

    assert usual == pytest.approx([0.8, 0.5, -0.1])
    assert 0 < short[0] < usual[0] < long[0] < 1
    assert short[2] <= 0


def test_a_whole_story_counts_as_a_long_question() -> None:
    """Else anything would do as an answer to somebody who tells enough."""
    assert scores_of(50 * LONG_WORDS) == scores_of(LONG_WORDS)


def test_a_model_that_says_nothing_of_length_leaves_scores_alone() -> None:
    """As models from before it was calibrated."""
    assert scores_of(12, length=0) == scores_of(2, length=0) == pytest.approx([0.8, 0.5, -0.1])


def test_the_best_row_is_shown() -> None:
    """The phrasing of a match is that of its best row."""
    matches = one_question([0.3, 0.9, 0.8], [4, 4, 4], [True] * 3)

    assert matches[0].phrasing == f"row 1 of {KEYS[4]}"


def test_texts_come_back_as_they_were() -> None:
    """Sinhala with joiners, nothing, a lone surrogate: one by one and all together."""
    kept = ["ක්‍රමය", "", "\ud800", "abc"]

    assert [Texts.of(kept)[number] for number in range(4)] == list(Texts.of(kept)) == kept


def test_what_reads_as_the_question_itself_can_be_left_out() -> None:
    """Only that row, and only for that question."""
    texts = rows_of([0, 0, 1], KEYS[:2], [True] * 3)
    ones = np.ones(3, np.float32)
    found = Found(texts, np.array([0, 0, 1]), np.array([0, 2, 0]), ones, ones)
    candidates = Candidates([found], np.zeros((2, 4), np.float32), [2, 1])

    left = candidates.without([texts.surfaces[0], "another"]).found[0]

    assert list(zip(left.questions.tolist(), left.rows.tolist(), strict=True)) == [(0, 2), (1, 0)]
