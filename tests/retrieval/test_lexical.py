"""The n-gram signal."""

import numpy as np
import pytest

from retrieval.lexical import LexicalIndex, build_lexical

TEXTS = ["ගොයමේ කොළ කහයි", "වතුර බස්සන්නේ කවදද", "මීයන් ගොයම කනවා"]


def scores_of(index: LexicalIndex, text: str) -> np.ndarray:
    """How alike a text and every row sound."""
    rows = np.arange(len(index.row_starts) - 1)
    return index.scores(index.hear([text]), 0, rows)


def test_every_row_finds_itself() -> None:
    """A text's own row scores 1 and no other row more."""
    index = build_lexical(TEXTS)

    for row, text in enumerate(TEXTS):
        scores = scores_of(index, text)
        assert scores[row] == pytest.approx(1, abs=1e-5)
        assert scores.argmax() == row


def test_singlish_finds_the_sinhala_row() -> None:
    """The fold makes scripts meet: the same words in Latin score as high."""
    index = build_lexical(TEXTS)

    assert scores_of(index, "goyame kola kahayi")[0] > 0.8


def test_a_misspelt_word_still_counts() -> None:
    """A letter missing costs less than a word missing."""
    index = build_lexical(TEXTS)

    right, misspelt, missing = (
        scores_of(index, text)[2] for text in ("මීයන් ගොයම කනවා", "මීයන් ගොම කනවා", "මීයන් කනවා")
    )

    assert right > misspelt
    assert misspelt > scores_of(index, "මීයන් වතුර කනවා")[2]
    assert missing < right


def test_a_word_counts_once_however_often_a_row_repeats_it() -> None:
    """Each word of a question looks for one word of the row."""
    index = build_lexical(["වතුර", "වතුර වතුර වතුර", "ගොයම"])

    once, thrice, _ = scores_of(index, "වතුර බස්සන්නේ")

    assert once == pytest.approx(thrice)


@pytest.mark.parametrize("text", ["🌾", "zzzzqqqq"])
def test_strange_text_scores_zero_or_little(text: str) -> None:
    """Text without known n-grams scores near 0 everywhere, as finite numbers."""
    scores = scores_of(build_lexical(TEXTS), text)

    assert np.isfinite(scores).all()
    assert scores.max(initial=0) < 0.2


def test_added_rows_score_like_the_index_they_join() -> None:
    """They take over its weights, of words too that only the first index knows for usual ones."""
    first = build_lexical([*TEXTS, "වතුර නෑ"])
    later = build_lexical(TEXTS[:1], like=first)
    question = "කොළ කහයි වතුර නොදන්නා"
    sounds = first.hear([question])

    joined = later.scores(later.hear([question], like=sounds), 0, np.array([0]))

    assert joined == pytest.approx(first.scores(sounds, 0, np.array([0])), abs=1e-6)


def test_the_best_rows_are_among_the_nearest() -> None:
    """The quick sum by which rows are found misses none of those that score best, short or long."""
    words = "ගොයම කොළ කහ වතුර පොහොර යූරියා මීයන් පණුවා කුඹුර නියර වෙල දැන් කවදද කීයක්".split()
    draw = np.random.default_rng(3)
    index = build_lexical([" ".join(draw.choice(words, draw.integers(1, 30))) for _ in range(300)])
    sounds = index.hear(["කොල කහ ගොයමේ", "pohora danne kawadada"])

    for question in range(2):
        scores = index.scores(sounds, question, np.arange(300))
        nearest = index.nearest(sounds, question, 64)
        assert set(np.flatnonzero(scores > np.sort(scores)[-4])) <= set(nearest)


def test_rows_out_of_date_take_no_place_among_the_nearest() -> None:
    """However well they fit: what is behind them could not be found."""
    index = build_lexical([*["වතුර"] * 5, "වතුර නෑ"])
    alive = np.array([False] * 5 + [True])

    assert index.nearest(index.hear(["වතුර"]), 0, 1, alive).tolist() == [5]


def test_a_text_without_words_hears_nothing() -> None:
    """No words, no scores, no error."""
    assert len(build_lexical(TEXTS).hear([""]).questions[0]) == 0
