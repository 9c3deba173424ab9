"""Spreadsheets as curators keep and save them."""

import io
from collections.abc import Sequence
from datetime import time

import pytest
from openpyxl import Workbook

from bot.errors import Fault, KnowledgeError
from bot.knowledge import FIELDS
from bot.knowledge_files import format_knowledge, read_upload
from bot.tables import from_cell, to_cell
from tests.factories import create_draft

SINHALA = "පොහොර දාන්නේ කවදද කියලා කියන්න"


def row_of(key: str) -> list[str]:
    """A row of a good entry."""
    fields = create_draft(key).model_dump(mode="json")
    return [to_cell(fields[name]) for name in FIELDS]


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]], hidden: str = "") -> bytes:
    """A workbook of these sheets, one of them hidden."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title == hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def refusal(name: str, content: bytes) -> Sequence[Fault]:
    """What is wrong with a file."""
    with pytest.raises(KnowledgeError) as refused:
        read_upload(name, content)
    return refused.value.faults


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    """Some programs run one for the wide signs too; what was written is read back."""
    cell = to_cell(f"{start}1+1")

    assert cell == f"'{start}1+1"
    assert from_cell(cell) == f"{start}1+1"


def test_every_sheet_with_entries_is_read() -> None:
    """A curator keeps one sheet for each area; notes between them are no entries."""
    content = workbook(
        ("Paddy", [FIELDS, row_of("a.one")]),
        ("Notes", [["Ask Kamala"], ["=1+1"]]),
        ("Empty", []),
        ("Tea", [FIELDS, row_of("a.two")]),
    )

    assert [draft.key for draft in read_upload("k.xlsx", content)] == ["a.one", "a.two"]


def test_faults_of_several_sheets_are_told_together_and_name_their_sheet() -> None:
    """Line 2 would be in each of them."""
    content = workbook(
        ("Paddy", [["key", "colour"], ["a.one", "red"]]), ("Tea", [["key", "size"], ["a.two", "1"]])
    )

    places = [fault.where for fault in refusal("k.xlsx", content)]

    assert places == ["k.xlsx, sheet Paddy, line 1", "k.xlsx, sheet Tea, line 1"]


def test_a_hidden_sheet_is_not_read() -> None:
    """Lists of allowed values are kept in such a one, often the first."""
    content = workbook(
        ("lists", [["A", "B"]]), ("Paddy", [FIELDS, row_of("a.one")]), hidden="lists"
    )

    assert [draft.key for draft in read_upload("k.xlsx", content)] == ["a.one"]


@pytest.mark.parametrize("value", ["26/11/2026", "2026-11", "2026-11-26 08:30", 46352, time(8, 30)])
def test_a_date_written_otherwise_is_refused_with_an_example(value: object) -> None:
    """Excel writes 26/11/2026 into a CSV file; which is the month is not guessed."""
    row: list[object] = [*row_of("a.one")]
    row[FIELDS.index("reviewed_on")] = value

    (fault,) = refusal("k.xlsx", workbook(("Paddy", [FIELDS, row])))

    assert (fault.kind, fault.reason) == ("date", "must be a day like 2027-03-31")


def test_a_word_that_a_spreadsheet_takes_for_a_truth_is_read_as_it_shows_it() -> None:
    """Who types "true" sees TRUE from then on."""
    row: list[object] = [*row_of("a.one")]
    row[FIELDS.index("title")] = True

    (draft,) = read_upload("k.xlsx", workbook(("Paddy", [FIELDS, row])))

    assert draft.title == "TRUE"


@pytest.mark.parametrize(
    "lost",
    [
        SINHALA.encode("cp1252", "replace").decode(),
        "ගොයම් 50".encode("cp1252", "replace").decode(),
        SINHALA.encode().decode("cp1252", "replace"),
        SINHALA.encode().decode("mac_roman"),
        SINHALA.encode().decode("ascii", "replace"),
    ],
)
def test_an_answer_that_has_lost_its_letters_is_refused(lost: str) -> None:
    """Excel's plain CSV has question marks for Sinhala; farmers would be sent them."""
    draft = create_draft("a.one").model_copy(update={"answer": lost})

    (fault,) = refusal("k.csv", format_knowledge(".csv", [draft]))

    assert (fault.field, fault.kind) == ("answer", "lost_letters")


def test_many_question_marks_behind_words_are_no_lost_letters() -> None:
    """So farmers type."""
    draft = create_draft("a.one", phrasings=("yuriya danne kohomada ????", "යූරියා ??? කවදද ???"))

    assert read_upload("k.csv", format_knowledge(".csv", [draft])) == [draft]


def test_only_the_columns_that_are_no_fields_are_told() -> None:
    """A curator's remarks beside a dozen good columns."""
    (fault,) = refusal("k.xlsx", workbook(("Paddy", [[*FIELDS, "Remarks"], row_of("a.one")])))

    assert (fault.kind, fault.values["found"]) == ("header_unknown", "remarks")


def test_faults_show_sinhala_as_it_is_written() -> None:
    """The joiner of ප්‍ර is not spelt out."""
    taken = "ප්‍රශ්නය මොකක්ද"
    drafts = [create_draft(key, phrasings=(taken,)) for key in ("a.one", "a.two")]

    (fault,) = refusal("k.csv", format_knowledge(".csv", drafts))

    assert f"'{taken}'" in fault.reason
