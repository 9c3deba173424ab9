"""Unicode folding."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalize import NORMALIZER_VERSION, REPAIRS, detect_script, normalize

SINHALA = st.text(st.characters(min_codepoint=0x0D80, max_codepoint=0x0DFF), max_size=12)
JOINERS = st.sampled_from(["\u200d", "\u200c", "\u200b", "\ufeff", "\u202e"])


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    """Any text is a fixed point after one pass, lone surrogates and NULs included."""
    assert normalize(normalize(text)) == normalize(text)


@given(SINHALA)
def test_normalising_broken_sinhala_twice_changes_nothing(text: str) -> None:
    """Any order of Sinhala letters and signs is a fixed point after one pass."""
    assert normalize(normalize(text)) == normalize(text)


@given(SINHALA, JOINERS, st.integers(0, 12))
def test_invisible_characters_change_nothing(text: str, joiner: str, place: int) -> None:
    """A joiner, mark or direction sign anywhere leaves the result as it was."""
    assert normalize(text[:place] + joiner + text[place:]) == normalize(text)


@given(st.text(max_size=40))
def test_the_result_is_nfc_and_single_spaced(text: str) -> None:
    """No doubled spaces, no edges, one canonical spelling."""
    result = normalize(text)

    assert result == " ".join(result.split())
    assert unicodedata.is_normalized("NFC", result)


@pytest.mark.parametrize(("typed", "meant"), sorted(REPAIRS.items()))
def test_each_repair_gives_the_same_syllable_as_the_right_spelling(typed: str, meant: str) -> None:
    """After a consonant, or alone for a vowel letter, the typed form folds to the meant one."""
    lead = "" if "\u0d85" <= typed[0] <= "\u0d96" else "ක"

    assert normalize(f"{lead}{typed}ම") == normalize(f"{lead}{meant}ම")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ක්‍රමය", "ක්රමය"),
        ("ෙගායම්", "ගොයම්"),
        ("ෙක", "කෙ"),
        ("ඵකට", "එකට"),
        ("Bg352", "bg 352"),
        ("BG-352", "bg 352"),
        ("යූරියා50kg", "යූරියා 50 kg"),
        ("සති3යි", "සති 3 යි"),
        ("𝟑.𝟓", "3.5"),
        ("3,5", "3.5"),
        ("෧෨", "12"),
        ("ＢＧ３５２", "bg 352"),
        ("heeelp", "heelp"),
        ("heelp", "heelp"),
        ("🌶️මිරිස්", "මිරිස්"),
        ("ෛදවය", "දෛවය"),
        ("  කොළ,  කහ!!", "කොළ කහ"),
        ("<b>x</b>", "b x b"),
    ],
)
def test_ways_of_typing_meet(typed: str, meant: str) -> None:
    """What farmers' keyboards produce becomes the one stored form."""
    assert normalize(typed) == meant


def test_another_result_has_another_version() -> None:
    """Databases and indexes hold what this version made; they are made anew for another only."""
    block = [chr(code) for code in range(0x0D80, 0x0E00)]
    pairs = [first + second for first in block for second in block]
    # Behind a consonant too: a sign without one is dropped.
    results = [normalize(lead + pair) for lead in ("", "ක") for pair in pairs]

    digest = hashlib.sha256("\n".join(results).encode()).hexdigest()

    assert (NORMALIZER_VERSION, digest[:16]) == (2, "223b5ceec081129e")


def test_a_real_pha_is_kept() -> None:
    """ඵල (fruit, yield) is not taken for a mistyped එ."""
    assert normalize("ඵලදාව") == "ඵලදාව"


@pytest.mark.parametrize("text", ["", " ", "🌾", "?!", "\u200d", "\x00", "\ud800", "ා"])
def test_nothing_readable_becomes_empty(text: str) -> None:
    """A text without letters or digits normalises to the empty string."""
    assert normalize(text) == ""


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("ගොයම කහයි", "sinhala"),
        ("goyama kahai", "latin"),
        ("paddy එකේ leaf", "mixed"),
        ("நெல் மஞ்சள்", "tamil"),
        ("நல ab", "tamil"),
        ("123 🌾", "other"),
        ("", "other"),
    ],
)
def test_the_script_is_named(text: str, script: str) -> None:
    """Each script that farmers use has a name."""
    assert detect_script(text) == script
