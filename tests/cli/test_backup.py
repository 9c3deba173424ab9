"""Backup and restore from the command line."""

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from bot.bootstrap import open_database
from bot.cli import cli
from bot.db.engine import transaction
from bot.errors import ServingError
from bot.services import inbox
from bot.serving_lock import is_served, only_one
from bot.settings import load_settings

pytestmark = pytest.mark.sqlite


@pytest.fixture
def database() -> None:
    """An installation with one update in its inbox."""
    engine, sessions = open_database(load_settings())
    with transaction(sessions) as session:
        inbox.store(session, [{"update_id": 7}])
    engine.dispose()


@pytest.mark.usefixtures("database")
def test_a_backup_is_restored_after_the_database_was_lost() -> None:
    """One file is all that is needed."""
    made = CliRunner().invoke(cli, ["backup", "monday.sqlite3"])
    for file in Path("var").glob("govi.sqlite3*"):
        file.unlink()

    restored = CliRunner().invoke(cli, ["restore", "monday.sqlite3"])

    assert "checked" in made.output
    assert "restored, at revision" in restored.output
    engine, sessions = open_database(load_settings())
    with sessions() as session:
        assert inbox.store(session, [{"update_id": 7}]) == []
    engine.dispose()


def test_where_no_database_is_nothing_is_backed_up_and_none_is_made() -> None:
    """Somebody stands in another folder than the service."""
    result = CliRunner().invoke(cli, ["backup", "monday.sqlite3"])

    place = Path.cwd() / "var" / "govi.sqlite3"
    assert f"there is no database {place}; see DATA_DIR" in str(result.exception)
    assert [path for path in Path().rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("database")
def test_what_was_there_is_named_although_the_restored_one_cannot_be_upgraded() -> None:
    """It is the way back."""
    CliRunner().invoke(cli, ["backup", "monday.sqlite3"])
    with closing(sqlite3.connect("monday.sqlite3")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()

    result = CliRunner().invoke(cli, ["restore", "monday.sqlite3"])

    assert "cannot use the database" in str(result.exception)
    assert "what was there is now var/govi.sqlite3.before-" in result.output


@pytest.mark.usefixtures("database")
def test_nothing_is_restored_under_a_serving_process() -> None:
    """It is asked to be stopped."""
    CliRunner().invoke(cli, ["backup", "monday.sqlite3"])

    with only_one(Path("var")):
        result = CliRunner().invoke(cli, ["restore", "monday.sqlite3"])

    assert isinstance(result.exception, ServingError)
    assert "another process serves" in str(result.exception)


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    """Also after an error."""
    with pytest.raises(RuntimeError), only_one(tmp_path):
        raise RuntimeError

    with only_one(tmp_path), pytest.raises(ServingError), only_one(tmp_path):
        pass


def test_who_looks_at_the_lock_at_that_moment_keeps_nobody_from_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`govi doctor`, asked every minute, would some day refuse a start."""
    place = tmp_path / "serving.lock"
    place.touch()
    flock, refused = fcntl.flock, []

    with place.open() as looking:
        flock(looking, fcntl.LOCK_SH)

        def try_for(file: IO[str], kind: int) -> None:
            try:
                flock(file, kind)
            except BlockingIOError:
                refused.append(kind)
                looking.close()
                raise

        monkeypatch.setattr(fcntl, "flock", try_for)
        with only_one(tmp_path):
            assert is_served(tmp_path)

    assert refused[0] == fcntl.LOCK_EX | fcntl.LOCK_NB
