"""Calls for help, told by rule alone: poisoning, snake bite, a wish to die.

Nothing here needs the model or the database. Words are compared by their sound
(`retrieval.phonetic.fold`), so that Sinhala script, careless Sinhala and Latin typing meet in one
rule. A rule is a short grammar, not a list of sentences: a poison, then a verb of swallowing. What
is denied ("nobody drank any") or happened to an animal is no emergency.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import GoviError
from bot.settings import ROOT
from retrieval.normalize import normalize
from retrieval.phonetic import fold_word

FILE = ROOT / "knowledge" / "emergencies.toml"
#: Longer messages are looked at in overlapping pieces of so many words.
PIECE_WORDS = 60
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


@dataclass(frozen=True, slots=True)
class Emergency:
    """What a call for help is about.

    Attributes:
        kind: Names the text of the reply.
        language: "en" for an English message; "" for any other.
    """

    kind: str
    language: str = ""


#: Expressions are compiled when a message first asks for them; most never are.
_compiled = lru_cache(maxsize=None)(re.compile)


class _Sounds:
    """The sounds of some words, beginning and ending with a space."""

    def __init__(self, words: Sequence[str]) -> None:
        self.text = f" {' '.join(words)} "
        self._found: dict[str, bool] = {}

    def has(self, expression: str) -> bool:
        """Whether an expression is found anywhere; "" always is."""
        if expression not in self._found:
            self._found[expression] = _compiled(expression).search(self.text) is not None
        return self._found[expression]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sequence of words.

    Attributes:
        pieces: Its expression; most share most of theirs with others, and are never put together.
        words: Expressions for the words that it cannot lack.
    """

    pieces: tuple[str, ...]
    words: tuple[str, ...]

    def find(self, sounds: _Sounds) -> Iterator[re.Match[str]]:
        """Yield where it is found."""
        if all(sounds.has(word) for word in self.words):
            yield from _compiled("".join(self.pieces)).finditer(sounds.text)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which a kind of emergency is told.

    Attributes:
        patterns: Any of which tells it.
        needs: Expression that must be found anywhere too.
        unless: Expression that must not be found anywhere, unless `despite` is too; "" for none.
        denied: Expression for a word that, shortly before, turns it into its opposite.
        past: Expression for a word by which it is long over, unless `recent` is found too; "" for
            none.
    """

    kind: str
    patterns: tuple[Pattern, ...]
    needs: str
    unless: str
    despite: str
    denied: str
    past: str
    recent: str

    def holds(self, sounds: _Sounds) -> bool:
        """Whether it tells an emergency."""
        if not sounds.has(self.needs) or _outweighs(sounds, self.past, self.recent):
            return False
        matches = (match for pattern in self.patterns for match in pattern.find(sounds))
        is_told = any(not self._is_denied(match) for match in matches)
        return is_told and not _outweighs(sounds, self.unless, self.despite)

    def _is_denied(self, match: re.Match[str]) -> bool:
        before = match.string[: match.start()].split()[-DENIAL_WORDS:]
        return _compiled(self.denied).search(f" {' '.join(before)} ") is not None


def _outweighs(sounds: _Sounds, against: str, despite: str) -> bool:
    """Whether `against` is found, and no `despite`; "" never is."""
    if not against or not sounds.has(against):
        return False
    return not despite or not sounds.has(despite)


class Emergencies:
    """Tells calls for help from everything else. Keeps no state; safe in any thread."""

    def __init__(
        self, rules: Sequence[Rule], apart: frozenset[str], english: frozenset[str]
    ) -> None:
        """Take what `load_emergencies` has read.

        Args:
            rules: In order of precedence: the first one that holds names the kind.
            apart: Normalised words that sound like others of another meaning; they are
                compared as they are written.
            english: Normalised words of which an English message mostly consists.
        """
        self._rules = rules
        self._apart = apart
        self._english = english
        self.kinds = tuple(dict.fromkeys(rule.kind for rule in rules))

    def detect(self, text: str) -> Emergency | None:
        """Return what a message calls for help about, or None. Never raises."""
        words = _words(text)
        sounds = [_sound(word, self._apart) for word in words]
        pieces = [
            _Sounds(sounds[start : start + PIECE_WORDS])
            for start in range(0, max(len(sounds), 1), PIECE_WORDS // 2)
        ]
        kinds = (rule.kind for rule in self._rules for piece in pieces if rule.holds(piece))
        kind = next(kinds, None)
        return None if kind is None else Emergency(kind, "en" if self._is_english(words) else "")

    def _is_english(self, words: Sequence[str]) -> bool:
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
    passing: str = ""
    past: str = ""
    recent: str = ""
    words: dict[str, str]
    patterns: dict[str, tuple[str, ...]] = {}
    rule: tuple[_Rule, ...] = Field(min_length=1)


def load_emergencies(path: Path = FILE) -> Emergencies:
    """Read the rules; the file explains its own format.

    Raises:
        EmergencyError: The file is missing or malformed, or a pattern names an unknown set.
    """
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text("utf-8")))
        return _Grammar(document).read()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise EmergencyError(f"{path} cannot be used: {error}") from error
    except KeyError as error:
        raise EmergencyError(
            f"{path}: a rule names {error.args[0]!r}, which is not there"
        ) from None


class _Grammar:
    """Turns the file's patterns into expressions over sounds."""

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._apart = frozenset(normalize(word) for word in document.apart.split())
        self._written: dict[str, str] = {}
        self._sounded: dict[str, str] = {}

    def read(self) -> Emergencies:
        """Compile every rule."""
        english = frozenset(normalize(word) for word in self._document.english.split())
        return Emergencies([*self._rules()], self._apart, english)

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
                self._whole(f"<_denied> {rule.denied}"),
                self._anywhere(self._document.past) if rule.kind in passing else "",
                self._anywhere(self._document.recent),
            )

    def _texts(self, patterns: Sequence[str]) -> Iterator[str]:
        """Yield patterns, those of a named group one by one."""
        for pattern in patterns:
            if pattern.startswith("@"):
                yield from self._document.patterns[pattern[1:]]
            else:
                yield pattern

    def _anywhere(self, words: str) -> str:
        return self._whole(words) if words else ""

    def _whole(self, words: str) -> str:
        written = f"whole {words}"
        if written not in self._written:
            self._written[written] = rf"(?<= ){self._choices(words)}(?= )"
        return self._written[written]

    def _pattern(self, text: str, between: str) -> Pattern:
        """Write "<poison> ... <drank>" as an expression; words may also be run together."""
        joint, stop, refused = "", self._choices(between), self._choices(self._document.refused)
        pieces, words = ["(?<= )"], []
        for part in text.split():
            if part in _GAPS:
                pieces += "(?: (?!", stop, rf" )\S+(?= )){{0,{_GAPS[part]}}}"
                joint = " "
                continue
            choice = self._choices(part.removesuffix("?").replace("/", " "))
            if part.endswith("?"):
                pieces += f"(?:{joint}", choice, ")?"
            else:
                pieces += joint, choice
                words.append(choice)
            joint = " ?"
        pieces += "(?= )(?! ", refused, " )"
        return Pattern(tuple(pieces), tuple(words))

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
        if part not in self._sounded:
            pieces = [" ".join(_sound(w, self._apart) for w in _words(p)) for p in part.split("*")]
            self._sounded[part] = r"\S*".join(re.escape(piece) for piece in pieces)
        return self._sounded[part]
