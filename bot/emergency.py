"""Calls for help: poisoning, snake bite, a wish to die.

Nothing here needs the embedder or the database. Words are compared by their sound
(`retrieval.phonetic.fold`), so that Sinhala script, careless Sinhala and Latin typing meet in one
rule. What is denied ("nobody drank any") or happened to an animal is no emergency. What no rule
foresaw is told by a classifier (`bot.emergency_classifier`), which may also overrule a rule.
`bot.emergency_rules` reads the rules.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from bot.emergency_classifier import EmergencyClassifier
from retrieval.normalize import normalize
from retrieval.phonetic import fold_word

#: From this probability on a message calls for help though no rule says so.
LIKELY = 0.2
#: Below it, it does not though a rule says so.
UNLIKELY = 0.05
#: Longer messages are looked at in overlapping pieces of so many words.
PIECE_WORDS = 60
#: A word is heard to so many letters.
WORD_LETTERS = 64
#: Words before a match among which a denial is looked for.
DENIAL_WORDS = 2
#: A message of which more is known for English is answered in English.
ENGLISH_SHARE = 0.6

#: Typed or not: "don't", "dont".
_APOSTROPHES = str.maketrans("", "", "'’‘`´")
#: "helppp": letters drawn out for feeling.
_DRAWN_OUT = re.compile(r"([^\W\d])\1{2,}")


class Emergency(NamedTuple):
    """What a call for help is about.

    Attributes:
        kind: Names the text of the reply.
        language: "en" for an English message; "" for any other.
    """

    kind: str
    language: str = ""


class Expression:
    """A regular expression over sounds, written and compiled when a message first asks for it.

    Most never are: a pattern is looked for only where all of its words are.
    """

    def __init__(self, write: Callable[[], str]) -> None:
        self._write = write

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression, ready to search with."""
        return re.compile(self._write())


class _Sounds:
    """The sounds of some words, beginning and ending with a space."""

    def __init__(self, words: Sequence[str]) -> None:
        self.text = f" {' '.join(words)} "
        self._found: dict[Expression, bool] = {}

    def has(self, expression: Expression) -> bool:
        """Whether an expression is found anywhere."""
        if expression not in self._found:
            self._found[expression] = expression.compiled.search(self.text) is not None
        return self._found[expression]


class Pattern(NamedTuple):
    """A sequence of words: its whole expression, and those of the words that it cannot lack."""

    expression: Expression
    words: tuple[Expression, ...]

    def find(self, sounds: _Sounds) -> Iterator[re.Match[str]]:
        """Yield where it is found."""
        if all(sounds.has(word) for word in self.words):
            yield from self.expression.compiled.finditer(sounds.text)


class Rule(NamedTuple):
    """One way in which a kind of emergency is told.

    Attributes:
        patterns: Any of which tells it.
        needs: What must be found anywhere too.
        unless: What must not be found anywhere, unless `despite` is too.
        denied: A word that, shortly before, turns it into its opposite.
        past: A word by which it is long over, unless `recent` is found too.
    """

    kind: str
    patterns: tuple[Pattern, ...]
    needs: Expression | None
    unless: Expression | None
    despite: Expression | None
    denied: Expression
    past: Expression | None
    recent: Expression | None

    def holds(self, sounds: _Sounds) -> bool:
        """Whether it tells an emergency."""
        if self.needs is not None and not sounds.has(self.needs):
            return False
        if _outweighs(sounds, self.past, self.recent):
            return False
        matches = (match for pattern in self.patterns for match in pattern.find(sounds))
        is_told = any(not self._is_denied(match) for match in matches)
        return is_told and not _outweighs(sounds, self.unless, self.despite)

    def _is_denied(self, match: re.Match[str]) -> bool:
        before = match.string[: match.start()].split()[-DENIAL_WORDS:]
        return self.denied.compiled.search(f" {' '.join(before)} ") is not None


def _outweighs(sounds: _Sounds, against: Expression | None, despite: Expression | None) -> bool:
    """Whether `against` is found, and no `despite`."""
    if against is None or not sounds.has(against):
        return False
    return despite is None or not sounds.has(despite)


class Emergencies:
    """Tells calls for help from everything else. Keeps no state; safe in any thread."""

    def __init__(
        self,
        rules: Sequence[Rule],
        apart: frozenset[str],
        english: frozenset[str],
        products: tuple[Expression, str],
        classifier: EmergencyClassifier | None = None,
    ) -> None:
        """Take what `bot.emergency_rules` has read.

        Args:
            rules: In order of precedence: the first one that holds names the kind.
            apart: Normalised words that sound like others of another meaning; they are
                compared as they are written.
            english: Normalised words of which an English message mostly consists.
            products: The names of products by their sound, and the one that all are heard as.
            classifier: Has the second word; None leaves it all to the rules.
        """
        self._rules = rules
        self._apart = apart
        self._english = english
        self._products, self._product = products
        self._classifier = classifier
        self.kinds = tuple(dict.fromkeys(rule.kind for rule in rules))

    def detect(self, text: str) -> Emergency | None:
        """Return what a message calls for help about, or None. Never raises."""
        sounds = self.hear(text)
        pieces = [
            sounds[start : start + PIECE_WORDS] for start in range(0, len(sounds), PIECE_WORDS // 2)
        ]
        kind = self._judge(pieces) if pieces else None
        return None if kind is None else Emergency(kind, "en" if self._is_english(text) else "")

    def hear(self, text: str) -> list[str]:
        """Return the sounds of a message's words, that of one product for any."""
        sounds = (sound_of(word[:WORD_LETTERS], self._apart) for word in split_words(text))
        return self._products.compiled.sub(self._product, f" {' '.join(sounds)} ").split()

    def _judge(self, pieces: Sequence[Sequence[str]]) -> str | None:
        told = self._find_rule([_Sounds(piece) for piece in pieces])
        if self._classifier is None:
            return told
        kind, danger = max(map(self._classifier.judge, pieces), key=lambda judged: judged[1])
        if told is not None:
            return told if danger >= UNLIKELY else None
        return kind if danger >= LIKELY else None

    def _find_rule(self, pieces: Sequence[_Sounds]) -> str | None:
        kinds = (rule.kind for rule in self._rules for piece in pieces if rule.holds(piece))
        return next(kinds, None)

    def _is_english(self, text: str) -> bool:
        words = split_words(text)
        known = sum(word in self._english for word in words)
        return known > len(words) * ENGLISH_SHARE


def split_words(text: str) -> list[str]:
    """Return a text's normalised words, letters drawn out for feeling written once."""
    return normalize(_DRAWN_OUT.sub(r"\1", text.translate(_APOSTROPHES))).split()


def sound_of(word: str, apart: frozenset[str]) -> str:
    """Return a word's sound; one of those that are kept `apart` as it is written, with a mark."""
    return f"={word}" if word in apart else fold_word(word)
