"""Knowledge that is taken out as a file and brought in again, with what is rare in it."""

import csv
import io
import json

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from bot.db.models import Origin
from bot.errors import KnowledgeError
from bot.knowledge import FIELDS, EntryDraft, check_fields
from bot.knowledge_files import UPLOADS, format_knowledge, read_upload
from bot.services.curation import export_entries, import_entries
from tests.factories import create_draft


@pytest.mark.parametrize("suffix", UPLOADS)
def test_a_retired_entry_may_have_given_its_phrasings_away(session: Session, suffix: str) -> None:
    """It is exported with the others, and the file can be imported elsewhere."""
    retired = create_draft("a.old", phrasings=("එකම ප්‍රශ්නය",), status="retired")
    heir = create_draft("a.new", phrasings=("එකම ප්‍රශ්නය",))
    for draft in (retired, heir):
        import_entries(session, [draft], Origin.IMPORT, "cli:test")

    exported = export_entries(session)

    assert [draft.phrasings for draft in exported] == [("එකම ප්‍රශ්නය",), ()]
    assert read_upload(f"k{suffix}", format_knowledge(suffix, exported)) == exported


@pytest.mark.parametrize("status", ["draft", "published"])
def test_other_entries_need_a_phrasing(status: str) -> None:
    """Nothing would ever find them."""
    fields = create_draft("a.one").model_dump() | {"status": status, "phrasings": []}

    with pytest.raises(KnowledgeError, match="at least 1 item"):
        check_fields(fields)


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n ", "\u2028", "\u2029"])
@pytest.mark.parametrize("suffix", UPLOADS)
def test_a_question_of_two_lines_stays_one(suffix: str, end: str) -> None:
    """A spreadsheet's cell holds one phrasing a line."""
    asked = {"phrasings": [f"කොළ කහයි.{end}මොකද කරන්නේ"], "keywords": [f"leaf{end}yellow"]}

    draft = check_fields(create_draft("a.one").model_dump() | asked)

    assert (draft.phrasings, draft.keywords) == (("කොළ කහයි. මොකද කරන්නේ",), ("leaf yellow",))
    assert read_upload(f"k{suffix}", format_knowledge(suffix, [draft])) == [draft]


def test_a_field_twice_in_an_object_is_refused() -> None:
    """One of the two values would be lost."""
    line = create_draft("a.one").model_dump_json().replace("{", '{"answer": "වෙන එකක්", ', 1)

    with pytest.raises(KnowledgeError, match=r"line 1: .* names a field twice: 'answer'"):
        read_upload("k.jsonl", line.encode())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    """The header tells what parts the fields, however many commas the answers have."""
    draft = create_draft("a.one", answer="එක, දෙක, තුන" * 20)

    assert read_upload("k.csv", as_csv(draft, delimiter=";", lineterminator=end)) == [draft]


def test_a_comma_that_is_not_quoted_loses_nothing() -> None:
    """What would be cut off is a fault; empty cells at the end of a row are none."""
    fields = create_draft("a.one").model_dump(mode="json", exclude_none=True, exclude={"answer"})
    names = [*fields, "answer"]
    cells = [value[0] if isinstance(value, list) else value for value in fields.values()]
    row = ",".join([*cells, "හවසට ගහන්න"])

    def content(end: str) -> bytes:
        return f"{','.join(names)}\n{row}{end}\n".encode()

    assert read_upload("k.csv", content(",,"))[0].answer == "හවසට ගහන්න"
    with pytest.raises(KnowledgeError, match="line 2: has more than the header names: ' දවල්ට එපා'"):
        read_upload("k.csv", content(", දවල්ට එපා"))


def test_a_fault_is_where_its_row_begins() -> None:
    """Its cells and those before it have several lines of their own."""
    rows = [create_draft(f"a.{n}", phrasings=(f"{n} එක", f"{n} දෙක")) for n in ("one", "two")]
    content = as_csv(*rows).replace(b"a.two", b"A TWO", 1)

    with pytest.raises(KnowledgeError, match=r"k\.csv, line 4, key"):
        read_upload("k.csv", content)


def test_a_quote_that_is_never_closed_is_named_where_it_is_opened() -> None:
    """Not at the end of the file, up to which it reaches."""
    content = as_csv(create_draft("a.one"), create_draft("a.two")).replace(b"\r\na.two,", b'\r\n"')

    with pytest.raises(KnowledgeError, match=r"k\.csv, line 3: is not CSV"):
        read_upload("k.csv", content + b"\r\n" * 9)


def test_a_workbook_may_hold_the_line_ends_of_windows() -> None:
    """Spreadsheets write a carriage return as _x000D_; no farmer gets to see that."""
    draft = create_draft("a.one", answer="එක\nදෙක\nතුන", phrasings=("පළමු", "දෙවැනි"))
    book = load_workbook(io.BytesIO(format_knowledge(".xlsx", [draft])))
    for name, text in (
        ("answer", "එක_x000D_\nදෙක_x000D_තුන"),
        ("phrasings", "පළමු_x000D_\nදෙවැනි"),
    ):
        book.worksheets[0].cell(2, FIELDS.index(name) + 1).value = text
    file = io.BytesIO()
    book.save(file)

    assert read_upload("k.xlsx", file.getvalue()) == [draft]


def test_what_json_holds_beside_the_known_formats_is_a_fault() -> None:
    """Numbers, lists and objects in the place of text are named by their field."""
    fields = json.loads(create_draft("a.one").model_dump_json()) | {"title": 5, "answer": ["x"]}

    with pytest.raises(KnowledgeError, match="2 faults"):
        read_upload("k.jsonl", json.dumps(fields).encode())


def as_csv(*drafts: EntryDraft, delimiter: str = ",", lineterminator: str = "\r\n") -> bytes:
    """The drafts as another program writes them."""
    written = format_knowledge(".csv", drafts).decode("utf-8-sig")
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=lineterminator)
    writer.writerows(csv.reader(io.StringIO(written, newline="")))
    return file.getvalue().encode()
