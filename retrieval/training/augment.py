"""Other ways of typing a phrasing: in a hurry, with a wrong key, or in Latin letters."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from retrieval.normalize import detect_script, normalize
from retrieval.phonetic import romanize

if TYPE_CHECKING:
    from collections.abc import Callable

#: Letters and signs that are written for one another, because they sound alike or are one key off.
_CONFUSED = {
    "ණ": "න", "න": "ණ", "ළ": "ල", "ල": "ළ", "ශ": "ස", "ෂ": "ශ", "ස": "ශ", "ත": "ථ", "ද": "ධ",
    "ඳ": "ද", "ඹ": "බ", "ඟ": "ග", "ඩ": "ද", "ට": "ත", "ච": "ජ", "භ": "බ", "ඛ": "ක",
    "ා": "", "ී": "ි", "ූ": "ු", "ේ": "ෙ", "ෝ": "ො", "ෑ": "ැ", "ැ": "ෑ", "ි": "ී", "ු": "ූ",
}  # fmt: skip
#: How typists vary the letters that `romanize` writes.
_SPELLINGS = {
    "t": ("th", "t"), "d": ("d", "dh"), "w": ("w", "v"), "c": ("ch", "c"), "s": ("s", "sh"),
    "e": ("e", "ee", "a"), "i": ("i", "ee"), "u": ("u", "oo"), "o": ("o", "oo"), "a": ("a", "aa"),
    "p": ("p", "f"),
}  # fmt: skip
_INNER_VOWEL = re.compile(r"(?<=[^aeiou\s])[aeiou]+(?=[^aeiou\s])")
_KEEP_SPELLING = 0.85


class Typist:
    """Types a text again as another farmer might; the same seed types the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._ways: tuple[Callable[[list[str]], list[str]], ...] = (
            self._drop_word,
            self._drop_letter,
            self._confuse_letters,
            self._confuse_letters,
            self._join_words,
            self._in_latin,
            self._in_latin,
            self._in_clipped_latin,
        )

    def variants(self, text: str) -> list[str]:
        """Return one other way of typing a text, or nothing for a text without Sinhala."""
        words = normalize(text).split()
        if detect_script(text) not in {"sinhala", "mixed"} or not words:
            return []
        typed = self._random.choice(self._ways)(words)
        return [" ".join(typed)] if any(typed) else []

    def _drop_word(self, words: list[str]) -> list[str]:
        if len(words) < 3:
            return words
        gone = self._random.randrange(len(words))
        return words[:gone] + words[gone + 1 :]

    def _drop_letter(self, words: list[str]) -> list[str]:
        at = self._random.randrange(len(words))
        word = words[at]
        if len(word) < 4:
            return words
        gone = self._random.randrange(1, len(word))
        return [*words[:at], word[:gone] + word[gone + 1 :], *words[at + 1 :]]

    def _confuse_letters(self, words: list[str]) -> list[str]:
        return [self._confuse(word) if self._random.random() < 0.4 else word for word in words]

    def _confuse(self, word: str) -> str:
        return "".join(
            _CONFUSED[char] if char in _CONFUSED and self._random.random() < 0.4 else char
            for char in word
        )

    def _join_words(self, words: list[str]) -> list[str]:
        if len(words) < 2:
            return words
        at = self._random.randrange(len(words) - 1)
        return [*words[:at], words[at] + words[at + 1], *words[at + 2 :]]

    def _in_latin(self, words: list[str]) -> list[str]:
        return [self._spell(romanize(word)) for word in words]

    def _in_clipped_latin(self, words: list[str]) -> list[str]:
        latin = self._in_latin(words)
        return [_INNER_VOWEL.sub(self._maybe_drop, word) for word in latin]

    def _spell(self, latin: str) -> str:
        typed = latin.replace("t", "th").replace("v", "w")
        return "".join(
            char if self._random.random() < _KEEP_SPELLING else self._other_spelling(char)
            for char in typed
        )

    def _other_spelling(self, char: str) -> str:
        return self._random.choice(_SPELLINGS.get(char, (char,)))

    def _maybe_drop(self, vowels: re.Match[str]) -> str:
        return "" if self._random.random() < 0.5 else vowels.group()
