"""The rules by which `bot.emergency` tells calls for help, read from their file.

A rule is a short grammar, not a list of sentences: a poison, then a verb of swallowing. The file
explains it.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.emergency import Emergencies, Expression, Pattern, Rule, sound_of, split_words
from bot.emergency_classifier import EmergencyClassifier
from bot.errors import GoviError
from bot.settings import ROOT
from retrieval.normalize import normalize

FILE = ROOT / "knowledge" / "emergencies.toml"
WEIGHTS = ROOT / "knowledge" / "emergencies.weights"

_GAPS = {"..": 2, "...": 4, "....": 8}
_NAMED = re.compile(r"<(\w+)>")
#: What "_" joins: sets, which may have one in their names, and words.
_PART = re.compile(r"<\w+>|[^_<>]+")
#: What the table below respells; by itself it sounds as Latin "e": මැරෙනවා as "merenawa".
_OPEN_VOWEL = re.compile("[ැෑඇඈ]")
#: Latin typists write "a" for these too: "marenawa".
_BROAD_VOWELS = str.maketrans({"ැ": None, "ෑ": "ා", "ඇ": "අ", "ඈ": "ආ"})


class EmergencyError(GoviError):
    """The rules for emergencies cannot be used; the message says what and where."""


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
            typed.append(word.translate(_BROAD_VOWELS))
        for spelling in typed:
            yield " ?".join(self._part(part) for part in _PART.findall(spelling))

    def _part(self, part: str) -> str:
        named = _NAMED.fullmatch(part)
        return self._set(named[1]) if named else self._letters(part)

    def _set(self, name: str) -> str:
        words = self._document.words
        return self._choices(self._document.denied if name == "_denied" else words[name])

    def _letters(self, part: str) -> str:
        pieces = [
            " ".join(sound_of(w, self._apart) for w in split_words(p)) for p in part.split("*")
        ]
        return r"\S*".join(re.escape(piece) for piece in pieces)
