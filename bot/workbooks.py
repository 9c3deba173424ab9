"""XLSX workbooks: refused when hostile before any of them is parsed, and written as plain text."""

import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from bot.errors import Fault, KnowledgeError
from bot.tables import MOST_COLUMNS, MOST_ROWS, FormatError, NumberedRow, refuse_many_rows

#: Bytes of a workbook once it is unpacked, and files in it; a real one needs far fewer.
MOST_BYTES = 100 * 2**20
MOST_FILES = 1_000
#: No spreadsheet has more rows, whatever a file claims.
_MOST_SHEET_ROWS = 2**20
#: Excel cuts what is longer, without a word.
_LONGEST_CELL = 32_767
#: Control characters, which XML cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: A workbook's XML never declares entities, which could swell without bound; in any encoding.
_DECLARATIONS = tuple(word.encode(code) for word in ("<!DOCTYPE", "<!ENTITY")
                      for code in ("utf-8", "utf-16-le", "utf-16-be"))  # fmt: skip
_STEP = 2**20


class Formula(NamedTuple):
    """What is read of a cell that holds a formula, or the error of one: where it is."""

    cell: str


class Sheet(NamedTuple):
    """The rows of a sheet that hold anything; `where` names the file, and which of its sheets."""

    where: str
    rows: Sequence[NumberedRow]


def read_xlsx(name: str, content: bytes, column: str) -> list[Sheet]:
    """Read the first sheet that is neither hidden nor empty, and further ones with this column.

    Empty cells are "", those with a formula `Formula`.

    Raises:
        KnowledgeError: It is no workbook, swells beyond `MOST_BYTES`, holds macros or entities, or
            has more than `MOST_ROWS` rows.
    """
    _refuse_hostile(name, content)
    try:
        first, *others = list(_read_sheets(name, content)) or [Sheet(name, [])]
    except Exception as error:  # a broken workbook makes openpyxl raise almost anything
        raise _refusal(name, f"is not an XLSX workbook: {error}", "not_xlsx") from None
    sheets = [first, *(each for each in others if _has(each, column))]
    refuse_many_rows(name, sum(len(sheet.rows) - 1 for sheet in sheets))
    return [_with_values(sheet) for sheet in sheets]


def _has(sheet: Sheet, column: str) -> bool:
    _, header = sheet.rows[0]
    return any(str(cell.value).strip().lower() == column for cell in header)


def _with_values(sheet: Sheet) -> Sheet:
    return sheet._replace(rows=[(n, [_value(cell) for cell in row]) for n, row in sheet.rows])


def _value(cell: Any) -> Any:
    """Return what a cell holds; a carriage return, which XML has no sign for, ends a line."""
    if getattr(cell, "data_type", "") in ("f", "e"):
        return Formula(cell.coordinate)
    if isinstance(cell.value, str):
        return cell.value.replace("_x000D_\n", "\n").replace("_x000D_", "\n")
    return "" if cell.value is None else cell.value


def _read_sheets(name: str, content: bytes) -> Iterator[Sheet]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    left = MOST_ROWS + 2
    for sheet in shown:
        rows = list(itertools.islice(_read_rows(sheet), left))
        left -= len(rows)
        if rows:
            yield Sheet(name if len(shown) == 1 else f"{name}, sheet {sheet.title}", rows)
    book.close()


def _read_rows(sheet: Any) -> Iterator[NumberedRow]:
    # What the file claims about its size is not believed: it decides how much is padded.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_MOST_SHEET_ROWS, max_col=MOST_COLUMNS)
    return ((number, row) for number, row in enumerate(rows, 1) if any(map(_is_filled, row)))


def _is_filled(cell: Any) -> bool:
    """Whether there is anything in a cell; rows without count for nothing, as in other tables."""
    return cell.value is not None and bool(str(cell.value).strip())


def _refuse_hostile(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_contents(name, archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refusal(name, f"is not an XLSX workbook: {error}", "not_xlsx") from None


def _refuse_contents(name: str, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    # zipfile never unpacks more of a member than its directory promises here.
    if len(members) > MOST_FILES or sum(each.file_size for each in members) > MOST_BYTES:
        reason = f"unpacks to more than {MOST_BYTES // 2**20} MB; that is no table"
        raise _refusal(name, reason, "swells")
    if any("vbaproject" in each.filename.lower() for each in members):
        raise _refusal(name, "holds macros; save it as .xlsx without them", "macros")
    for member in members:
        if member.filename.lower().endswith((".xml", ".rels")):
            _refuse_declarations(name, archive, member)


def _refuse_declarations(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    tail = b""
    with archive.open(member) as file:
        while block := file.read(_STEP):
            if any(word in tail + block for word in _DECLARATIONS):
                raise _refusal(name, "declares XML entities; that is no table", "swells")
            tail = block[-32:]


def _refusal(name: str, reason: str, kind: str) -> KnowledgeError:
    return KnowledgeError([Fault(name, "", reason, kind)])


def write_xlsx(title: str, rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows whose cells went through `bot.tables.to_cell` as one sheet.

    Raises:
        FormatError: A cell is longer than a spreadsheet can hold.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    checked = list(rows)
    _refuse_long_cells(checked)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for row in checked:
        cells = [WriteOnlyCell(sheet, _UNWRITABLE.sub("\ufffd", text)) for text in row]
        for cell in cells:
            cell.data_type = "s"  # text even where it begins with "="
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _refuse_long_cells(rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows, 1):
        longest = max(map(len, row), default=0)
        if longest > _LONGEST_CELL:
            raise FormatError(
                f"row {number} has a cell of {longest} characters, a spreadsheet holds "
                f"{_LONGEST_CELL}; write a .jsonl file instead"
            )
