"""`govi train` and `govi model` as somebody meets them who has not read everything."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli, main
from bot.errors import GoviError

COMMANDS = [
    ("train", "--base", ".", "--out", "out", "--work", "work"),
    ("model", "build", "out"),
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
