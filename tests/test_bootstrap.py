"""A start does what is needed, and no more."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.starting import multiply_alone, nothing_to_collect
from tests.factories import create_draft

#: Opens the database with the starter knowledge of a folder, and tells what it imported for it.
START = """
import json, sys
from pathlib import Path
import bot.cli.ask
from bot.bootstrap import load_starter, open_database
from bot.settings import load_settings

engine, sessions = open_database(load_settings())
load_starter(sessions, Path("starter"), update_starter=True)
engine.dispose()
unneeded = {"telegram", "httpx", "alembic", "openpyxl", "bot.knowledge"}
print(json.dumps(sorted(unneeded & set(sys.modules))))
"""


def start() -> list[str]:
    """Run `START` in a process of its own."""
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def write_starter(folder: Path) -> None:
    """Write a starter of one entry."""
    fields = create_draft().model_dump(mode="json", exclude={"area", "status"}, exclude_none=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    folder.mkdir()
    (folder / "paddy.toml").write_text("\n".join(['area = "paddy"', "[[entry]]", *lines]))


def test_a_second_start_imports_neither_migrations_nor_knowledge_files(tmp_path: Path) -> None:
    """Both are needed once; Telegram is needed by `govi run` alone."""
    write_starter(tmp_path / "starter")

    assert start() == ["alembic", "bot.knowledge"]
    assert start() == []


def test_polling_needs_no_web_server() -> None:
    """Webhook, health and console have one; a bot that polls starts without."""
    code = "import sys, bot.intake.serving; print({'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(("given", "kept"), [(None, "1"), ("4", "4")])
def test_numpy_makes_no_threads_unless_told(
    monkeypatch: pytest.MonkeyPatch, given: str | None, kept: str
) -> None:
    """Making them is a third of importing it; an operator's own number stays."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # so that it is put back afterwards
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    if given:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", given)

    multiply_alone()

    assert os.environ["OPENBLAS_NUM_THREADS"] == kept


def test_the_collector_is_back_after_starting() -> None:
    """What is made later is collected as ever."""
    with nothing_to_collect():
        was_on = gc.isenabled()

    assert (was_on, gc.isenabled()) == (False, True)


def test_the_collector_is_back_after_a_start_that_failed() -> None:
    """An error changes nothing about it."""
    with pytest.raises(ValueError, match="no"), nothing_to_collect():
        raise ValueError("no")

    assert gc.isenabled()
