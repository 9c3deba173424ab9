"""Small talk: greetings, thanks and the like, known by rule so that no officer has to read them.

A message is small talk only as a whole. It is cut into the phrases of a file, apart from words
that may stand anywhere ("aiya", "please"). Failing that, a word that marks a kind ("thanks") is
enough if every other word is one that no farm question is made of. Anything left over makes the
message a question.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import GoviError
from bot.settings import ROOT
from retrieval.phonetic import fold

FILE = ROOT / "knowledge" / "smalltalk.toml"
#: A longer message is a question, whatever it consists of.
MAX_WORDS = 12
#: What a word by which people are called is on its own; the kind that goes with every other.
GREETING = "greeting"

#: "hellooo", "thankssss": letters drawn out for feeling.
_DRAWN_OUT = re.compile(r"([^\W\d])\1{2,}")
_SET = re.compile(r"<(\w+)>")
#: Latin typists write "a" for these too: වැඩ is "weda" and "wada".
_BROAD_VOWELS = str.maketrans({"ැ": None, "ෑ": "ා", "ඇ": "අ", "ඈ": "ආ"})


class SmallTalkError(GoviError):
    """The small talk file cannot be used; the message says what and where."""


class Rule(NamedTuple):
    """The phrases of one kind.

    Attributes:
        pattern: Regular expression for their sounds, written without spaces; has no groups.
        is_alone: They mean this only with a greeting or nothing beside them: "කොහොමද".
    """

    kind: str
    pattern: str
    is_alone: bool


class Marked(NamedTuple):
    """A kind that a single word gives away.

    Attributes:
        markers: Folded words, one of which must be there.
        company: Folded words that the whole message may consist of.
    """

    kind: str
    markers: frozenset[str]
    company: frozenset[str]


@dataclass(frozen=True)
class Grammar:
    """What is known of words.

    Attributes:
        rules: In the order of their kinds.
        marked: In the same order.
        address: Folded words by which people are called.
        skipped: These, and folded words that say nothing.
    """

    rules: Sequence[Rule]
    marked: Sequence[Marked]
    address: frozenset[str]
    skipped: frozenset[str]

    @cached_property
    def _phrase(self) -> re.Pattern[str]:
        return re.compile("|".join(f"({rule.pattern})" for rule in self.rules))

    def find(self, sounds: str) -> Rule | None:
        """Return the rule that has a whole phrase, its sounds written without spaces."""
        match = self._phrase.fullmatch(sounds)
        return self.rules[match.lastindex - 1] if match and match.lastindex else None


class SmallTalk:
    """Tells small talk from questions. Knows no model and no state; safe in any thread."""

    def __init__(
        self, kinds: Sequence[str], emoji: Mapping[str, str], write: Callable[[], Grammar]
    ) -> None:
        """Take what `load_smalltalk` has read.

        Args:
            kinds: In order of precedence: the first one found in a message names it.
            emoji: Character -> kind; counts only in a message without words.
            write: Makes the grammar, when a message first asks for it.
        """
        self.kinds = tuple(kinds)
        self._emoji = emoji
        self._write = write

    @cached_property
    def _grammar(self) -> Grammar:
        return self._write()

    def detect(self, text: str) -> str | None:
        """Return the kind of small talk that a message is, or None: handle it as a question.

        Punctuation, case, joiners and the spelling of sounds do not matter. Never raises.
        """
        words = fold(_DRAWN_OUT.sub(r"\1", text)).split()
        if len(words) > MAX_WORDS:
            return None
        if not words:
            return self._first(self._emoji[char] for char in text if char in self._emoji)
        bare = [word for word in words if word not in self._grammar.skipped]
        covers = self._covers(words) or (bare != words and self._covers(bare))
        if not covers:
            return self._find_marked(set(bare))
        cover = min(covers, key=lambda rules: (not rules, len(rules), self._ranks(rules)))
        if not cover:
            return GREETING if self._grammar.address.intersection(words) else None
        return self._first(rule.kind for rule in cover)

    def _covers(self, words: Sequence[str]) -> set[frozenset[Rule]]:
        """Return the rules of every way to cut words into phrases and words to skip."""
        ways: list[set[frozenset[Rule]]] = [set() for _ in words] + [{frozenset()}]
        for start in reversed(range(len(words))):
            if words[start] in self._grammar.skipped:
                ways[start] |= ways[start + 1]
            for end in range(start + 1, len(words) + 1):
                rule = self._grammar.find("".join(words[start:end])) if ways[end] else None
                if rule:
                    ways[start] |= {rest | {rule} for rest in ways[end]}
        return {rules for rules in ways[0] if _stands(rules)}

    def _ranks(self, rules: Iterable[Rule]) -> list[int]:
        return sorted(self.kinds.index(rule.kind) for rule in rules)

    def _find_marked(self, words: set[str]) -> str | None:
        found = (
            marked.kind
            for marked in self._grammar.marked
            if words & marked.markers and words <= marked.company
        )
        return next(found, None)

    def _first(self, kinds: Iterable[str]) -> str | None:
        return min(kinds, key=self.kinds.index, default=None)


def _stands(cover: Iterable[Rule]) -> bool:
    """Whether every phrase that must be alone is."""
    others = [rule for rule in cover if rule.kind != GREETING]
    return len(others) < 2 or not any(rule.is_alone for rule in others)


class _Kind(BaseModel):
    """One kind as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrases: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    markers: str = ""
    company: str = ""
    emoji: str = ""


class _Document(BaseModel):
    """The small talk file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    fillers: str
    common: str
    words: dict[str, str]
    kinds: dict[str, _Kind]


def load_smalltalk(path: Path = FILE) -> SmallTalk:
    """Read the small talk file; it explains its own format.

    Raises:
        SmallTalkError: The file is missing or malformed, or a phrase names an unknown word set.
    """
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text("utf-8")))
        _check_names(document)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SmallTalkError(f"{path} cannot be used: {error}") from error
    except KeyError as error:
        raise SmallTalkError(
            f"{path}: a phrase names <{error.args[0]}>, [words] lacks it"
        ) from None
    emoji = {char: name for name, kind in document.kinds.items() for char in kind.emoji.split()}
    return SmallTalk(tuple(document.kinds), emoji, partial(_grammar, document))


def _check_names(document: _Document) -> None:
    texts = [document.common]
    for kind in document.kinds.values():
        texts += *kind.phrases, *kind.alone, kind.markers, kind.company
    for name in _SET.findall(" ".join(texts)):
        document.words[name]


def _grammar(document: _Document) -> Grammar:
    sets = {name: _sounds(words) for name, words in document.words.items()}
    address = frozenset(_sounds(document.address))
    return Grammar(
        tuple(_rules(document, sets)),
        tuple(_marked(document, sets)),
        address,
        address | _sounds(document.fillers),
    )


def _rules(document: _Document, sets: Mapping[str, set[str]]) -> Iterator[Rule]:
    for name, kind in document.kinds.items():
        for phrases, is_alone in ((kind.phrases, False), (kind.alone, True)):
            pattern = "|".join(_pattern(phrase, sets) for phrase in phrases)
            if pattern:
                yield Rule(name, pattern, is_alone)


def _marked(document: _Document, sets: Mapping[str, set[str]]) -> Iterator[Marked]:
    markers = {name: _choices(kind.markers, sets) for name, kind in document.kinds.items()}
    common = _choices(document.common, sets).union(*markers.values())
    for name, kind in document.kinds.items():
        if markers[name]:
            company = common | _choices(kind.company, sets)
            yield Marked(name, frozenset(markers[name]), frozenset(company))


def _pattern(phrase: str, sets: Mapping[str, set[str]]) -> str:
    return "".join(_slot(word, sets) for word in phrase.split())


def _slot(word: str, sets: Mapping[str, set[str]]) -> str:
    """Write "a/b", "<set>" and "c?" as a regular expression over sounds."""
    choices = _choices(word.removesuffix("?").replace("/", " "), sets)
    optional = "?" if word.endswith("?") else ""
    return f"(?:{'|'.join(re.escape(choice) for choice in sorted(choices))}){optional}"


def _choices(words: str, sets: Mapping[str, set[str]]) -> set[str]:
    """Fold words parted by spaces, "<set>" standing for its words."""
    named = [sets[name] for name in _SET.findall(words)]
    return _sounds(_SET.sub(" ", words)).union(*named)


def _sounds(words: str) -> set[str]:
    """Fold words parted by spaces; "_" joins several to one choice."""
    return {sound for word in words.split() for sound in _spoken(word)} - {""}


@cache  # the file's words recur in it; words of messages never come here
def _spoken(word: str) -> frozenset[str]:
    spellings = {word, word.translate(_BROAD_VOWELS)}
    return frozenset(fold(spelling).replace(" ", "") for spelling in spellings)
