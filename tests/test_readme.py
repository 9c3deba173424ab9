"""The README tells the truth about commands and files."""

import re
import shlex

import pytest

from bot.cli import _COMMANDS
from bot.settings import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def shell_lines() -> list[str]:
    """Every line of every shell block, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_command_stands_in_the_readme(name: str) -> None:
    """Nobody has to guess what `govi` can do."""
    assert f"govi {name}" in README


@pytest.mark.parametrize("line", shell_lines())
def test_shell_lines_name_real_commands(line: str) -> None:
    """Each line parses, and calls a make target or a govi command that exists."""
    program, command, *_ = shlex.split(line, comments=True)

    if program == "make":
        assert f"\n{command}:" in MAKEFILE
    else:
        assert program == "govi"
        assert command in _COMMANDS


@pytest.mark.parametrize("target", ["help", "install", "run", "test", "check", "fix", "bench"])
def test_make_targets_have_help(target: str) -> None:
    """`make` alone lists them."""
    assert re.search(rf"^{target}:.*## ", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_links_and_paths_lead_somewhere(text: str) -> None:
    """Every relative link and every file named in backticks exists."""
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    named = re.findall(
        r"`((?:bot|retrieval|knowledge|tests|benchmarks|migrations)/[\w./-]+)`", text
    )

    missing = [path for path in (*links, *named) if not (ROOT / path).exists()]
    assert missing == []


def test_ci_runs_the_readmes_test_command() -> None:
    """And nothing cleverer."""
    script = (ROOT / ".ci" / "run").read_text("utf-8")

    assert "make test" in script
    assert script.count("make") == 1
