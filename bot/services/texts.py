"""Text from people, made fit for every database without losing what can be read."""

import re
from typing import Any

from retrieval.phonetic import fold

#: More of a text is not searched; what is kept of it fits into an index of any database.
SOUND_LIMIT = 600

#: Lone surrogates (no encoding takes them) and NUL (PostgreSQL refuses it).
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")

#: Control characters and those that turn the direction of writing; joiners are letters' own.
_UNRULY = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

#: Signs that turn the direction of writing until the line ends; no language spoken here needs them.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

#: Letters and signs that show nothing; people call themselves by these alone.
_BLANK = re.compile(
    "[\\s\u00ad\u115f\u1160\u200b-\u200d\u2060-\u2064\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)


def storable(text: str) -> str:
    """Replace what no database can hold by U+FFFD; everything else stays as it was typed."""
    return _UNSTORABLE.sub("�", text)


def sound_of(text: str) -> str:
    """Return the beginning of a text as it sounds, so that every script finds every other.

    >>> sound_of("ගොයම් කොළ") == sound_of("Goyam kola!")
    True
    """
    return fold(text[:SOUND_LIMIT])[:SOUND_LIMIT]


def straight(text: str) -> str:
    """Return a text in which nothing reads the other way round, nor makes what follows do so.

    >>> straight("10 " + chr(0x202E) + "ml")
    '10 ml'
    """
    return _TURNING.sub("", text)


def storable_within(value: Any) -> Any:
    """Return JSON with every text in it made storable; places in a text stay what they were.

    >>> storable_within({"text": "a" + chr(0), "entities": [{"type": "bold"}]})
    {'text': 'a�', 'entities': [{'type': 'bold'}]}
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: storable_within(each) for key, each in value.items()}
    if isinstance(value, list):
        return [storable_within(each) for each in value]
    return value


def one_line(text: str, limit: int) -> str:
    """Return a text, such as a person's name, without anything that could upset a line of ours.

    >>> one_line(chr(0x3164), 64)
    ''
    """
    line = " ".join(_UNRULY.sub(" ", storable(text)).split())[:limit].strip()
    return "" if _BLANK.fullmatch(line) else line
