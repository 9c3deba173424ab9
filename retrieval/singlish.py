"""Restoring Latin typing and careless spelling to the Sinhala that the embedder knows.

A Latin word is looked up by its sound in a lexicon made from the knowledge base's own Sinhala
words, then by its consonants alone (dropped vowels), and is otherwise spelt by rule. English words
of the knowledge base's titles and keywords stay as they are: the embedder is strong in English.
A Sinhala word that the lexicon lacks becomes its own word of the same sound, if there is one:
කුබුර is කුඹුර with a letter mistaken.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cached_property

from retrieval.normalize import normalize
from retrieval.phonetic import fold_word, romanize, skeleton

_LATIN_WORD = re.compile("[a-z]+")
_SINHALA_WORD = re.compile("[\u0d80-\u0dff]+")
#: English function words that are also everyday Singlish; never taken for English.
_SINGLISH_FIRST = frozenset(
    "a an and are at be do for from how i in is it me my no of on one or to too what when which "
    "who why will with the that this man ai mata mama hari ban api oya eka eke ekata dan den kara "
    "use pala gas male mal wee kale".split()
)
_MIN_SKELETON = 3
#: A Sinhala word that stands so often in the texts is a usual one.
_USUAL = 5
#: An unknown word that reads like Sinhala: open syllables, a vowel at the end. One vowel a round:
#: with more, a word of vowels could be cut in so many ways that trying them all never ends.
_SPELT_BY_RULE = re.compile("(?:[^aeiou]{0,3}[aeiou])+")

_RULES: tuple[tuple[str, str], ...] = (
    ("nng", "ංග"), ("ndh", "න්ද"), ("nd", "ඳ"), ("mb", "ඹ"), ("ng", "ං"), ("thth", "ත්ත"),
    ("th", "ත"), ("dh", "ද"), ("sh", "ශ"), ("ch", "ච"), ("kh", "ක"), ("gh", "ග"), ("bh", "බ"),
    ("ph", "ෆ"), ("b", "බ"), ("c", "ක"), ("d", "ද"), ("f", "ෆ"), ("g", "ග"), ("h", "හ"),
    ("j", "ජ"), ("k", "ක"), ("l", "ල"), ("m", "ම"), ("n", "න"), ("p", "ප"), ("q", "ක"),
    ("r", "ර"), ("s", "ස"), ("t", "ට"), ("v", "ව"), ("w", "ව"), ("x", "ක්ස"), ("y", "ය"),
    ("z", "ස"),
)  # fmt: skip
_VOWEL_RULES: tuple[tuple[str, str, str], ...] = (
    # typed, after a consonant, standing alone
    ("aae", "ෑ", "ඈ"), ("aa", "ා", "ආ"), ("ae", "ැ", "ඇ"), ("ai", "යි", "අයි"), ("au", "ෞ", "ඖ"),
    ("ee", "ී", "ඊ"), ("ii", "ී", "ඊ"), ("ei", "ෙයි", "එයි"), ("oo", "ෝ", "ඕ"), ("uu", "ූ", "ඌ"),
    ("a", "", "අ"), ("e", "ෙ", "එ"), ("i", "ි", "ඉ"), ("o", "ො", "ඔ"), ("u", "ු", "උ"),
)  # fmt: skip


class Restorer:
    """A lexicon from sounds to Sinhala words, and the English words to leave alone."""

    def __init__(
        self, counts: Mapping[str, int], sounds: Mapping[str, str], english: Iterable[str]
    ) -> None:
        """Take what `from_texts` has found.

        Args:
            counts: How often each Sinhala word stands in the texts.
            sounds: The folded sound of each.
            english: Latin words to leave alone.
        """
        self.counts = counts
        self.sounds = sounds
        self.english = frozenset(english)

    @cached_property
    def _by_sound(self) -> dict[str, list[str]]:
        return _grouped((sound, word) for word, sound in self.sounds.items())

    @cached_property
    def _by_skeleton(self) -> dict[str, list[str]]:
        return _grouped((skeleton(sound), word) for word, sound in self.sounds.items())

    @classmethod
    def from_texts(
        cls, sinhala: Iterable[str], english: Iterable[str], keywords: Iterable[str] = ()
    ) -> "Restorer":
        """Count the Sinhala words of `sinhala` texts and take the Latin ones of the others.

        Args:
            sinhala: Phrasings and answers, in any script; only Sinhala words are taken.
            english: English titles.
            keywords: English keywords, some of which are Singlish ("pohora"): a word that sounds
                like a usual Sinhala one is taken for it.
        """
        counts = Counter(
            word for text in sinhala for word in _SINHALA_WORD.findall(normalize(text))
        )
        sounds = {word: fold_word(word) for word in sorted(counts)}
        usual = {sound for word, sound in sounds.items() if counts[word] >= _USUAL}
        named = {word for word in _latin_words(keywords) if fold_word(word) not in usual}
        return cls(counts, sounds, (_latin_words(english) | named) - _SINGLISH_FIRST)

    def restore(self, text: str) -> str:
        """Return a normalised text with its Singlish and its misspelt words in known spelling.

        Idempotent, since a word of the lexicon is never changed. A Latin word beside Sinhala
        script that the lexicon does not know is taken for English and left alone.
        """
        text = normalize(text)
        is_mixed = _SINHALA_WORD.search(text) is not None
        return " ".join(self._restore_word(word, is_mixed) for word in text.split())

    def _restore_word(self, word: str, is_mixed: bool) -> str:
        if _SINHALA_WORD.fullmatch(word):
            return word if word in self.counts else self._respell(word)
        if not _LATIN_WORD.fullmatch(word) or self._is_english(word):
            return word
        known = self._look_up(word)
        if known or is_mixed or not _SPELT_BY_RULE.fullmatch(word):
            return known or word
        return spell(word)

    def _respell(self, word: str) -> str:
        """Return the usual Sinhala word of the same sound, or the word itself."""
        alike = self._by_sound.get(fold_word(word), ())
        return max(alike, key=lambda known: self.counts[known], default=word)

    def _look_up(self, word: str) -> str:
        sound = fold_word(word)
        candidates = self._by_sound.get(sound, ())
        if not candidates and len(bones := skeleton(sound)) >= _MIN_SKELETON:
            candidates = self._by_skeleton.get(bones, ())
        return max(candidates, key=lambda known: self._fit(word, known), default="")

    def _fit(self, typed: str, known: str) -> tuple[float, int]:
        """Prefer the spelling nearest to what was typed (doubled letters count), then the usual."""
        likeness = SequenceMatcher(None, typed.replace("w", "v"), romanize(known)).ratio()
        return round(likeness, 1), self.counts[known]

    def _is_english(self, word: str) -> bool:
        if word in self.english:
            return True
        return word.endswith("s") and word[:-1] in self.english


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, word in pairs:
        groups[name].append(word)
    return dict(groups)


def _latin_words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _LATIN_WORD.findall(normalize(text))}


def spell(word: str) -> str:
    """Write a lower-case Latin word in Sinhala letters by rule, as Singlish is read aloud.

    >>> spell("wathura")
    'වතුර'
    """
    out = ""
    after_consonant = False
    while word:
        typed, sign, letter = next(
            (rule for rule in _VOWEL_RULES if word.startswith(rule[0])), ("", "", "")
        )
        if typed:
            out += sign if after_consonant else letter
            after_consonant = False
        else:
            typed, letters = next(
                (rule for rule in _RULES if word.startswith(rule[0])), (word[0], word[0])
            )
            out += ("්" if after_consonant else "") + letters
            after_consonant = not letters.endswith("ං")
        word = word[len(typed) :]
    return out + ("්" if after_consonant else "")
