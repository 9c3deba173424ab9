"""Copies of a SQLite database: made while it is written to, checked before they are believed."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from sqlalchemy import Engine

from bot.db.engine import refuse_missing, sqlite_file
from bot.db.migrate import is_known
from bot.errors import DatabaseError

#: How long to wait for whoever is using the database that is to be replaced.
LOCK_SECONDS = 2.0


def back_up(engine: Engine, target: Path) -> None:
    """Write everything committed so far to a new file, readable by its owner alone.

    Writers go on meanwhile. The file appears under its name only when it is whole and checked.

    Raises:
        DatabaseError: The database is not SQLite or not there, the file is there already, or it
            could not be written; nothing is left behind.
    """
    _file_of(engine)
    refuse_missing(engine)
    if target.exists():
        raise DatabaseError(f"{target} is there already; name another file")
    with _written_aside(target) as aside:
        connection = engine.raw_connection()
        try:
            _copy(cast(sqlite3.Connection, connection.driver_connection), aside)
        finally:
            connection.close()
        _check(aside)
        aside.rename(target)
        _sync(target.parent)


def restore(engine: Engine, source: Path) -> Path | None:
    """Put a backup in the place of the database; both are complete at any moment.

    Returns:
        Where the database that was there is kept now; None when there was none.

    Raises:
        DatabaseError: The backup is damaged, or from a newer release, or the database is in use;
            nothing has changed.
    """
    place = _file_of(engine)
    if not source.is_file():
        raise DatabaseError(f"there is no file {source}")
    engine.dispose()
    with _written_aside(place) as aside:
        try:
            with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old:
                _copy(old, aside)
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{source} is no backup of Govi: {error}") from None
        _check(aside)
        _check_end(source, aside)
        with _alone(place):
            kept = _keep(place)
            aside.replace(place)
            _sync(place.parent)
    return kept


def _file_of(engine: Engine) -> Path:
    if (place := sqlite_file(engine)) is None:
        raise DatabaseError(
            f"govi backup and restore are for SQLite; for {engine.url.get_backend_name()} use its "
            "own tools (pg_dump and pg_restore)"
        )
    return place


@contextlib.contextmanager
def _written_aside(target: Path) -> Iterator[Path]:
    """Give an empty file beside `target`, for its owner alone; it is gone afterwards."""
    aside = target.with_name(f".{target.name}.writing-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.touch(mode=0o600)
        yield aside
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"cannot write {target}: {error}") from None
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(f"{aside}{suffix}").unlink()


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy one consistent state, through SQLite, into a single file without a log beside it."""
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    _sync(target)


def _check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        try:
            [found, *_] = connection.execute("PRAGMA integrity_check").fetchone()
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except (sqlite3.DatabaseError, TypeError) as error:
            raise DatabaseError(f"this is no database of Govi: {error}") from None
    if found != "ok" or broken:
        raise DatabaseError(f"the copy is damaged: {found if found != 'ok' else broken}")
    if not is_known(revision):
        raise DatabaseError(
            f"the backup is at revision {revision}, which this release does not know: it was made "
            "by a newer Govi; install that release first"
        )


def _check_end(source: Path, copy: Path) -> None:
    """Find out whether a file ends within a page; SQLite takes what is missing for zeros."""
    with closing(sqlite3.connect(copy)) as connection:
        [page_size] = connection.execute("PRAGMA page_size").fetchone()
    if source.stat().st_size % page_size:
        raise DatabaseError(f"{source} is damaged: it is not whole; copy it again")


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep everyone else out of a database, in a single file, if it is there at all."""
    if not place.exists():
        yield
        return
    with closing(sqlite3.connect(place, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
        try:
            # Impossible while any other connection is open, even an idle one.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise DatabaseError(
                f"{place} is in use ({error}); stop govi run, and whatever else has it open, first"
            ) from None
        except sqlite3.DatabaseError:
            pass  # no database any more: that is what backups are for
        yield


def _keep(place: Path) -> Path | None:
    """Give the file, if it is there, a second name, by which it stays when the first is taken."""
    is_there = place.exists()
    kept = place.with_name(f"{place.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    if is_there:
        os.link(place, kept)
    # Left by a damaged one, or by one that was lost; SQLite would read them into the new one.
    for suffix in ("-wal", "-shm"):
        log = Path(f"{place}{suffix}")
        if log.exists():
            log.rename(f"{kept}{suffix}")
    return kept if is_there else None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
