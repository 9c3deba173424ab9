"""The n-gram signal."""

import numpy as np
import pytest

from retrieval.lexical import build_lexical

TEXTS = ["ගොයමේ කොළ කහයි", "වතුර බස්සන්නේ කවදද", "මීයන් ගොයම කනවා"]


def test_every_row_finds_itself() -> None:
    """A text's own row scores 1 and no other row more."""
    index = build_lexical(TEXTS)

    for row, text in enumerate(TEXTS):
        scores = index.scores(text)
        assert scores[row] == pytest.approx(1, abs=1e-5)
        assert scores.argmax() == row


def test_singlish_finds_the_sinhala_row() -> None:
    """The fold makes scripts meet: the same words in Latin score as high."""
    index = build_lexical(TEXTS)

    assert index.scores("goyame kola kahayi")[0] > 0.8


@pytest.mark.parametrize("text", ["", "🌾", "zzzzqqqq"])
def test_strange_text_scores_zero_or_little(text: str) -> None:
    """Text without known n-grams scores near 0 everywhere, as finite numbers."""
    scores = build_lexical(TEXTS).scores(text)

    assert np.isfinite(scores).all()
    assert scores.max() < 0.2


def test_added_rows_score_like_the_index_they_join() -> None:
    """Rows indexed later with the first index's weights compare with its rows."""
    first = build_lexical(TEXTS)
    later = build_lexical(TEXTS[:1], like=first)

    assert later.scores("කොළ කහයි")[0] == pytest.approx(first.scores("කොළ කහයි")[0], abs=1e-6)


def test_an_empty_index_answers() -> None:
    """No rows, no scores, no error."""
    assert build_lexical([]).scores("ගොයම").shape == (0,)
