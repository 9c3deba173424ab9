"""What is said when the knowledge files have changed since the database took them over."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import bot.bootstrap
from tests.cli.conftest import Govi, as_toml

QUESTION = "යූරියා දාන්නේ කවදද"
EARLIER, NEWER = "දෙවැනි සතියේ.", "තුන්වැනි සතියේ."


@pytest.fixture
def edited(govi: Govi) -> Path:
    """The folder of an installation whose knowledge was edited after it was first used."""
    govi("ask", QUESTION)
    folder = bot.bootstrap.STARTER
    (folder / "paddy.toml").write_text(as_toml().replace(EARLIER, NEWER))
    return folder


@pytest.mark.parametrize(
    "command", [("ask", "--json", QUESTION), ("evaluate", "--json", "cases.jsonl")]
)
def test_json_stays_pure_when_the_knowledge_files_are_newer(
    govi: Govi,
    edited: Path,
    command: tuple[str, ...],
) -> None:
    """One line on standard error says so, and what to do."""
    Path("cases.jsonl").write_text('{"question": "x", "key": null}')

    result = govi(*command)

    json.loads(result.stdout)
    assert result.stderr.count("\n") == 1
    assert "knowledge/ has changed" in result.stderr
    assert "`govi run`" in result.stderr


@pytest.mark.parametrize("remedy", ["run", "import"])
def test_the_remedy_takes_the_edit_over_and_nothing_more_is_said(
    govi: Govi,
    edited: Path,
    remedy: str,
) -> None:
    """Until then the earlier answer is given, by `govi doctor` it is said too."""
    before, doctor = govi("ask", QUESTION), govi("doctor")

    govi("run") if remedy == "run" else govi("import", str(edited))
    after = govi("ask", QUESTION)

    assert (before.stdout.strip(), after.stdout.strip()) == (EARLIER, NEWER)
    assert "knowledge/ has changed" in doctor.stderr
    assert "knowledge/ has changed" not in after.stderr


def test_knowledge_files_with_a_slip_keep_nobody_from_being_served(
    govi: Govi, edited: Path
) -> None:
    """What the database has goes on; the log names the first fault."""
    (edited / "paddy.toml").write_text("<<<<<<< HEAD\n" + as_toml())

    served = govi("chat", typed=QUESTION)

    assert EARLIER in served.stdout
    assert "paddy.toml: is not TOML" in served.stderr


def test_a_new_installation_says_nothing(govi: Govi) -> None:
    """Its database has just taken the files over."""
    assert "has changed" not in govi("ask", QUESTION).stderr


def test_numpy_waits_for_what_it_is_told_of_threads() -> None:
    """It reads that once, when it is imported; and Ctrl-C meanwhile would show a traceback."""
    code = "import sys, bot.cli; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
