"""Files that people send: too long, too large, or meant to do harm."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from bot import tables, workbooks
from bot.errors import Fault, KnowledgeError
from bot.knowledge import FIELDS, MOST_FAULTS
from bot.knowledge_files import UPLOADS, format_knowledge, read_upload
from bot.tables import FormatError
from tests.factories import create_draft

DRAFT = create_draft("a.one")


HEADER = f"{','.join(FIELDS)}\n".encode()


def refusal(name: str, content: bytes) -> list[Fault]:
    """What is wrong with a file that was sent."""
    with pytest.raises(KnowledgeError) as refused:
        read_upload(name, content)
    return list(refused.value.faults)


def workbook(fill: Callable[[Workbook], None]) -> bytes:
    """A workbook that a spreadsheet could have saved."""
    book = Workbook()
    fill(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(content: bytes, extra: dict[str, bytes]) -> bytes:
    """A workbook with members added or replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            if name not in extra:
                new.writestr(name, old.read(name))
        for name, member in extra.items():
            new.writestr(name, member)
    return file.getvalue()


@pytest.mark.parametrize("suffix", UPLOADS)
def test_what_was_exported_can_be_sent_back(suffix: str) -> None:
    """By whatever name people give it."""
    assert read_upload(f"මගේ ලැයිස්තුව{suffix.upper()}", format_knowledge(suffix, [DRAFT])) == [DRAFT]


@pytest.mark.parametrize("name", ["k.xlsm", "k.xls", "k.toml", "k.docx", "k", ".csv"])
def test_other_kinds_of_files_are_refused(name: str) -> None:
    """With those that can be sent."""
    with pytest.raises(FormatError, match=r"\.csv, \.jsonl, \.xlsx"):
        read_upload(name, b"x")


def test_a_file_of_25_megabytes_is_refused_unread() -> None:
    """Its kind and limit go to whoever sent it."""
    (fault,) = refusal("k.csv", b"x" * (25 * 2**20))

    assert (fault.kind, fault.values) == ("large", {"limit": 20})


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_more_than_50_000_rows_are_refused_before_any_is_checked(suffix: str) -> None:
    """One fault tells the limit, whatever the rows hold."""
    *header, line = format_knowledge(suffix, [DRAFT]).decode("utf-8-sig").splitlines()
    whole = "\n".join([*header, *[line] * 50_001])

    (fault,) = refusal(f"k{suffix}", whole.encode())

    assert (fault.kind, fault.values) == ("many_rows", {"limit": 50_000})


@pytest.mark.parametrize("suffix", UPLOADS)
def test_as_many_rows_as_the_limit_are_read(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header does not count."""
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    drafts = [create_draft(f"a.n{number}") for number in range(3)]

    assert read_upload(f"k{suffix}", format_knowledge(suffix, drafts)) == drafts


def test_rows_of_empty_cells_do_not_count() -> None:
    """Spreadsheets write them for every row that was ever formatted."""
    content = format_knowledge(".csv", [DRAFT]) + b",,,,\r\n" * 50_001

    assert read_upload("k.csv", content) == [DRAFT]


def test_the_most_phrasings_that_an_entry_may_have_can_be_sent_back() -> None:
    """They stand in one cell, longer than Python's reader takes by itself."""
    longest = tuple(f"{number:03} {'ක' * 296}" for number in range(500))
    draft = create_draft("a.one", phrasings=longest)

    assert read_upload("k.csv", format_knowledge(".csv", [draft])) == [draft]


def test_empty_rows_of_a_workbook_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spreadsheet writes those that were formatted, also between rows that are filled."""
    for module in (tables, workbooks):
        monkeypatch.setattr(module, "MOST_ROWS", 3)

    def fill(book: Workbook) -> None:
        sheet = book.worksheets[0]
        sheet.append(["key", "area"])
        sheet.append(["a.one", "paddy"])
        for number in range(3, 20):
            sheet.cell(number, 1).number_format = "@"
        sheet.cell(20, 1, "a.two")
        sheet.cell(21, 1, " ")

    (sheet,) = workbooks.read_xlsx("k.xlsx", workbook(fill), "key")

    firsts = [(number, row[0]) for number, row in sheet.rows]
    assert firsts == [(1, "key"), (2, "a.one"), (20, "a.two")]


def test_a_workbook_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit, whatever the sheet says about its size."""
    for module in (tables, workbooks):
        monkeypatch.setattr(module, "MOST_ROWS", 10)

    def fill(book: Workbook) -> None:
        book.worksheets[0].append(FIELDS)
        for number in range(11):
            book.worksheets[0].append([f"a.n{number}"])

    (fault,) = refusal("k.xlsx", workbook(fill))
    assert fault.kind == "many_rows"


def test_a_sheet_that_claims_a_million_columns_costs_nothing() -> None:
    """The claim decides nothing; what stands in it is read."""
    content = format_knowledge(".xlsx", [DRAFT])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    claim = b'<dimension ref="A1:XFD1048576"/><sheetViews'
    bloated = repacked(
        content, {"xl/worksheets/sheet1.xml": sheet.replace(b"<sheetViews", claim, 1)}
    )

    assert read_upload("k.xlsx", bloated) == [DRAFT]


def test_formulas_are_refused_by_cell_beside_all_else_that_is_wrong() -> None:
    """Their result is not in the file, or is not what a person read."""
    good = dict.fromkeys(FIELDS, "") | DRAFT.model_dump(mode="json", exclude_none=True)
    good |= {"keywords": "", "phrasings": "ගොයම කහයි"}

    def fill(book: Workbook) -> None:
        book.worksheets[0].append(FIELDS)
        book.worksheets[0].append(list((good | {"answer": "=1+1", "grade": "Z"}).values()))
        book.worksheets[0].append(["a.two", "=1+1"])

    faults = refusal("k.xlsx", workbook(fill))

    assert [(fault.kind, fault.where, fault.field) for fault in faults[:3]] == [
        ("formula", "k.xlsx, line 2", "answer"),
        ("literal_error", "k.xlsx, line 2", "grade"),
        ("formula", "k.xlsx, line 3", "area"),
    ]
    assert "area" not in [fault.field for fault in faults if fault.kind == "missing"]


def test_a_header_may_hold_no_formula() -> None:
    """It names fields."""

    def fill(book: Workbook) -> None:
        book.worksheets[0].append(["key", "=1+1"])
        book.worksheets[0].append(["a.one", "x"])

    (fault,) = refusal("k.xlsx", workbook(fill))

    assert (fault.kind, fault.values["cell"]) == ("formula", "B1")


def test_macros_are_refused() -> None:
    """Even under an innocent suffix."""
    content = repacked(format_knowledge(".xlsx", [DRAFT]), {"xl/vbaProject.bin": b"macro"})

    assert [fault.kind for fault in refusal("k.xlsx", content)] == ["macros"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """A hundred kilobytes that become hundreds of megabytes."""
    bomb = repacked(format_knowledge(".xlsx", [DRAFT]), {"xl/bomb.xml": b"\0" * (101 * 2**20)})

    assert len(bomb) < 2**18
    assert [fault.kind for fault in refusal("k.xlsx", bomb)] == ["swells"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_declares_entities_is_refused(encoding: str) -> None:
    """Entities inside entities swell without bound."""
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'.encode(encoding)
    content = repacked(format_knowledge(".xlsx", [DRAFT]), {"xl/sharedStrings.xml": laughs})

    assert [fault.kind for fault in refusal("k.xlsx", content)] == ["swells"]


@pytest.mark.parametrize("letters", range(1, 9))
def test_a_declaration_is_found_where_two_reads_meet(letters: int) -> None:
    """Some of its nine letters are read with what stands before it."""
    content = b" " * (workbooks._STEP - letters) + b"<!DOCTYPE x>"
    odd = repacked(format_knowledge(".xlsx", [DRAFT]), {"xl/sharedStrings.xml": content})

    assert [fault.kind for fault in refusal("k.xlsx", odd)] == ["swells"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 cut off",
        b"key,area\n",
        repacked(format_knowledge(".xlsx", [DRAFT]), {"xl/workbook.xml": b"<nonsense"}),
        repacked(format_knowledge(".xlsx", [DRAFT]), {"xl/worksheets/sheet1.xml": b"\xff\xfe"}),
    ],
)
def test_broken_workbooks_are_refused(content: bytes) -> None:
    """Whatever is wrong inside, the file is named and nothing fails."""
    assert [fault.kind for fault in refusal("k.xlsx", content)] == ["not_xlsx"]


def test_a_header_is_at_fault_once() -> None:
    """Not every row below it."""
    (fault,) = refusal("k.csv", b"question;reply\nx;y\n" * 50)

    assert fault.kind == "header"
    assert fault.values["found"] == "question, reply"


def test_a_field_named_twice_is_refused() -> None:
    """One of the two columns would be lost."""
    (fault,) = refusal("k.csv", b"key,answer,answer\na.one,x,y\n")

    assert "each field once" in fault.reason


def test_keys_and_phrasings_that_repeat_are_named_with_both_places() -> None:
    """In a file of thousands of rows nobody finds them otherwise."""
    faults = refusal("k.jsonl", format_knowledge(".jsonl", [DRAFT, DRAFT]))

    assert [fault.kind for fault in faults] == ["repeated", "repeated"]
    assert faults[0].values == {"text": "a.one", "place": "k.jsonl, line 1"}


def test_what_repeats_is_named_whatever_else_is_wrong_with_the_entry() -> None:
    """Else it would come to light once the rest is mended."""
    good = DRAFT.model_dump(mode="json")
    rows = [{**good, "grade": "Z"}, {**good, "answer": ""}, {"key": 7, "phrasings": [[], good]}]

    faults = refusal("k.jsonl", "\n".join(map(json.dumps, rows)).encode())

    lines = [fault.where[-1] for fault in faults]
    assert [fault.field for fault in faults if fault.kind == "repeated"] == ["key", "phrasings 1"]
    assert lines == sorted(lines)


def test_deeply_nested_json_is_a_fault_of_its_line() -> None:
    """It cannot exhaust the parser."""
    (fault,) = refusal("k.jsonl", b"[" * 100_000)

    assert (fault.kind, fault.where) == ("not_json", "k.jsonl, line 1")


def test_the_faults_of_the_reader_and_of_the_fields_come_together() -> None:
    """Nobody mends a file one kind of fault at a time."""
    faults = refusal("k.jsonl", b'{"key": "NO"}\nnot json\n')

    assert {"not_json", "missing", "string_pattern_mismatch"} <= {fault.kind for fault in faults}


def test_faults_without_number_are_cut_off() -> None:
    """A wrong file of thousands of rows does not become a report of thousands of pages."""
    lines = "\n".join(json.dumps({"key": f"a.n{number}"}) for number in range(5000))

    faults = refusal("k.jsonl", lines.encode())

    assert len(faults) < MOST_FAULTS + 20
    assert faults[-1].kind == "stopped"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("k.csv", HEADER + b"x," * 200_000, "unnamed"),
        ("k.csv", b"x," * 200_000, "header"),
        ("k.csv", HEADER + (b"x," * 40 + b"\n") * 5_000, "unnamed"),
        ("k.jsonl", b'{"phrasings": [' + b"1," * 200_000 + b"1]}", "too_long"),
        ("k.jsonl", b'{"keywords": [' + b"1," * 200_000 + b"1]}", "too_long"),
        (
            "k.jsonl",
            json.dumps(dict.fromkeys(map(str, range(50_000)), 1)).encode(),
            "extra_forbidden",
        ),
    ],
    ids=["columns", "header", "cells", "phrasings", "keywords", "fields"],
)
def test_a_file_of_a_million_pieces_is_told_in_a_thousand_faults(
    name: str, content: bytes, kind: str
) -> None:
    """One for each piece would take more memory than there is."""
    faults = refusal(name, content)

    assert kind in {fault.kind for fault in faults}
    assert len(faults) < MOST_FAULTS + 100


def test_an_entry_that_outgrows_a_cell_is_not_cut() -> None:
    """The export is refused; a silent cut would lose phrasings at the next import."""
    draft = create_draft("a.one", phrasings=[f"{number} {'ක' * 290}" for number in range(150)])

    with pytest.raises(FormatError, match=r"write a \.jsonl"):
        format_knowledge(".xlsx", [draft])
