"""Unicode folding for matching. What people see is always the original text.

Sinhala text arrives broken in ways that NFC does not mend: vowel signs typed in two strokes,
signs typed before their consonant as on a typewriter, joiners missing or doubled. `REPAIRS` is the
whole list; a change to it needs a new `NORMALIZER_VERSION`, because stored vectors depend on it.
"""

import re
import unicodedata
from collections import Counter
from typing import Literal

NORMALIZER_VERSION = 2

Script = Literal["sinhala", "latin", "mixed", "tamil", "other"]

#: Sequence as typed -> the one Unicode spelling of it, applied until nothing changes.
REPAIRS: dict[str, str] = {
    # independent vowels built from a shorter one and a sign
    "අා": "ආ", "අැ": "ඇ", "අෑ": "ඈ", "ඇෑ": "ඈ", "ඉි": "ඊ", "උෟ": "ඌ", "උු": "ඌ", "ඍෘ": "ඎ",
    "එ්": "ඒ", "එෙ": "ඓ", "ෙඑ": "ඓ", "ඔ්": "ඕ", "ඔෟ": "ඖ",
    # vowel signs typed in two strokes, or in the wrong order
    # (NFKC has joined ෙ+් ෙ+ා ො+් ෙ+ෟ before this table is read)
    "\u0dd9\u0dd9": "ෛ", "\u0dca\u0dd9": "ේ", "\u0dcf\u0dd9": "ො", "ේා": "ෝ", "ා්ෙ": "ෝ",
    "ුු": "ූ", "ිි": "ී", "ැැ": "ෑ", "ෘෘ": "ෲ", "ෙැ": "ෑ",
    # one sign struck twice
    "ාා": "ා", "්්": "්", "ීී": "ී", "ූූ": "ූ", "ේේ": "ේ", "ෝෝ": "ෝ", "ෑෑ": "ෑ", "ංං": "ං",
}  # fmt: skip

_CONSONANT = "\u0d9a-\u0dc6"
_SIGN = "\u0dca\u0dcf-\u0ddf\u0df2\u0df3"
_REPAIR = re.compile("|".join(sorted(REPAIRS, key=len, reverse=True)))
# ෙ or ෛ struck before its consonant, as on a Sinhala typewriter: nothing it could belong to
# stands before it.
_TYPEWRITER = re.compile(rf"(?<![{_CONSONANT}{_SIGN}])([\u0dd9\u0ddb])([{_CONSONANT}])")
_STRAY_SIGN = re.compile(rf"(?<![\u0d85-\u0d96{_CONSONANT}{_SIGN}])[{_SIGN}]+")
# ඵ looks like එ in many fonts; it is real in ඵල (yield, fruit) and its family.
_LOOKALIKE = re.compile("ඵ(?!ල)")
_JOINED_NUMBER = re.compile(r"(?<=[^\s\d\ue000])(?=\d)|(?<=\d)(?=[^\s\d\ue000])")
_DECIMAL_POINT = re.compile(r"(?<=\d)[.,](?=\d)")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
_MARK_KEPT = "\ue000"  # stands for a decimal point while punctuation is cleared


def normalize(text: str) -> str:
    """Fold a text to the one form in which questions and phrasings are compared.

    NFKC, lower case, one spelling per Sinhala syllable (`REPAIRS`, typewriter order), no joiners
    or other invisible characters, ASCII digits parted from letters, single spaces for everything
    that is neither letter, mark nor digit. Applying it twice changes nothing. Never raises.

    >>> normalize("Bg352 වල  ක්‍රමය?!")
    'bg 352 වල ක්රමය'
    """
    text = text.replace(_MARK_KEPT, " ")
    previous = None
    while previous != text:  # each step can uncover work for another
        previous = text
        text = _fold_once(text)
    return text


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    text = _DECIMAL_POINT.sub(_MARK_KEPT, text).translate(_CHARACTERS)
    text = _TYPEWRITER.sub(r"\2\1", _REPAIR.sub(_repaired, text))
    text = _LONG_RUN.sub(r"\1\1", _LOOKALIKE.sub("එ", text))
    text = _STRAY_SIGN.sub("", _JOINED_NUMBER.sub(" ", text))
    return " ".join(text.replace(_MARK_KEPT, ".").split())


def _repaired(match: re.Match[str]) -> str:
    return REPAIRS[match.group()]


class _Characters(dict[int, str]):
    """What each character becomes, worked out once a character for `str.translate`."""

    def __missing__(self, code: int) -> str:
        self[code] = result = _fold_character(chr(code))
        return result


def _fold_character(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(char)
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""  # joiners, direction marks, byte order marks, variation selectors
    return char if char == _MARK_KEPT or category[0] in "LMN" else " "


_CHARACTERS = _Characters()


def detect_script(text: str) -> Script:
    """Name the script of a text: "mixed" is Sinhala and Latin letters in one message."""
    counts = Counter(_script_of(char) for char in text)
    sinhala, latin, tamil = counts["sinhala"], counts["latin"], counts["tamil"]
    if tamil > sinhala and tamil >= latin:
        return "tamil"
    if sinhala and latin:
        return "mixed"
    if sinhala:
        return "sinhala"
    return "latin" if latin else "other"


def _script_of(char: str) -> str:
    if "\u0d80" <= char <= "\u0dff":
        return "sinhala"
    if "\u0b80" <= char <= "\u0bff":
        return "tamil"
    return "latin" if char.isascii() and char.isalpha() else "other"
