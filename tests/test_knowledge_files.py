"""Reading and writing knowledge files."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.errors import KnowledgeError
from bot.knowledge import FIELDS, EntryDraft, match_keys
from bot.knowledge_files import format_knowledge, read_knowledge, write_knowledge
from bot.tables import FormatError
from bot.workbooks import write_xlsx
from tests.factories import create_draft

HOSTILE = create_draft(
    "a.one",
    title='=HYPERLINK("http://x")',
    answer='@SUM(1)\nදෙවැනි පේළිය, "උපුටා"; \'=1',
    phrasings=("+94 ගැන", "-1 වෙන්නේ ඇයි", "'=apostrophe", "සාමාන්‍ය එකක්"),
    checked="'=once",
)


def faults_of(path: Path) -> str:
    """Everything wrong with a file, as one text."""
    with pytest.raises(KnowledgeError) as refusal:
        read_knowledge(path)
    return str(refusal.value)


def write_csv(rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
    """A CSV file as a spreadsheet would save it."""
    path = Path("k.csv")
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    path.write_text("\n".join(lines), encoding)
    return path


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "xlsx"])
def test_what_is_written_is_read_back(suffix: str) -> None:
    """Formulas, quotes, line breaks and apostrophes survive."""
    path = Path(f"k.{suffix}")
    write_knowledge(path, [HOSTILE])

    assert read_knowledge(path) == [HOSTILE]


def test_a_csv_cell_never_begins_a_formula() -> None:
    """A spreadsheet that opens the export runs nothing."""
    write_knowledge(Path("k.csv"), [HOSTILE])

    with Path("k.csv").open(encoding="utf-8-sig", newline="") as file:
        (_, row) = csv.reader(file)
    begun = {cell[0] for cell in row if cell}
    assert begun.isdisjoint("=+-@")
    assert "'" in begun


def test_an_xlsx_cell_is_text() -> None:
    """No cell of the workbook is a formula, whatever stands in it."""
    Path("k.xlsx").write_bytes(write_xlsx("k", [["=1+1", "1", "#N/A"]]))

    (row,) = load_workbook("k.xlsx").worksheets[0].iter_rows()
    assert [(cell.data_type, cell.value) for cell in row] == [
        ("s", "=1+1"),
        ("s", "1"),
        ("s", "#N/A"),
    ]


def test_a_spreadsheets_dates_and_numbers_are_understood() -> None:
    """A curator's spreadsheet turns dates into dates."""
    draft = create_draft("a.one")
    write_knowledge(Path("k.xlsx"), [draft])
    book = load_workbook("k.xlsx")
    cell = book.worksheets[0].cell(2, FIELDS.index("reviewed_on") + 1)
    cell.value = draft.reviewed_on
    book.save("k.xlsx")

    assert read_knowledge(Path("k.xlsx")) == [draft]


def test_a_toml_file_without_entries_is_refused() -> None:
    """Nothing would be imported, and nobody would know."""
    Path("k.toml").write_text("[[entries]]\nkey = 'a.one'")

    assert "holds no [[entry]]" in faults_of(Path("k.toml"))


def test_an_unknown_suffix_is_refused_with_those_that_work() -> None:
    """The operator is told what to use."""
    Path("k.doc").write_text("x")

    with pytest.raises(FormatError, match=r"\.csv, \.jsonl, \.toml, \.xlsx"):
        read_knowledge(Path("k.doc"))


def test_a_wrong_header_names_what_it_should_be() -> None:
    """The first line is at fault, not every line after it."""
    message = faults_of(write_csv([["key", "respuesta"], ["a.one", "x"]]))

    assert "line 1, header" in message
    assert "respuesta" in message


def test_a_missing_field_is_named() -> None:
    """Each missing field of a line is a fault of its own."""
    message = faults_of(write_csv([["key", "area"], ["a.one", "paddy"]]))

    assert "line 2, answer: is missing" in message
    assert "line 2, source: is missing" in message


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_csv_is_refused(content: bytes) -> None:
    """There is not even a header."""
    Path("k.csv").write_bytes(content)

    assert "is empty" in faults_of(Path("k.csv"))


def test_a_header_alone_holds_no_entries() -> None:
    """An export of an empty knowledge base can be imported."""
    write_knowledge(Path("k.csv"), [])

    assert read_knowledge(Path("k.csv")) == []


def test_lines_of_another_encoding_are_all_named() -> None:
    """Each with its first wrong byte: lines from two programs were put into one file."""
    Path("k.csv").write_bytes("key\nක\n".encode() + "café\n".encode("cp1252") * 2)

    message = faults_of(Path("k.csv"))
    assert "k.csv, line 3: is not UTF-8 at byte 11; save the file as UTF-8" in message
    assert "k.csv, line 4: is not UTF-8 at byte 16" in message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheets_own_csv_is_understood(encoding: str, delimiter: str) -> None:
    """Spreadsheets save CSV in several encodings, and with what their country writes."""
    draft = create_draft("a.one")
    table = csv.reader(io.StringIO(format_knowledge(".csv", [draft]).decode("utf-8-sig")))
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(table)
    Path("k.csv").write_text(file.getvalue(), encoding)

    assert read_knowledge(Path("k.csv")) == [draft]


def test_half_a_utf16_character_is_named() -> None:
    """A file that was cut off."""
    Path("k.csv").write_bytes("key".encode("utf-16") + b"\x00")

    assert "is not UTF-16 at byte 8" in faults_of(Path("k.csv"))


def test_a_file_that_only_pretends_to_be_xlsx_is_refused() -> None:
    """The name does not make it a workbook."""
    Path("k.xlsx").write_text("key,area\n")

    assert "not an XLSX workbook" in faults_of(Path("k.xlsx"))


def test_an_empty_workbook_is_refused() -> None:
    """A sheet without a header line."""
    Workbook().save("k.xlsx")

    assert "is empty" in faults_of(Path("k.xlsx"))


@pytest.mark.parametrize(
    ("line", "reason"), [("{", "is not JSON"), ("[1]", "is not a JSON object")]
)
def test_a_bad_jsonl_line_is_named(line: str, reason: str) -> None:
    """With its number; good lines around it do not hide it."""
    good = create_draft("a.one").model_dump_json()
    Path("k.jsonl").write_text(f"{good}\n{line}\n")

    message = faults_of(Path("k.jsonl"))
    assert "line 2" in message
    assert reason in message


def test_broken_toml_is_named_with_its_line() -> None:
    """The parser's own place is passed on."""
    Path("k.toml").write_text('area = "x"\n[[entry]\n')

    assert "at line 2" in faults_of(Path("k.toml"))


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 5000])
def test_toml_that_python_refuses_to_read_is_named(value: str) -> None:
    """A number of thousands of digits and lists in lists in lists are the file's fault."""
    Path("k.toml").write_text(f'area = "x"\n[[entry]]\nkey = {value}\n')

    assert "is not TOML" in faults_of(Path("k.toml"))


def test_toml_entries_that_are_no_tables_are_named() -> None:
    """As are those under a single table."""
    Path("k.toml").write_text('area = "x"\nentry = ["a.one"]\n')

    assert "k.toml, entry: must be written as [[entry]]" in faults_of(Path("k.toml"))


def test_a_folder_reports_the_faults_of_all_its_files() -> None:
    """Not only the first file's."""
    Path("kb").mkdir()
    for name in ("one", "two"):
        Path(f"kb/{name}.toml").write_text(f'area = "{name}"\n[[entry]]\nkey = "{name}.x"\n')

    message = faults_of(Path("kb"))
    assert "one.toml, one.x" in message
    assert "two.toml, two.x" in message


def test_an_empty_folder_is_refused() -> None:
    """A wrong path is not silently an empty knowledge base."""
    Path("kb").mkdir()

    assert "holds no .toml file" in faults_of(Path("kb"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ාකොළ කහ", "vowel sign without its letter"),
        ("කොළ\u0000කහ", "control character U+0000"),
        ("කොළ\u0007කහ", "control character U+0007"),
        ("කොළ\uffffකහ", "control character U+FFFF"),
        ("කොළ\ufdd0කහ", "control character U+FDD0"),
        ("🌾🌾", "neither letters nor digits"),
        ("ක" * 301, "at most 300 characters"),
        ("\ufdfa" * 300, "at most 300 characters"),  # one of them stands for 18
    ],
)
def test_insane_phrasings_are_refused(text: str, reason: str) -> None:
    """Each with what is wrong with it."""
    raw = create_draft("a.one").model_dump(mode="json") | {"phrasings": ["හොඳ එකක්", text]}
    Path("k.jsonl").write_text(json.dumps(raw))

    message = faults_of(Path("k.jsonl"))
    assert "phrasings 2" in message
    assert reason in message


def test_an_answer_that_nobody_could_see_is_empty() -> None:
    """Joiners and marks of direction alone say nothing to a farmer."""
    raw = create_draft("a.one").model_dump(mode="json") | {"answer": "\u200b\u202e"}
    Path("k.jsonl").write_text(json.dumps(raw))

    assert "answer" in faults_of(Path("k.jsonl"))


@pytest.mark.parametrize("pair", ["ක", "ක1", "a1", "𠀀", "㎡", "㏡"])
def test_the_longest_phrasing_fits_into_an_index(pair: str) -> None:
    """PostgreSQL takes 2,704 bytes a row, and the column 1,200 characters."""
    text = (pair * 300)[:300]

    (key,) = match_keys(create_draft("a.one", phrasings=(text,)))

    assert len(key) <= 1200
    assert len(key.encode()) <= 2704


@pytest.mark.parametrize("new", ["\U0001fae8", "\U0001faea", "\U0001f6d8"])
def test_emoji_newer_than_python_are_no_control_characters(new: str) -> None:
    """Telephones have them for years before Python knows what they are."""
    draft = create_draft("a.one", answer=f"වතුර බහින්න දෙන්න {new}")
    write_knowledge(Path("k.jsonl"), [draft])

    assert read_knowledge(Path("k.jsonl")) == [draft]


def test_a_file_too_large_for_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it came here; it is read no further than its limit."""
    monkeypatch.setattr("bot.knowledge_files.LARGEST_FILE", 2**20)
    Path("k.csv").write_bytes(b"x" * (2**20 + 1))

    assert "k.csv: has more than 1 MB; split the file" in faults_of(Path("k.csv"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("ක්‍රමය කියන්න", "ක්රමය  කියන්න!"), ("Bg 352 ගැන", "bg352 ගැන")],
)
def test_alike_phrasings_are_refused(first: str, second: str) -> None:
    """In one entry or in two: normalised, they are one question."""
    drafts = [create_draft("a.one", phrasings=(first,)), create_draft("a.two", phrasings=(second,))]
    write_knowledge(Path("k.jsonl"), drafts)

    assert "is also at k.jsonl, line 1 (a.one, phrasings 1)" in faults_of(Path("k.jsonl"))


def test_a_key_twice_is_refused() -> None:
    """With both places."""
    drafts = [create_draft("a.one"), create_draft("a.one", phrasings=("වෙන එකක්",))]
    write_knowledge(Path("k.jsonl"), drafts)

    assert "'a.one' is also at k.jsonl, line 1" in faults_of(Path("k.jsonl"))


def test_many_rows_are_read() -> None:
    """Five thousand entries are no special case."""
    drafts: list[EntryDraft] = [
        create_draft(f"a.n{number}", phrasings=(f"ප්‍රශ්නය {number}",)) for number in range(5000)
    ]
    write_knowledge(Path("k.jsonl"), drafts)

    assert len(read_knowledge(Path("k.jsonl"))) == 5000
