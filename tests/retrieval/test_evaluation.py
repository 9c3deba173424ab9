"""Reading evaluation files, and what is reported of them."""

import json
from pathlib import Path

import pytest

from retrieval import Decision, SearchResult
from retrieval.decision import DecisionKind
from retrieval.evaluation import EvalCase, EvaluationError, evaluate, read_cases
from tests.factories import create_match

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


def test_a_report_has_the_figures_that_one_works_out_by_hand() -> None:
    """Entries come first, fifth and sixth; of two questions without one, one is answered."""
    asked: list[tuple[str | None, DecisionKind]] = [
        ("k0", "answer"), ("k4", "suggest"), ("k5", "answer"), (None, "answer"), (None, "fallback"),
    ]  # fmt: skip
    matches = tuple(create_match(f"k{number}", 0.9) for number in range(6))
    results = [
        SearchResult("latin", matches, Decision(kind, 0.9, 0.1), 0.01, "m") for _, kind in asked
    ]

    report = evaluate([EvalCase("?", key, "all") for key, _ in asked], lambda _: results)

    figures = report["groups"]["all"]
    assert figures == report["overall"]
    assert figures.pop("n") == 5
    assert {name: share["value"] for name, share in figures.items()} == pytest.approx(
        {
            "accuracy@1": 1 / 3,
            "recall@5": 2 / 3,
            "mrr": (1 + 1 / 5 + 1 / 6) / 3,
            "answered": 3 / 5,
            "precision_answered": 1 / 3,
            "refused": 1 / 2,
        }
    )
