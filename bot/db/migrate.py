"""Bringing a database to the schema of this release."""

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.db.engine import sqlite_file
from bot.errors import DatabaseError

logger = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def head() -> str:
    """Return the newest migration, from the one-line file that tests hold to the folder."""
    return (MIGRATIONS / ".current-head").read_text("utf-8").strip()


def is_known(revision: str) -> bool:
    """Return whether this release has a migration of this number."""
    return revision in {path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py")}


def upgrade(engine: Engine) -> bool:
    """Migrate to `head`; return whether anything had to be done.

    Raises:
        DatabaseError: The database cannot be opened or written, is newer than this release, or
            cannot hold Sinhala.
    """
    try:
        with engine.connect() as connection:
            present = _revision(connection.execution_options(read_only=True))
        if present == head():
            return False
        with engine.begin() as connection:
            _refuse_other_letters(connection)
            _run(connection, present)
        _say_done(engine, present)
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise DatabaseError(
            f"cannot use the database {engine.url.render_as_string()}: {reason}; check "
            "DATABASE_URL and that DATA_DIR can be written"
        ) from error
    return True


def _say_done(engine: Engine, former: str | None) -> None:
    """Say where: a new database where there should have been one is somebody's mistake."""
    file = sqlite_file(engine)
    place = str(file.absolute()) if file else engine.url.render_as_string()
    if former is None:
        logger.info("there was no database; made one", extra={"at": place})
    else:
        logger.info("database upgraded", extra={"at": place, "since": former, "now": head()})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("select version_num from alembic_version"))
    return revision


def _refuse_other_letters(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    encoding = connection.scalar(text("show server_encoding"))
    if encoding != "UTF8":
        raise DatabaseError(
            f"the database has the encoding {encoding}, which cannot hold Sinhala; make it anew: "
            "createdb --encoding UTF8 --template template0 NAME"
        )


def _run(connection: Connection, present: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseError(
            f"the database is at revision {present}, which this release (head {head()}) does not "
            "know: it was written by a newer Govi; install that release, or restore a backup"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
