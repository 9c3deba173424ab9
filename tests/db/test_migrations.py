"""Migrations against the models."""

import shutil
import sqlite3
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_mock_engine, inspect, text

from bot.db.engine import open_engine
from bot.db.migrate import MIGRATIONS, head, upgrade
from bot.db.models import Base
from bot.errors import DatabaseError


def config_on(connection: object) -> Config:
    """Alembic configured to run on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def test_migrating_an_empty_database_gives_the_models(engine: Engine) -> None:
    """Nothing is left to generate after the newest migration."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(engine: Engine) -> None:
    """Every migration can be taken back."""
    with engine.begin() as connection:
        command.downgrade(config_on(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]

    assert upgrade(engine)
    assert "questions" in inspect(engine).get_table_names()


def test_govi_may_be_installed_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of one may hold what means something in a configuration file."""
    folder = tmp_path / "ගොවි 100% (1)" / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("bot.db.migrate.MIGRATIONS", folder)
    engine = open_engine(f"sqlite:///{tmp_path / 'govi.sqlite3'}")

    assert upgrade(engine)
    engine.dispose()


def test_the_head_file_names_the_newest_migration() -> None:
    """Two branches that both add a migration conflict in this one line."""
    script = ScriptDirectory(str(MIGRATIONS))

    assert script.get_current_head() == head()


def test_migration_numbers_have_no_gap() -> None:
    """0001, 0002, ... in the order in which they run."""
    numbers = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_migrations_import_nothing_of_ours() -> None:
    """A migration must still run when the code has moved on."""
    for path in (MIGRATIONS / "versions").glob("*.py"):
        source = path.read_text("utf-8")
        assert "import bot" not in source
        assert "from bot" not in source


def test_a_second_upgrade_does_nothing(engine: Engine) -> None:
    """An up-to-date database is left alone."""
    assert not upgrade(engine)


def test_a_database_from_a_newer_release_is_refused(engine: Engine) -> None:
    """The operator is told which revision it is at and what to do."""
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))

    with pytest.raises(DatabaseError, match=r"revision 9999.*newer Govi"):
        upgrade(engine)


def test_a_new_database_that_another_process_is_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite gives up at once while it has no write-ahead log yet."""
    path = tmp_path / "govi.sqlite3"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    waiting = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: other.rollback())
    monkeypatch.setattr("bot.db.engine.time", waiting)
    engine = open_engine(f"sqlite:///{path}")

    assert upgrade(engine)
    engine.dispose()
    other.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A stray file is named, not overwritten."""
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database" * 50)
    engine = open_engine(f"sqlite:///{path}")

    with pytest.raises(DatabaseError, match="cannot use the database"):
        upgrade(engine)
    engine.dispose()
    assert path.read_text().startswith("these are my notes")


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """The operator is told which folder and which setting."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatabaseError, match="set DATA_DIR"):
        open_engine(f"sqlite:///{tmp_path}/file/govi.sqlite3")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder refuses root")
def test_a_data_folder_that_cannot_be_written_is_refused() -> None:
    """It is there, and may be read; even root can make no file in /proc."""
    engine = open_engine("sqlite:////proc/self/govi.sqlite3")

    with pytest.raises(DatabaseError, match="DATA_DIR can be written"):
        upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["not a url", "mysql://host/govi", "postgresql+asyncpg://host/govi"]
)
def test_a_database_url_without_sense_is_refused(url: str) -> None:
    """No traceback for a typing mistake, or for a database whose locks Govi does not know."""
    with pytest.raises(DatabaseError, match="DATABASE_URL cannot be used"):
        open_engine(url)


def test_a_password_with_signs_of_a_url_is_not_quoted() -> None:
    """Half of it stands where the port should; the operator is told how to write it."""
    with pytest.raises(DatabaseError, match="%40") as raised:
        open_engine("postgresql://govi:p@ss:s3cret@host/govi")

    assert "s3cret" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_postgresql_without_its_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is an extra, which most installations do without."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(DatabaseError, match=r"pip install 'govi\[postgresql\]'"):
        open_engine("postgresql://host/govi")


def test_postgresql_accepts_every_table() -> None:
    """The schema compiles to PostgreSQL's dialect, no type of SQLite's own in it."""
    statements: list[str] = []
    engine = create_mock_engine(
        "postgresql+psycopg://", lambda sql, *_: statements.append(str(sql.compile(engine)))
    )

    Base.metadata.create_all(engine, checkfirst=False)

    assert sum("CREATE TABLE" in statement for statement in statements) == len(Base.metadata.tables)
