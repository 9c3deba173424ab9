"""Restoring Latin typing to Sinhala."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalize import detect_script
from retrieval.singlish import Restorer, spell

RESTORER = Restorer.from_texts(
    ["ගොයමේ කොළ කහ වෙලා මොකද කරන්නේ", "වතුර වෙන්න වෙන වෙන වෙන"], ["Yellow leaf of paddy"]
)


def test_known_words_come_back_as_they_are_spelt() -> None:
    """The lexicon gives the knowledge base's own spelling."""
    assert RESTORER.restore("goyame kola kaha wela") == "ගොයමේ කොළ කහ වෙලා"


def test_dropped_vowels_are_restored() -> None:
    """A word typed without vowels is found by its consonants."""
    assert RESTORER.restore("krnne") == "කරන්නේ"


def test_the_nearest_spelling_beats_the_most_frequent() -> None:
    """Doubled letters tell වෙන්න from වෙන although they fold alike."""
    assert RESTORER.restore("wenna") == "වෙන්න"


def test_of_two_words_that_fit_as_well_the_usual_one_is_meant() -> None:
    """ළ and ල are one letter in Latin."""
    restorer = Restorer.from_texts(["එලියේ එළියේ එළියේ"], [])

    assert restorer.restore("eliye") == "එළියේ"


def test_two_consonants_are_too_few_to_tell_a_word_by() -> None:
    """Half of all short words have those of another."""
    assert RESTORER.restore("kula") == "කුල"


def test_english_of_the_knowledge_base_stays() -> None:
    """Words of titles and keywords are English, in the plural too."""
    assert RESTORER.restore("leafs kaha") == "leafs කහ"


def test_a_keyword_that_sounds_like_a_usual_sinhala_word_is_restored() -> None:
    """Curators write Singlish keywords too; a rare likeness is no reason to touch English."""
    restorer = Restorer.from_texts(["පොහොර " * 5, "රටේ"], [], ["pohora", "rate"])

    assert restorer.restore("pohora rate") == "පොහොර rate"


def test_an_unknown_word_beside_sinhala_is_left_alone() -> None:
    """In a mixed message an unknown Latin word is taken for English."""
    assert RESTORER.restore("කොළ suitable") == "කොළ suitable"


@pytest.mark.parametrize("typed", ["ගොයමෙ කොල කහ", "ගොයමේ කොළ කහ"])
def test_a_misspelt_word_becomes_the_known_one_of_the_same_sound(typed: str) -> None:
    """ල for ළ and a short vowel for a long one sound the same."""
    assert RESTORER.restore(typed) == "ගොයමේ කොළ කහ"


def test_a_word_of_another_sound_stays() -> None:
    """Nothing is guessed."""
    assert RESTORER.restore("ගංවතුර") == "ගංවතුර"


@pytest.mark.parametrize(("typed", "spelt"), [("wathura", "වතුර"), ("amma", "අම්ම"), ("", "")])
def test_unknown_singlish_is_spelt_by_rule(typed: str, spelt: str) -> None:
    """Greedy rules read Latin letters aloud."""
    assert spell(typed) == spelt


def test_a_word_of_vowels_does_not_stop_the_search() -> None:
    """One message of 40 letters would, if every way to cut it into syllables were tried."""
    typed = "ae" * 2000 + "b"

    assert RESTORER.restore(typed) == typed


@given(st.text(max_size=40))
def test_restoring_twice_changes_nothing(text: str) -> None:
    """A restored text is a fixed point."""
    once = RESTORER.restore(text)

    assert RESTORER.restore(once) == once


@given(st.text(st.characters(min_codepoint=0x0D80, max_codepoint=0x0DFF), max_size=20))
def test_sinhala_is_never_romanised(text: str) -> None:
    """No Latin letter appears that was not typed."""
    assert detect_script(RESTORER.restore(text)) in {"sinhala", "other"}
