"""Knowledge as TOML, CSV, JSONL and XLSX files; the file's name says which."""

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path, PurePath

from bot.errors import Fault, KnowledgeError
from bot.knowledge import FIELDS, MOST_FAULTS, Checked, EntryDraft, Record, check
from bot.tables import (
    FormatError,
    NumberedRow,
    decode,
    from_cell,
    read_csv,
    refuse_many_rows,
    to_cell,
    write_csv,
)
from bot.workbooks import Formula, read_xlsx, write_xlsx

#: Bytes of a file sent to the bot; Telegram itself hands no larger one to it.
LARGEST_UPLOAD = 20 * 2**20
#: Bytes of a file on this machine, which may be an export of everything.
LARGEST_FILE = 200 * 2**20
#: What people send to the bot; TOML is for those who keep the files beside the code.
UPLOADS = (".csv", ".jsonl", ".xlsx")


def read_knowledge(path: Path) -> list[EntryDraft]:
    """Read a file, or every *.toml of a folder.

    Raises:
        FormatError: The suffix is not one of .toml, .csv, .jsonl, .xlsx.
        KnowledgeError: The file cannot be read, or holds faults; all of them are listed.
    """
    return check_file(path).sound()


def check_file(path: Path) -> Checked:
    """Read what `read_knowledge` reads; faults are no error.

    Raises:
        FormatError: The suffix is not one of .toml, .csv, .jsonl, .xlsx.
        KnowledgeError: There is nothing in it to read.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise KnowledgeError([Fault(str(path), "", "holds no .toml file")])
    records: list[Record] = []
    faults: list[Fault] = []
    for file in files:
        reader = _reader(file.name, tuple(_READERS))
        try:
            with file.open("rb") as opened:
                content = opened.read(LARGEST_FILE + 1)
        except OSError as error:
            faults.append(Fault(str(file), "", f"cannot be read: {error.strerror}"))
            continue
        if len(content) > LARGEST_FILE:
            faults.append(_too_large(str(file), LARGEST_FILE))
            continue
        faults.extend(_read_into(records, reader(file.name, content)))
    if not records and not faults and files[0].suffix == ".toml":  # [[entries]], say
        raise KnowledgeError([Fault(str(path), "", "holds no [[entry]]")])
    return check(records, faults)


def read_upload(name: str, content: bytes) -> list[EntryDraft]:
    """Read a .csv, .jsonl or .xlsx file that a person sent; the work is bounded.

    Raises:
        FormatError: It is of another kind.
        KnowledgeError: It is larger than `LARGEST_UPLOAD` or holds faults; all are listed.
    """
    return check_upload(name, content).sound()


def check_upload(name: str, content: bytes) -> Checked:
    """Read what `read_upload` reads; faults are no error.

    Raises:
        FormatError: It is of another kind.
        KnowledgeError: It is larger than `LARGEST_UPLOAD`.
    """
    reader = _reader(name, UPLOADS)
    if len(content) > LARGEST_UPLOAD:
        raise KnowledgeError([_too_large(name, LARGEST_UPLOAD)])
    records: list[Record] = []
    faults = _read_into(records, reader(name, content))
    return check(records, faults)


def write_knowledge(path: Path, drafts: Sequence[EntryDraft]) -> None:
    """Write drafts to a .csv, .jsonl or .xlsx file.

    Raises:
        FormatError: The suffix is another, or an entry does not fit into a spreadsheet.
        OSError: The file cannot be written.
    """
    path.write_bytes(format_knowledge(path.suffix, drafts))


def format_knowledge(suffix: str, drafts: Iterable[EntryDraft]) -> bytes:
    """Return what `write_knowledge` writes to a file with this suffix.

    Raises:
        FormatError: The suffix is another, or an entry does not fit into a spreadsheet.
    """
    match suffix.lower():
        case ".jsonl":
            return "".join(f"{_as_json(draft)}\n" for draft in drafts).encode()
        case ".csv":
            return write_csv(_table(drafts))
        case ".xlsx":
            return write_xlsx("knowledge", _table(drafts))
    raise FormatError(f"{suffix or 'no suffix'}: use one of {', '.join(UPLOADS)}")


def _too_large(name: str, most: int) -> Fault:
    limit = most // 2**20
    return Fault(name, "", f"has more than {limit} MB; split the file", "large", {"limit": limit})


def _read_into(records: list[Record], found: Iterable[Record]) -> Sequence[Fault]:
    """Keep what can be read, so that its own faults are told together with the reader's."""
    try:
        records.extend(found)
    except KnowledgeError as error:
        return error.faults
    return ()


def _reader(name: str, suffixes: Sequence[str]) -> "_Reader":
    suffix = PurePath(name).suffix.lower()
    if suffix not in suffixes:
        raise FormatError(f"{name}: use one of {', '.join(sorted(suffixes))}")
    return _READERS[suffix]


def _read_toml(name: str, content: bytes) -> Iterator[Record]:
    try:
        document = tomllib.loads(decode(name, content))
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits
        raise KnowledgeError([Fault(name, "", f"is not TOML: {error}")]) from None
    entries = document.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KnowledgeError([Fault(name, "entry", "must be written as [[entry]]")])
    area = {"area": document["area"]} if "area" in document else {}
    for number, entry in enumerate(entries, 1):
        where = f"{name}, {entry.get('key', f'entry {number}')}"
        yield Record(where, area | entry)


def _read_jsonl(name: str, content: bytes) -> Iterator[Record]:
    faults = []
    lines = decode(name, content).split("\n")
    refuse_many_rows(name, sum(bool(line.strip()) for line in lines))
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            fields = json.loads(line, object_pairs_hook=_once_each)
        except (ValueError, RecursionError) as error:
            faults.append(Fault(where, "", f"is not JSON: {error}", "not_json"))
            continue
        if isinstance(fields, dict):
            yield Record(where, fields)
        else:
            faults.append(Fault(where, "", "is not a JSON object", "not_json"))
    if faults:
        raise KnowledgeError(faults)


def _once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Make an object, unless one of two values would be lost."""
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise ValueError(f"names a field twice: {name!r}")
        fields[name] = value
    return fields


def _read_csv_records(name: str, content: bytes) -> Iterator[Record]:
    return _read_table(name, read_csv(name, content))


def _read_xlsx_records(name: str, content: bytes) -> Iterator[Record]:
    faults: list[Fault] = []
    for sheet in read_xlsx(name, content, "key"):
        try:
            yield from _read_table(sheet.where, sheet.rows)
        except KnowledgeError as error:
            faults += error.faults
    if faults:
        raise KnowledgeError(faults)


def _read_table(name: str, numbered: Sequence[NumberedRow]) -> Iterator[Record]:
    rows = [(number, row) for number, row in numbered if any(str(cell).strip() for cell in row)]
    if not rows:
        reason = "is empty; its first line must name the fields"
        raise KnowledgeError([Fault(name, "", reason, "empty")])
    first, header = rows[0]
    faults = [_formula(f"{name}, line {first}", "", cell)
              for cell in header if isinstance(cell, Formula)]  # fmt: skip
    if faults:
        raise KnowledgeError(faults)
    names = _read_header(f"{name}, line {first}", header)
    for number, row in rows[1:]:
        if len(faults) > MOST_FAULTS:  # rather than one for each cell of a file of any other kind
            break
        where = f"{name}, line {number}"
        cells = [(field, cell) for field, cell in zip_longest(names, row, fillvalue="")
                 if str(cell).strip()]  # fmt: skip
        formulas = {field: cell for field, cell in cells if isinstance(cell, Formula)}
        faults += [_formula(where, field, cell) for field, cell in formulas.items()]
        # A comma in a text that is not quoted makes one; its end would be lost.
        faults += [_unnamed(where, str(cell)) for field, cell in cells if not field]
        read = {field: from_cell(cell) for field, cell in cells if field and field not in formulas}
        yield Record(where, read, frozenset(formulas))
    if faults:
        raise KnowledgeError(faults)


def _formula(where: str, field: str, formula: Formula) -> Fault:
    reason = f"cell {formula.cell} holds a formula; write the text itself"
    return Fault(where, field, reason, "formula", {"cell": formula.cell})


def _unnamed(where: str, cell: str) -> Fault:
    reason = f"has more than the header names: '{cell:.80}'"
    return Fault(where, "", reason, "unnamed", {"text": cell[:80]})


def _read_header(where: str, header: Sequence[object]) -> list[str]:
    names = [str(cell).strip().lower() for cell in header]
    given = [field for field in names if field]
    unknown = [field for field in given if field not in FIELDS]
    if "key" in given and unknown:
        raise _unknown_columns(where, unknown)
    if "key" not in given:
        reason = f"must name the fields {', '.join(FIELDS)}; found {', '.join(given)}"
    elif len(given) > len(set(given)):
        reason = f"must name each field once; found {', '.join(given)}"
    else:
        return names
    values = {"fields": ", ".join(FIELDS), "found": ", ".join(given)[:200]}
    raise KnowledgeError([Fault(where, "header", reason[:500], "header", values)])


def _unknown_columns(where: str, unknown: Sequence[str]) -> KnowledgeError:
    """Name what is wrong alone: whoever keeps notes beside the entries has many columns."""
    found, fields = ", ".join(unknown)[:200], ", ".join(FIELDS)
    reason = f"has columns that are no fields: {found}; the fields are {fields}"
    values = {"fields": fields, "found": found}
    return KnowledgeError([Fault(where, "header", reason, "header_unknown", values)])


def _as_json(draft: EntryDraft) -> str:
    return json.dumps(draft.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


def _table(drafts: Iterable[EntryDraft]) -> Iterator[list[str]]:
    yield list(FIELDS)
    for draft in drafts:
        fields = draft.model_dump(mode="json")
        yield [to_cell(fields[name]) for name in FIELDS]


_Reader = Callable[[str, bytes], Iterable[Record]]
_READERS: dict[str, _Reader] = {
    ".toml": _read_toml,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv_records,
    ".xlsx": _read_xlsx_records,
}
