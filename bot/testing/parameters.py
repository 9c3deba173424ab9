"""What a Bot API method is: a call, and the parameters that it takes and no others."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bot.testing.world import Refusal, World

Given = dict[str, Any]
Kind = Callable[[Any], Any]
Call = Callable[[World, Given], Any]


class Method(NamedTuple):
    """One method; `required` and `optional` map a parameter's name to what reads it."""

    call: Call
    required: Mapping[str, Kind]
    optional: Mapping[str, Kind]

    def read(self, raw: Mapping[str, Any]) -> Given:
        """Convert parameters; refuse unknown, missing and ill-formed ones as 400."""
        known = {**self.required, **self.optional}
        for name in raw:
            if name not in known:
                raise Refusal(400, f"Bad Request: unknown parameter {name!r}")
        for name in self.required:
            if name not in raw:
                raise Refusal(400, f"Bad Request: {_MISSING.get(name, f'{name} is empty')}")
        return {name: _read(known[name], name, value) for name, value in raw.items()}


METHODS: dict[str, Method] = {}

_MISSING = {"text": "message text is empty", "chat_id": "chat_id is empty"}


def _read(kind: Kind, name: str, value: Any) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise Refusal(400, f"Bad Request: can't parse {name}") from None


def integer(value: Any) -> int:
    """Read a whole number, sent as such or as text."""
    return int(value)


def text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def flag(value: Any) -> bool:
    """Read true or false, sent as such or as text."""
    return bool(("false", "true").index(str(value).lower()))


def json_value(value: Any) -> Any:
    """Read an object or a list, sent as such or as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def file(value: Any) -> Any:
    """Read a file: the id of a known one, or an upload's name and content."""
    if not isinstance(value, str | tuple):
        raise TypeError(value)
    return value


def method(
    name: str,
    required: Mapping[str, Kind] | None = None,
    optional: Mapping[str, Kind] | None = None,
) -> Callable[[Call], Call]:
    """Register a function as the Bot API method `name`."""

    def register(call: Call) -> Call:
        METHODS[name] = Method(call, required or {}, optional or {})
        return call

    return register
