"""A script-independent sound fold: Sinhala script and Latin typing of one word meet in one string.

Latin typing of Sinhala ("Singlish") has no standard: th and t, dh and d, w and v, ee and i are
written for one another, vowels are doubled or dropped. The fold romanises Sinhala script by rule,
then merges, on both sides, everything that typists confuse.
"""

import re
from functools import lru_cache

from retrieval.normalize import normalize

#: Characters of the longest word whose fold is remembered.
LONGEST_REMEMBERED = 64

_CONSONANTS = dict(
    zip(
        "කඛගඝඞඟචඡජඣඤඥඦටඨඩඪණඬතථදධනඳපඵබභමඹයරලවශෂසහළෆ",
        "k k g g n g c c j j n n j t t d d n d t t d d n d p p b b m b y r l v s s s h l p".split(),
        strict=True,
    )
)
_VOWELS = dict(
    zip(
        "අආඇඈඉඊඋඌඍඎඑඒඓඔඕඖ",
        "a a e e i i u u ru ru e e ai o o au".split(),
        strict=True,
    )
)
_SIGNS = dict(zip("ාැෑිීුූෘෲෙේෛොෝෞෟ", "a e e i i u u ru ru e e ai o o au u".split(), strict=True)) | {
    "්": ""
}
_OTHER = {"ං": "n", "ඃ": ""}

#: What Latin typists write for one sound, in the order applied. "C" stands for the sound of ච.
_MERGES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("ch", "C"), ("ck", "k"), ("c", "k"), ("q", "k"), ("x", "ks"), ("z", "s"),
        ("ph", "p"), ("f", "p"), ("w", "v"),
        ("(?<=[kgjtdpbsC])h", ""),           # aspirates, th, dh, sh
        ("gn|ny", "n"),
        ("ae|ea", "e"), ("ee", "i"), ("oo", "u"), ("aw|ou|ow", "au"),
        ("iy(?=[aeou])", "i"), ("yi", "i"), ("ai", "ei"),
        ("n(?=[gdj])|m(?=b)", ""),           # prenasals: ඟ ඳ ඬ ඹ
        (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_WEAK = re.compile("[aeiouh]")


def romanize(text: str) -> str:
    """Write the Sinhala letters of a normalised text in Latin by rule; leave the rest alone.

    >>> romanize("කොළ කහ")
    'kola kaha'
    """
    if not _has_sinhala(text):
        return text
    out: list[str] = []
    pending = False  # a consonant whose inherent "a" is not settled yet
    for char in text:
        if char in _SIGNS and pending:
            out.append(_SIGNS[char])
            pending = False
            continue
        if pending:
            out.append("a")
        pending = char in _CONSONANTS
        out.append(_CONSONANTS.get(char) or _VOWELS.get(char) or _OTHER.get(char, char))
    if pending:
        out.append("a")
    return "".join(out).replace("c", "ch")


def _has_sinhala(text: str) -> bool:
    return any("\u0d80" <= char <= "\u0dff" for char in text)


def fold_word(word: str) -> str:
    """Fold one normalised word; "" only for "".

    >>> fold_word("වතුර"), fold_word("wathura"), fold_word("vatura")
    ('vatura', 'vatura', 'vatura')
    """
    # Thousands of characters without a space are no word, and remembered would fill the memory.
    return _fold_word(word) if len(word) > LONGEST_REMEMBERED else _remembered(word)


def _fold_word(word: str) -> str:
    sound = romanize(word)
    for pattern, replacement in _MERGES:
        sound = pattern.sub(replacement, sound)
    return sound.lower() or word


_remembered = lru_cache(maxsize=50_000)(_fold_word)


def fold(text: str) -> str:
    """Normalise a text and fold each word to its sound; words stay parted by one space."""
    return " ".join(fold_word(word) for word in normalize(text).split())


def skeleton(folded_word: str) -> str:
    """Drop vowels and h after the first letter: how "krnne" and "karanne" meet.

    >>> skeleton(fold_word("krnne")) == skeleton(fold_word("කරන්නේ"))
    True
    """
    return folded_word[:1] + _WEAK.sub("", folded_word[1:])
