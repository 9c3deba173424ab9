"""Opening the database and running transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    OperationalError,
    PendingRollbackError,
    TimeoutError,
)
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import DatabaseError

BUSY_SECONDS = 15
#: What is raised when the database cannot be had now: locked, gone, every connection in use, or the
#: connection broke earlier in the same transaction.
OUT_OF_REACH = (OperationalError, TimeoutError, PendingRollbackError)
_PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "journal_size_limit=0",  # nor does what was deleted stay in a log that is used again
)


def open_engine(url: str) -> Engine:
    """Create the engine for a database URL; opens no connection.

    On SQLite every connection has foreign keys on, write-ahead logging with full synchronisation
    (a committed update survives a power cut) and waits `BUSY_SECONDS` for a lock; what is deleted
    is overwritten with zeros. A transaction takes the write lock when it begins, so that two
    writers queue instead of failing midway. Errors never repeat what was to be written: people's
    words stay out of the log.

    Raises:
        DatabaseError: The URL cannot be read, or its folder cannot be created or written.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
        _make_folder(parsed.database)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    except (ArgumentError, ImportError) as error:
        raise DatabaseError(f"DATABASE_URL cannot be used: {error}") from None
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(database: str | None) -> None:
    if not database or database == ":memory:":
        return
    folder = Path(database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"cannot create the data folder {folder} ({error.strerror}); set DATA_DIR to a "
            "folder that can be written"
        ) from None


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we send BEGIN ourselves
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Open a session, commit when the block ends, roll back when it raises."""
    with sessions.begin() as session:
        yield session


@contextmanager
def reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Open a session that takes no write lock; anything changed in it is rolled back."""
    with sessions() as session:
        session.connection(execution_options={"read_only": True})
        yield session
