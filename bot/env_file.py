"""The file of settings as people write it: what in it would be passed over in silence."""

import difflib
import io
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dotenv.parser import Binding, parse_stream

#: How alike a name of the environment, which has many, must be to a setting's to be taken for it.
_ALIKE = 0.85


def read_lines(path: Path) -> list[Binding]:
    """Return the file's assignments in order; none if there is no file.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is not UTF-8.
    """
    if not path.is_file():
        return []
    bindings = parse_stream(io.StringIO(path.read_text("utf-8-sig")))
    return [each for each in bindings if each.error or each.key is not None]


def find_faults(lines: list[Binding]) -> Iterator[str]:
    """Yield lines that set nothing, and names whose first value the second one undoes."""
    seen: dict[str, Binding] = {}
    for each in lines:
        number = _number(each)
        if each.error or each.key is None or each.value is None:
            yield f"line {number} is not like NAME=value (or a quote is not closed)"
            continue
        first = seen.setdefault(each.key.upper(), each)
        if first.value != each.value:
            yield f"line {number} sets {each.key} again, after line {_number(first)}; keep one"


def _number(line: Binding) -> int:
    text = line.original.string
    return line.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def find_unknown(
    lines: list[Binding], environ: Mapping[str, str], known: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each name of the file that is no setting.

    Of the environment's, those alone that are spelt almost like a setting.
    """
    for name in dict.fromkeys(each.key for each in lines if each.key):
        if name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, 1)
            hint = f"; is {near[0]} meant?" if near else ""
            yield f".env sets {name}, which is no setting of Govi and does nothing{hint}"
    for name in environ:
        near = difflib.get_close_matches(name, known, 1, _ALIKE)
        if near and name.upper() not in known:
            yield f"the environment has {name}, which is no setting of Govi; is {near[0]} meant?"
