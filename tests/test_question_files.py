"""Question logs and learnt pairs as files."""

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.errors import KnowledgeError
from bot.question_files import SUFFIXES, format_log, format_pairs, read_pairs, teach
from bot.services.learning import LearntPair
from bot.services.question_log import LoggedQuestion
from bot.tables import FormatError
from tests.factories import create_entry

PAIR = LearntPair("ගොයම කහයි, ඇයි?", "paddy.yellow", "officer")


def asked(text: str) -> LoggedQuestion:
    """A logged question."""
    return LoggedQuestion(
        1, "2026-11-24T12:00:00+05:30", "farmer-1", "telegram", "text", "latin", text,
        "fallback", "unanswered", "", "", 0.25, 0.1, "", "", None, "m",
    )  # fmt: skip


def cells(suffix: str, content: bytes) -> list[str]:
    """The first question's cells, as a spreadsheet holds them."""
    if suffix == ".csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1]
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert "f" not in {cell.data_type for cell in sheet[2]}
    return [str(cell.value) for cell in sheet[2]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("start", [*"=+-@＝＋－＠", "\t", "\n"])
def test_nothing_a_farmer_writes_is_run_by_a_spreadsheet(suffix: str, start: str) -> None:
    """An apostrophe keeps a cell text."""
    text = f'{start}HYPERLINK("http://x")'

    assert f"'{text}" in cells(suffix, format_log(suffix, [asked(text)]))


def test_a_number_below_zero_is_a_number() -> None:
    """Only words could be run."""
    question = asked("a")._replace(margin=-0.5)

    assert "-0.5" in cells(".csv", format_log(".csv", [question]))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_log_holds_any_text(suffix: str) -> None:
    """Control characters, which some formats cannot hold, do not stop it."""
    assert format_log(suffix, [asked('a\x07b\nසිංහල 🌾, "x"')])


def test_a_log_as_json_has_one_question_a_line() -> None:
    """With the fields' own types."""
    (line,) = format_log(".jsonl", [asked("=x")]).decode().splitlines()

    read = json.loads(line)
    assert (read["text"], read["score"], read["seconds"]) == ("=x", 0.25, None)


def test_another_suffix_is_refused() -> None:
    """With those that work."""
    with pytest.raises(FormatError, match=r"\.csv, \.jsonl, \.xlsx"):
        format_log(".pdf", [])


def test_pairs_are_read_as_they_were_written() -> None:
    """Sinhala, commas and all."""
    Path("pairs.jsonl").write_bytes(format_pairs([PAIR, PAIR]))

    assert read_pairs(Path("pairs.jsonl")) == [PAIR, PAIR]


def test_lines_that_are_no_pairs_are_all_named() -> None:
    """An empty line is none."""
    Path("p.jsonl").write_text(
        '{\n[]\n\n{"question": "", "key": "a"}\n{"question": "x", "key": 1}\n'
    )

    with pytest.raises(KnowledgeError) as refused:
        read_pairs(Path("p.jsonl"))

    places = [fault.where for fault in refused.value.faults]
    assert places == [f"p.jsonl, line {number}" for number in (1, 2, 4, 5)]


def test_learnt_questions_become_phrasings_of_their_entries() -> None:
    """Known ones and those of entries that are not trained are counted, not added."""
    entries = [create_entry("a.one", "එක"), create_entry("a.two", "දෙක")]
    pairs = [
        LearntPair("අලුත්", "a.two", "officer"),
        LearntPair("අලුත්?", "a.two", "suggestion"),
        LearntPair("එක!", "a.two", "officer"),
        LearntPair("නැති එකකට", "gone", "officer"),
    ]

    taught = teach(entries, pairs, [])

    assert [entry.phrasings for entry in taught.entries] == [("එක",), ("දෙක", "අලුත්")]
    assert (taught.added, taught.known, taught.held_out, taught.homeless) == (1, 2, 0, 1)


def test_an_evaluation_question_is_never_trained_on() -> None:
    """However it is typed: the figure would be worth nothing."""
    pairs = [LearntPair("Yuriya  danne kawadada?", "a.one", "officer")]

    taught = teach([create_entry("a.one", "එක")], pairs, ["yuriya danne kawadada"])

    assert taught.entries[0].phrasings == ("එක",)
    assert taught.held_out == 1
