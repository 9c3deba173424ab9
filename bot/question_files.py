"""Questions as files: the log for people who study it, and learnt pairs for training."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bot.errors import Fault, KnowledgeError
from bot.knowledge import match_key
from bot.services.learning import LearntPair
from bot.services.question_log import LoggedQuestion
from bot.tables import FormatError, decode, to_cell, write_csv
from bot.workbooks import write_xlsx
from retrieval import IndexedEntry

SUFFIXES = (".csv", ".jsonl", ".xlsx")


def format_log(suffix: str, questions: Iterable[LoggedQuestion]) -> bytes:
    """Return a question log as a .csv, .jsonl or .xlsx file; no cell of it can be run.

    Raises:
        FormatError: The suffix is another.
    """
    match suffix.lower():
        case ".csv":
            return write_csv(_table(questions))
        case ".xlsx":
            return write_xlsx("questions", _table(questions))
        case ".jsonl":
            return _lines(question._asdict() for question in questions)
    raise FormatError(f"{suffix or 'no suffix'}: use one of {', '.join(SUFFIXES)}")


def format_pairs(pairs: Iterable[LearntPair]) -> bytes:
    """Return learnt pairs as JSON lines."""
    return _lines(pair._asdict() for pair in pairs)


def read_pairs(path: Path) -> list[LearntPair]:
    """Read what `format_pairs` wrote; further fields are passed over.

    Raises:
        KnowledgeError: A line is none; all such lines are named.
        OSError: The file cannot be read.
    """
    pairs: list[LearntPair] = []
    faults: list[Fault] = []
    for number, line in enumerate(decode(path.name, path.read_bytes()).split("\n"), 1):
        if not line.strip():
            continue
        pair = _pair(line)
        if pair is None:
            reason = 'must be {"question": "...", "key": "...", "origin": "..."}'
            faults.append(Fault(f"{path.name}, line {number}", "", reason))
        else:
            pairs.append(pair)
    if faults:
        raise KnowledgeError(faults)
    return pairs


class Taught(NamedTuple):
    """Entries with what was learnt among their phrasings, and what became of each pair."""

    entries: tuple[IndexedEntry, ...]
    added: int
    known: int
    held_out: int
    homeless: int

    def __str__(self) -> str:
        return (
            f"{self.added} learnt questions added; {self.known} are phrasings already, "
            f"{self.held_out} are evaluation questions, {self.homeless} are of entries that are "
            "not trained"
        )


def teach(
    entries: Sequence[IndexedEntry], pairs: Iterable[LearntPair], held_out: Iterable[str]
) -> Taught:
    """Add learnt questions to the phrasings of their entries, for training.

    Args:
        entries: What is trained on.
        pairs: What people stand behind.
        held_out: Evaluation questions: training on one would make its figure worthless.
    """
    known = {match_key(text) for entry in entries for text in entry.phrasings}
    secret = {match_key(text) for text in held_out}
    learnt: dict[str, list[str]] = {entry.key: [] for entry in entries}
    counts = {"added": 0, "known": 0, "held_out": 0, "homeless": 0}
    for pair in pairs:
        question = match_key(pair.question)
        fate = (
            "held_out" if question in secret
            else "known" if question in known
            else "homeless" if pair.key not in learnt
            else "added"
        )  # fmt: skip
        counts[fate] += 1
        if fate == "added":
            known.add(question)
            learnt[pair.key].append(pair.question)
    widened = tuple(
        IndexedEntry(
            entry.key,
            entry.title,
            entry.keywords,
            entry.answer,
            (*entry.phrasings, *learnt[entry.key]),
        )
        for entry in entries
    )
    return Taught(widened, **counts)


def _pair(line: str) -> LearntPair | None:
    try:
        read: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict):
        return None
    values = [read.get("question"), read.get("key"), read.get("origin", "")]
    if not all(isinstance(value, str) for value in values) or not all(values[:2]):
        return None
    return LearntPair(*values)


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _table(questions: Iterable[LoggedQuestion]) -> Iterator[list[str]]:
    yield list(LoggedQuestion._fields)
    for question in questions:
        yield [to_cell(value) for value in question]
