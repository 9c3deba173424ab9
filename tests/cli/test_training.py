"""`govi train` and `govi model` as somebody meets them who has not read everything."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.bootstrap import STARTER
from bot.cli import cli, main
from bot.errors import GoviError
from bot.settings import ROOT
from retrieval.errors import RetrievalError
from retrieval.manifest import ModelManifest

COMMANDS = [
    ("train", "--base", ".", "--out", "out", "--work", "work"),
    ("model", "build", "out"),
    ("model", "calibrate", "."),
    ("model", "emergencies", "--out", "out"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_extra_training_says_what_to_install(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `make run`, which installs what serving needs alone."""
    monkeypatch.setitem(sys.modules, "sklearn", None)

    result = CliRunner().invoke(cli, command)

    assert isinstance(result.exception, GoviError)
    assert "pip install 'govi[train]'; sklearn" in str(result.exception)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--epochs", "0"),
        ("--batch-size", "1"),
        ("--warmup", "2"),
        ("--max-tokens", "512"),
        ("--seed", "-1"),
        ("--precision", "bf-16"),
        ("--dropout", "1"),
    ],
)
def test_a_value_that_cannot_be_trained_with_is_refused_by_name(option: str, value: str) -> None:
    """Before anything is read, not by a traceback, and never taken for another."""
    result = CliRunner().invoke(cli, ["train", "--base", ".", option, value])

    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output


def test_what_cannot_be_written_is_one_line_before_anything_is_learnt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Learning takes minutes."""
    Path("file").write_text("in the way")
    monkeypatch.setattr("bot.cli.model.require_training", lambda: None)
    monkeypatch.setattr("bot.emergency_learning.learn", lambda *_: pytest.fail("it was learnt"))
    monkeypatch.setattr("sys.argv", ["govi", "model", "emergencies", "--out", "file/weights.npz"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "govi: cannot use file: File exists\n"


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--out", "home", "name another directory"),
        ("--dev", "home/dev.jsonl", "no dev question is about an entry"),
    ],
)
def test_what_would_end_training_in_vain_is_said_before_it(
    option: str, value: str, reason: str
) -> None:
    """It takes an hour; then everything in that folder would be gone."""
    Path("home").mkdir()
    Path("home/dev.jsonl").write_text('{"question": "x", "key": "of.another.knowledge"}')

    result = CliRunner().invoke(cli, ["train", "--base", ".", option, value])

    assert isinstance(result.exception, RetrievalError)
    assert reason in str(result.exception)
    assert Path("home/dev.jsonl").exists()


def test_a_model_is_calibrated_for_the_knowledge_that_it_answers_from() -> None:
    """Its weights and what it was trained on stay; what was chosen stands in its card too."""
    shutil.copytree(ROOT / "retrieval" / "model", "model")
    Path("knowledge").mkdir()
    shutil.copy(STARTER / "markets.toml", "knowledge")
    dev = [
        {"question": "වී මිල අද කීයද කියලා බලාගන්නේ කොහෙන්ද", "key": "market.paddy_price"},
        {"question": "මගේ ෆෝන් එක කැඩිලා", "key": None},
    ]
    Path("dev.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in dev), "utf-8")
    before = ModelManifest.load(Path("model"))

    result = CliRunner().invoke(
        cli, ["model", "calibrate", "model", "--knowledge", "knowledge", "--dev", "dev.jsonl"]
    )

    after = ModelManifest.load(Path("model"))
    assert result.exit_code == 0, result.output
    assert (after.model_id, after.recipe) == (before.model_id, before.recipe)
    assert after.thresholds != before.thresholds
    assert str(after.thresholds.answer) in Path("model/README.md").read_text("utf-8")
