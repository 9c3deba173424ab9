"""`govi evaluate` on files as people write them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Govi


def test_evaluate_prints_the_published_shape(govi: Govi) -> None:
    """Overall and per group, each share with its interval, null where it does not apply."""
    lines = [
        {"question": "යූරියා දාන්නේ කවදද", "key": "paddy.urea", "group": "clean"},
        {"question": "zzzz qqqq", "key": None, "group": "far"},
    ]
    Path("cases.jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    report = json.loads(govi("evaluate", "cases.jsonl", "--json").stdout)

    assert set(report) == {"overall", "groups"}
    assert list(report["overall"]) == [
        "n", "accuracy@1", "recall@5", "mrr", "answered", "precision_answered", "refused",
    ]  # fmt: skip
    assert report["overall"]["n"] == 2
    assert report["groups"]["clean"]["accuracy@1"]["value"] == 1.0
    assert set(report["groups"]["far"]["refused"]) == {"value", "low", "high"}
    assert report["groups"]["far"]["accuracy@1"] is None
    assert report["groups"]["clean"]["refused"] is None


def test_evaluate_tells_which_keys_no_answer_can_have(govi: Govi) -> None:
    """Misspelt or retired; the figures would say that the answers are wrong."""
    lines = [{"question": "x", "key": key} for key in ("paddy.urea", "paddy.uera", None)]
    Path("cases.jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    told = govi("evaluate", "cases.jsonl", "--json").stderr

    assert "1 of 3 questions count as wrong" in told
    assert "('paddy.uera')" in told


def test_evaluate_tells_how_far_it_is(govi: Govi) -> None:
    """On standard error, where there are more questions than a moment's."""
    Path("cases.jsonl").write_text('{"question": "x", "key": null}\n' * 65)

    result = govi("evaluate", "cases.jsonl", "--json")

    assert "Looking for answers: 65 of 65\n" in result.stderr
    assert json.loads(result.stdout)["overall"]["n"] == 65


def test_an_evaluation_file_without_questions_is_refused(govi: Govi) -> None:
    """No figure can be told."""
    Path("cases.jsonl").write_text("\n")

    assert "has no questions" in str(govi("evaluate", "cases.jsonl").exception)


def test_evaluate_as_text_is_a_table(govi: Govi) -> None:
    """One line a group."""
    Path("cases.jsonl").write_text('{"question": "x", "key": null, "group": "far"}')

    assert "far" in govi("evaluate", "cases.jsonl").stdout


@pytest.mark.parametrize("line", ["{", "[]", '{"question": 1, "key": null}', '{"key": "a"}'])
def test_a_bad_evaluation_line_is_named(govi: Govi, line: str) -> None:
    """The operator is told which line."""
    Path("cases.jsonl").write_text(f'{{"question": "x", "key": null}}\n{line}\n')

    assert "line 2" in str(govi("evaluate", "cases.jsonl").exception)
