"""Everything held about a person as a file that they can read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.i18n import Words
from bot.i18n.moments import say_time


def format_own_data(words: Words, held: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Return a text file, UTF-8 with its mark: a part a subject, a block a row, a line a value.

    Subjects and the commoner names of values are said in the person's language.
    """
    lines = [words.text("mydata.heading"), ""]
    for subject, rows in held.items():
        lines.append(f"== {words.text(f'mydata.subject.{subject}')} ({len(rows)}) ==")
        for row in rows:
            lines += ["", *_block(words, row)]
        lines.append("")
    # What is not UTF-8, such as half a surrogate pair, was made storable before it was stored.
    return "\n".join(lines).encode("utf-8-sig", "replace")


def _block(words: Words, row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        key = f"mydata.value.{name}"
        yield f"{words.text(key) if words.has(key) else name}: {_say(value)}"


def _say(value: object) -> str:
    if isinstance(value, datetime):
        return say_time(value)
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
