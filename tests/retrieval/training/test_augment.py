"""Typing a phrasing again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalize import detect_script
from retrieval.phonetic import fold, skeleton
from retrieval.training.augment import Typist

TEXT = "ගොයමේ කොළ කහ වෙනවා මොකද කරන්නේ"


def test_the_same_seed_types_the_same() -> None:
    """Training can be repeated."""
    first, second = Typist(7), Typist(7)

    assert [first.variants(TEXT) for _ in range(20)] == [second.variants(TEXT) for _ in range(20)]


def test_both_scripts_come_up() -> None:
    """Some variants are careless Sinhala, some are Latin."""
    typist = Typist(1)

    scripts = {detect_script(variant) for _ in range(60) for variant in typist.variants(TEXT)}
    assert scripts >= {"sinhala", "latin"}


def test_latin_variants_still_sound_alike() -> None:
    """Most keep the consonants of the original."""
    typist = Typist(1)
    latin = [v for _ in range(200) for v in typist.variants(TEXT) if detect_script(v) == "latin"]

    def bones(text: str) -> str:
        return " ".join(skeleton(word) for word in fold(text).split())

    alike = [variant for variant in latin if bones(variant) == bones(TEXT)]
    assert len(alike) > len(latin) / 2


@pytest.mark.parametrize("text", ["", "🌾", "rice blast", "mage goyama"])
def test_what_has_no_sinhala_has_no_variants(text: str) -> None:
    """Latin phrasings are typed by hand already."""
    assert Typist(1).variants(text) == []


@given(st.text(max_size=30))
def test_any_text_is_survived(text: str) -> None:
    """Strange phrasings do not stop a training run."""
    for variant in Typist(3).variants(text):
        assert variant.strip()
