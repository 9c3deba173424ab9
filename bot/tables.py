"""Tables as text files: read in any common encoding, written so that no spreadsheet runs a cell."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from bot.errors import Fault, GoviError, KnowledgeError

#: A table row and the number of the line or spreadsheet row that it came from.
NumberedRow = tuple[int, Sequence[Any]]

#: More rows than this in one file, and whoever waits for it waits too long; split the file.
MOST_ROWS = 50_000
#: Columns that are looked at; knowledge has a dozen fields.
MOST_COLUMNS = 64
#: Lines in another encoding that are named one by one.
_MOST_BROKEN_LINES = 50

#: A spreadsheet would run a cell that begins with one of these, some programs the wide ones too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What parts the fields of a line: commas; semicolons where the comma is decimal; tabs.
_DELIMITERS = ",;\t"
#: Characters of a cell: every phrasing that an entry may have, and more. The reader's own is less.
csv.field_size_limit(2**20)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class FormatError(GoviError):
    """The file is of a kind, or holds something, that Govi cannot read or write."""


def decode(name: str, content: bytes) -> str:
    """Decode a text file: UTF-8 with or without its mark, or UTF-16 with it.

    Raises:
        KnowledgeError: It is neither; every line at fault is named with its first wrong byte.
    """
    if content.startswith(_UTF16_MARKS):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            reason = f"is not UTF-16 at byte {error.start}; save the file as UTF-8"
            raise KnowledgeError([_encoding_fault(name, reason, error.start)]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KnowledgeError(_broken_lines(name, content)) from None


def _broken_lines(name: str, content: bytes) -> list[Fault]:
    faults: list[Fault] = []
    start = 0
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = start + error.start
            reason = f"is not UTF-8 at byte {byte}; save the file as UTF-8"
            faults.append(_encoding_fault(f"{name}, line {number}", reason, byte))
        start += len(line) + 1
        if len(faults) == _MOST_BROKEN_LINES:
            break
    return faults


def _encoding_fault(where: str, reason: str, byte: int) -> Fault:
    return Fault(where, "", reason, "encoding", {"byte": byte})


def read_csv(name: str, content: bytes) -> list[NumberedRow]:
    """Read a CSV file whose fields are parted by commas, semicolons or tabs.

    Raises:
        KnowledgeError: It cannot be decoded, is not CSV, or has more than `MOST_ROWS` rows.
    """
    text = decode(name, content)
    header = text.lstrip().replace("\r", "\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[NumberedRow] = []
    first = 1  # line of the row: its cells may hold more
    try:
        for row in reader:
            if any(cell.strip() for cell in row):  # a spreadsheet may add thousands without
                rows.append((first, _without_many_columns(row)))
            first = reader.line_num + 1
            refuse_many_rows(name, len(rows) - 1)
    except csv.Error as error:
        fault = Fault(f"{name}, line {first}", "", f"is not CSV: {error}", "not_csv")
        raise KnowledgeError([fault]) from None
    return rows


def _without_many_columns(row: list[str]) -> list[str]:
    """Keep of columns that no table has one that is filled, so that it is told, not millions."""
    return row[:MOST_COLUMNS] + [cell for cell in row[MOST_COLUMNS:] if cell.strip()][:1]


def refuse_many_rows(name: str, count: int) -> None:
    """Do nothing for up to `MOST_ROWS` rows.

    Raises:
        KnowledgeError: There are more.
    """
    if count > MOST_ROWS:
        reason = f"has more than {MOST_ROWS} rows; split the file"
        raise KnowledgeError([Fault(name, "", reason, "many_rows", {"limit": MOST_ROWS})])


def from_cell(cell: object) -> object:
    """Read one cell: an apostrophe that keeps a spreadsheet from running it is taken off."""
    if hasattr(cell, "date") and callable(cell.date):
        return cell.date()  # a spreadsheet's date is a midnight
    if isinstance(cell, bool):
        return str(cell).upper()  # as every spreadsheet shows it
    if not isinstance(cell, str):
        return str(cell)
    is_guarded = cell.startswith("'") and cell[1:].startswith((*_FORMULA_STARTS, "'"))
    return cell[1:] if is_guarded else cell


def to_cell(value: object) -> str:
    """Write one field as a spreadsheet may hold it: never a formula, reversible by `from_cell`."""
    if isinstance(value, int | float):
        return str(value)
    text = "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
    needs_guard = text.startswith(_FORMULA_STARTS) or (
        text.startswith("'") and text[1:].startswith((*_FORMULA_STARTS, "'"))
    )
    return f"'{text}" if needs_guard else text


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows whose cells went through `to_cell`."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    # The byte order mark makes spreadsheets read the Sinhala as UTF-8.
    return file.getvalue().encode("utf-8-sig")
