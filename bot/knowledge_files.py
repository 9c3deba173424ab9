"""Reading and writing knowledge as TOML, CSV, JSONL and XLSX; the file's name says which."""

import csv
import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.errors import Fault, GoviError, KnowledgeError
from bot.knowledge import FIELDS, EntryDraft, Record, check

#: A spreadsheet would run a cell that begins with one of these.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class FormatError(GoviError):
    """The file's name does not end in a format that Govi reads."""


def read_knowledge(path: Path) -> list[EntryDraft]:
    """Read a file, or every *.toml of a folder.

    Raises:
        FormatError: The suffix is not one of .toml, .csv, .jsonl, .xlsx.
        KnowledgeError: The file cannot be read, or holds faults; all of them are listed.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise KnowledgeError([Fault(str(path), "", "holds no .toml file")])
    records: list[Record] = []
    faults: list[Fault] = []
    for file in files:
        reader = _READERS.get(file.suffix.lower())
        if reader is None:
            raise FormatError(f"{file.name}: use one of {', '.join(sorted(_READERS))}")
        try:
            records.extend(reader(file))
        except KnowledgeError as error:
            faults.extend(error.faults)
        except OSError as error:
            faults.append(Fault(str(file), "", f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError as error:
            faults.append(Fault(str(file), "", f"is not UTF-8 (byte {error.start}); save it so"))
    return check(records, faults)


def write_knowledge(path: Path, drafts: Sequence[EntryDraft]) -> None:
    """Write drafts to a .csv, .jsonl or .xlsx file.

    Raises:
        FormatError: The suffix is another.
        OSError: The file cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise FormatError(f"{path.name}: use one of {', '.join(sorted(_WRITERS))}")
    writer(path, drafts)


def _read_toml(path: Path) -> Iterator[Record]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError([Fault(path.name, "", f"is not TOML: {error}")]) from None
    entries = document.get("entry", [])
    if not isinstance(entries, list):
        raise KnowledgeError([Fault(path.name, "entry", "must be written as [[entry]]")])
    for number, entry in enumerate(entries, 1):
        where = f"{path.name}, {entry.get('key', f'entry {number}')}"
        yield Record(where, {"area": document.get("area"), **entry})


def _read_jsonl(path: Path) -> Iterator[Record]:
    faults = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path.name}, line {number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            faults.append(Fault(where, "", f"is not JSON: {error}"))
            continue
        if isinstance(fields, dict):
            yield Record(where, fields)
        else:
            faults.append(Fault(where, "", "is not a JSON object"))
    if faults:
        raise KnowledgeError(faults)


def _read_csv(path: Path) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
    try:
        numbered = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        fault = Fault(f"{path.name}, line {reader.line_num}", "", f"is not CSV: {error}")
        raise KnowledgeError([fault]) from None
    return _read_table(path.name, numbered)


def _read_xlsx(path: Path) -> Iterator[Record]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise KnowledgeError([Fault(path.name, "", f"is not an XLSX workbook: {error}")]) from None
    sheet = book.worksheets[0]
    numbered = [
        (number, ["" if cell is None else cell for cell in row])
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1)
    ]
    book.close()
    return _read_table(path.name, numbered)


def _read_table(name: str, numbered: Sequence[tuple[int, Sequence[Any]]]) -> Iterator[Record]:
    rows = [(number, row) for number, row in numbered if any(str(cell).strip() for cell in row)]
    if not rows:
        raise KnowledgeError([Fault(name, "", "is empty; its first line must name the fields")])
    first, header = rows[0]
    names = [str(cell).strip().lower() for cell in header]
    unknown = [field for field in names if field and field not in FIELDS]
    if "key" not in names or unknown:
        reason = f"must name the fields {', '.join(FIELDS)}; found {', '.join(names)}"
        raise KnowledgeError([Fault(f"{name}, line {first}", "header", reason)])
    for number, row in rows[1:]:
        cells = {
            field: _from_cell(cell)
            for field, cell in zip(names, row, strict=False)
            if field and str(cell).strip()
        }
        yield Record(f"{name}, line {number}", cells)


def _from_cell(cell: object) -> object:
    if hasattr(cell, "date") and callable(cell.date):
        return cell.date()  # a spreadsheet's date is a midnight
    if not isinstance(cell, str):
        return str(cell)
    is_guarded = cell.startswith("'") and cell[1:].startswith((*_FORMULA_STARTS, "'"))
    return cell[1:] if is_guarded else cell


def _to_cell(value: object) -> str:
    """Write one field as a spreadsheet may hold it: never a formula, reversible by `_from_cell`."""
    text = "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
    needs_guard = text.startswith(_FORMULA_STARTS) or (
        text.startswith("'") and text[1:].startswith((*_FORMULA_STARTS, "'"))
    )
    return f"'{text}" if needs_guard else text


def _write_jsonl(path: Path, drafts: Sequence[EntryDraft]) -> None:
    lines = (
        json.dumps(draft.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
        for draft in drafts
    )
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _table(drafts: Iterable[EntryDraft]) -> Iterator[list[str]]:
    yield list(FIELDS)
    for draft in drafts:
        fields = draft.model_dump(mode="json")
        yield [_to_cell(fields[name]) for name in FIELDS]


def _write_csv(path: Path, drafts: Sequence[EntryDraft]) -> None:
    # The byte order mark makes spreadsheets read the Sinhala as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(_table(drafts))


def _write_xlsx(path: Path, drafts: Sequence[EntryDraft]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=False)
    sheet = book.worksheets[0]
    sheet.title = "knowledge"
    for number, row in enumerate(_table(drafts), 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = text
            cell.data_type = "s"  # text even where it begins with "="
    sheet.freeze_panes = "B2"
    book.save(path)


_READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".toml": _read_toml,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
}
_WRITERS: dict[str, Callable[[Path, Sequence[EntryDraft]], None]] = {
    ".jsonl": _write_jsonl,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
}
