"""Calls for help: poisoning, snake bite, a wish to die.

Nothing here needs the embedder or the database. Words are compared by their sound
(`retrieval.phonetic.fold`), so that Sinhala script, careless Sinhala and Latin typing meet in one
rule. A rule is a short grammar, not a list of sentences: a poison, then a verb of swallowing. What
is denied ("nobody drank any") or happened to an animal is no emergency. What no rule foresaw is
told by a classifier (`bot.emergency_classifier`), which may also overrule a rule.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.emergency_classifier import EmergencyClassifier
from bot.errors import GoviError
from bot.settings import ROOT
from retrieval.normalize import normalize
from retrieval.phonetic import fold_word

FILE = ROOT / "knowledge" / "emergencies.toml"
WEIGHTS = ROOT / "knowledge" / "emergencies.weights"
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

_GAPS = {"..": 2, "...": 4, "....": 8}
_NAMED = re.compile(r"<(\w+)>")
#: What "_" joins: sets, which may have one in their names, and words.
_PART = re.compile(r"<\w+>|[^_<>]+")
#: Typed or not: "don't", "dont".
_APOSTROPHES = str.maketrans("", "", "'’‘`´")
#: "helppp": letters drawn out for feeling.
_DRAWN_OUT = re.compile(r"([^\W\d])\1{2,}")
#: What the two tables below respell.
_OPEN_VOWEL = re.compile("[ැෑඇඈ]")
#: Latin typists write "a" for these too: මැරෙනවා is "merenawa" and "marenawa".
_BROAD_VOWELS = str.maketrans({"ැ": None, "ෑ": "ා", "ඇ": "අ", "ඈ": "ආ"})
#: ... or "e": වැඩක් is "wedak".
_NARROW_VOWELS = str.maketrans({"ැ": "ෙ", "ෑ": "ා", "ඇ": "එ", "ඈ": "ආ"})


class EmergencyError(GoviError):
    """The rules for emergencies cannot be used; the message says what and where."""


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
        """Take what `load_emergencies` has read.

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
        sounds = (_sound(word[:WORD_LETTERS], self._apart) for word in _words(text))
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
        words = _words(text)
        known = sum(word in self._english for word in words)
        return known > len(words) * ENGLISH_SHARE


def _words(text: str) -> list[str]:
    return normalize(_DRAWN_OUT.sub(r"\1", text.translate(_APOSTROPHES))).split()


def _sound(word: str, apart: frozenset[str]) -> str:
    return f"={word}" if word in apart else fold_word(word)


class _Rule(BaseModel):
    """One rule as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    patterns: tuple[str, ...] = Field(min_length=1)
    between: str = ""
    needs: str = ""
    unless: str = ""
    despite: str = ""
    denied: str = ""


class _Document(BaseModel):
    """The file of rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    apart: str
    denied: str
    refused: str
    english: str
    products: str
    passing: str = ""
    past: str = ""
    recent: str = ""
    words: dict[str, str]
    patterns: dict[str, tuple[str, ...]] = {}
    rule: tuple[_Rule, ...] = Field(min_length=1)


def load_emergencies(path: Path = FILE, weights: Path | None = WEIGHTS) -> Emergencies:
    """Read the rules, whose file explains its own format, and what the classifier has learnt.

    Args:
        path: The rules.
        weights: What `govi model emergencies` wrote; None goes by the rules alone.

    Raises:
        EmergencyError: A file is missing or malformed, or a pattern names an unknown set.
    """
    classifier = None if weights is None else _read_classifier(weights)
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text("utf-8")))
        return _Grammar(document).read(classifier)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise EmergencyError(f"{path} cannot be used: {error}") from error
    except KeyError as error:
        raise EmergencyError(
            f"{path}: a rule names {error.args[0]!r}, which is not there"
        ) from None


def _read_classifier(path: Path) -> EmergencyClassifier:
    try:
        return EmergencyClassifier.read(path)
    except (OSError, ValueError) as error:
        raise EmergencyError(
            f"{path} cannot be used ({error}); make it again: govi model emergencies"
        ) from error


class _Grammar:
    """Turns the file's patterns into expressions over sounds."""

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._apart = frozenset(normalize(word) for word in document.apart.split())
        self._written: dict[str, str] = {}
        self._expressions: dict[tuple[Callable[[str], str], str], Expression] = {}

    def read(self, classifier: EmergencyClassifier | None) -> Emergencies:
        """Read every rule.

        Raises:
            KeyError: One of them names a set that is not there.
        """
        self._check_names()
        english = frozenset(normalize(word) for word in self._document.english.split())
        names = self._document.products
        products = self._expression(self._whole, names), self._letters(names.split()[0].rstrip("*"))
        return Emergencies([*self._rules()], self._apart, english, products, classifier)

    def _rules(self) -> Iterator[Rule]:
        passing = self._document.passing.split()
        for rule in self._document.rule:
            between = f"<_denied> {rule.between}"
            texts = self._texts(rule.patterns)
            yield Rule(
                rule.kind,
                tuple(self._pattern(text, between) for text in texts),
                self._anywhere(rule.needs),
                self._anywhere(rule.unless),
                self._anywhere(rule.despite),
                self._expression(self._whole, f"<_denied> {rule.denied}"),
                self._anywhere(self._document.past) if rule.kind in passing else None,
                self._anywhere(self._document.recent),
            )

    def _check_names(self) -> None:
        document = self._document
        texts = [document.denied, document.refused, document.past, document.recent]
        texts += document.words.values()
        for rule in document.rule:
            texts += self._texts(rule.patterns)
            texts += rule.between, rule.needs, rule.unless, rule.despite, rule.denied
        for name in _NAMED.findall(" ".join(texts)):
            document.words[name]

    def _texts(self, patterns: Sequence[str]) -> Iterator[str]:
        """Yield patterns, those of a named group one by one."""
        for pattern in patterns:
            if pattern.startswith("@"):
                yield from self._document.patterns[pattern[1:]]
            else:
                yield pattern

    def _expression(self, write: Callable[[str], str], words: str) -> Expression:
        """Return the one expression that is written so for these words."""
        new = Expression(partial(write, words))
        return self._expressions.setdefault((write, words), new)

    def _anywhere(self, words: str) -> Expression | None:
        return self._expression(self._whole, words) if words else None

    def _whole(self, words: str) -> str:
        return rf"(?<= ){self._choices(words)}(?= )"

    def _pattern(self, text: str, between: str) -> Pattern:
        words = (part for part in text.split() if part not in _GAPS and not part.endswith("?"))
        return Pattern(
            Expression(partial(self._sequence, text, between)),
            tuple(self._expression(self._choices, word.replace("/", " ")) for word in words),
        )

    def _sequence(self, text: str, between: str) -> str:
        """Write "<poison> ... <drank>" as an expression; words may also be run together."""
        out, joint, stop = "", "", self._choices(between)
        for part in text.split():
            if part in _GAPS:
                out += rf"(?: (?!{stop} )\S+(?= )){{0,{_GAPS[part]}}}"
                joint = " "
                continue
            choice = self._choices(part.removesuffix("?").replace("/", " "))
            out += f"(?:{joint}{choice})?" if part.endswith("?") else joint + choice
            joint = " ?"
        refused = self._choices(self._document.refused)
        return rf"(?<= ){out}(?= )(?! {refused} )"

    def _choices(self, words: str) -> str:
        """Write words parted by spaces as one group; "<set>" stands for its words."""
        if words not in self._written:
            parts = {spelling: None for word in words.split() for spelling in self._spell(word)}
            self._written[words] = f"(?:{'|'.join(parts)})"
        return self._written[words]

    def _spell(self, word: str) -> Iterator[str]:
        """Yield expressions for a word: "_" parts words, "*" stands for any letters."""
        typed = [word]
        if word not in self._apart and _OPEN_VOWEL.search(word):
            typed += word.translate(_BROAD_VOWELS), word.translate(_NARROW_VOWELS)
        for spelling in dict.fromkeys(typed):
            yield " ?".join(self._part(part) for part in _PART.findall(spelling))

    def _part(self, part: str) -> str:
        named = _NAMED.fullmatch(part)
        return self._set(named[1]) if named else self._letters(part)

    def _set(self, name: str) -> str:
        words = self._document.words
        return self._choices(self._document.denied if name == "_denied" else words[name])

    def _letters(self, part: str) -> str:
        pieces = [" ".join(_sound(w, self._apart) for w in _words(p)) for p in part.split("*")]
        return r"\S*".join(re.escape(piece) for piece in pieces)
