"""The sound fold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import phonetic
from retrieval.normalize import normalize
from retrieval.phonetic import fold, fold_word, romanize, skeleton

PAIRS = [
    ("වතුර", "wathura"), ("කොළ කහ වෙනවා", "kola kaha wenawa"), ("මොකද කරන්නේ", "mokada karanne"),
    ("ගොයම්", "goyam"), ("පොහොර", "pohora"), ("කියලා", "kiyala"), ("මැස්සා", "messa"),
    ("යූරියා", "yuriya"), ("දුඹුරු පැල කීඩෑවා", "dumburu pela keedewa"), ("ක්‍රමය", "kramaya"),
    ("හඳ", "handha"), ("ෆොස්ෆේට්", "fosfet"), ("චීනියා", "cheeniya"),
]  # fmt: skip


@pytest.mark.parametrize(("sinhala", "latin"), PAIRS)
def test_sinhala_and_singlish_meet(sinhala: str, latin: str) -> None:
    """A word and its usual Latin typing fold to the same sound."""
    assert fold(sinhala) == fold(latin)


@pytest.mark.parametrize(("full", "clipped"), [("කරන්නේ", "krnne"), ("කොහොමද", "khmd")])
def test_dropped_vowels_meet_in_the_skeleton(full: str, clipped: str) -> None:
    """Typing without vowels keeps the consonants."""
    assert skeleton(fold_word(normalize(full))) == skeleton(fold_word(clipped))


def test_what_is_too_long_for_a_word_is_folded_and_not_remembered() -> None:
    """Fifty thousand of Telegram's longest messages without a space would fill the memory."""
    before = phonetic._remembered.cache_info().currsize

    folded = [fold_word(f"{number}{'wathura' * 700}") for number in range(3)]

    assert folded[0] == f"0{fold_word('wathura') * 700}"
    assert phonetic._remembered.cache_info().currsize <= before + 1


@given(st.text(max_size=30))
def test_the_fold_keeps_the_number_of_words(text: str) -> None:
    """Each normalised word has exactly one sound, never an empty one."""
    assert len(fold(text).split()) == len(normalize(text).split())


def test_romanising_leaves_latin_alone() -> None:
    """Only Sinhala letters are rewritten."""
    assert romanize("urea 50") == "urea 50"
