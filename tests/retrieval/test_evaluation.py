"""Reading evaluation files."""

import json
from pathlib import Path

import pytest

from retrieval.evaluation import EvalCase, EvaluationError, read_cases

LINE = '{"question": "කොළ කහයි", "key": "a.one", "group": "clean"}\n'
CASE = EvalCase("කොළ කහයි", "a.one", "clean")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n  \n"])
def test_files_of_any_editor_are_read(encoding: str, end: str) -> None:
    """With or without a mark, whatever ends their lines, empty ones in between."""
    Path("cases.jsonl").write_bytes((LINE * 2).replace("\n", end).encode(encoding))

    assert read_cases(Path("cases.jsonl")) == [CASE, CASE]


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_what_ends_a_line_elsewhere_may_stand_in_a_question(char: str) -> None:
    """JSON needs no escape for it."""
    line = json.dumps({"question": f"x{char}y", "key": None}, ensure_ascii=False)
    Path("cases.jsonl").write_text(line, "utf-8")

    assert read_cases(Path("cases.jsonl")) == [EvalCase(f"x{char}y", None, "all")]


@pytest.mark.parametrize("group", ["", ', "group": null'])
def test_a_question_may_have_no_group(group: str) -> None:
    """It counts with the others that have none."""
    Path("cases.jsonl").write_text(f'{{"question": "x", "key": null{group}}}')

    assert read_cases(Path("cases.jsonl")) == [EvalCase("x", None, "all")]


def test_json_too_deep_to_be_read_is_named_by_its_line() -> None:
    """As any other line that is no such object."""
    Path("cases.jsonl").write_text(LINE + "[" * 100_000, "utf-8")

    with pytest.raises(EvaluationError, match="line 2"):
        read_cases(Path("cases.jsonl"))
