"""`make`, where something that it needs is missing."""

import os
import shutil
import subprocess
from pathlib import Path

from bot.settings import ROOT

#: A Python without the package that makes environments, as Debian's: it leaves half of one.
NO_VENV = """#!/bin/sh
[ "$1" = "-m" ] || exit 0
mkdir -p .venv/bin
ln -s /bin/false .venv/bin/python
echo "ensurepip is not available" >&2
exit 1
"""
#: A Python whose pip cannot compile.
NO_COMPILER = """#!/bin/sh
[ "$1" = "-m" ] || exit 0
mkdir -p .venv/bin
ln -s /bin/false .venv/bin/python
"""


def install(folder: Path, python: str) -> "subprocess.CompletedProcess[str]":
    """Run `make install` in a folder with a Python of our own."""
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.txt", "pyproject.toml"):
        (folder / name).touch()
    script = folder / "python"
    script.write_text(python)
    script.chmod(0o755)
    command = ["make", f"PYTHON={script}", "install"]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_half_an_environment_is_not_kept(tmp_path: Path) -> None:
    """The next try would find no pip in it, even with everything installed."""
    done = install(tmp_path, NO_VENV)

    assert done.returncode != 0
    assert "ensurepip" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_what_compiling_needs_is_said_where_installing_failed(tmp_path: Path) -> None:
    """Pip's own last words are about wheels."""
    done = install(tmp_path, NO_COMPILER)

    assert done.returncode != 0
    assert "apt install g++ python3-dev" in done.stderr
