"""Opening the database and running transactions."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExceptionContext
from sqlalchemy.exc import (
    ArgumentError,
    InternalError,
    OperationalError,
    PendingRollbackError,
    TimeoutError,
)
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import DatabaseError

BUSY_SECONDS = 15
#: How often a lock is looked for that SQLite itself does not wait for.
_LOOK_SECONDS = 0.01
#: A writer that says nothing for so long is taken for dead by PostgreSQL; SQLite notices at once.
_SILENT_SECONDS = 60
#: Who serves from a PostgreSQL server, or it, is found to be gone within a minute.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
#: What is raised when the database cannot be had now: locked, gone, only to be read from, every
#: connection in use, or the connection broke earlier in the same transaction.
OUT_OF_REACH = (OperationalError, InternalError, TimeoutError, PendingRollbackError)
_PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "journal_size_limit=0",  # nor does what was deleted stay in a log that is used again
)
#: What SQLite and PostgreSQL say when the machine is at fault, whatever they were asked to do.
_SQLITE_MACHINE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
_POSTGRESQL_MACHINE = ("53", "58", "25006")  # resources, the system itself, a server only to read
#: Locks that nobody but Govi takes in Govi's database.
_WRITER_LOCK, _SERVING_LOCK = int.from_bytes(b"govi"), int.from_bytes(b"serving")
_POSTGRESQL_DRIVER = "postgresql+psycopg"
_POSTGRESQL_NAMES = {"postgresql", "postgres"}


def open_engine(url: str) -> Engine:
    """Create the engine for a database URL; opens no connection.

    One transaction writes at a time, on either database: it takes the lock when it begins, so that
    two writers queue for up to `BUSY_SECONDS` instead of failing midway, and what one has read
    holds until it commits. One that only reads, see `reading`, waits for nobody and sees one state.
    Errors never repeat what was to be written: people's words stay out of the log.

    On SQLite every connection has foreign keys on and write-ahead logging with full synchronisation
    (a committed update survives a power cut); what is deleted is overwritten with zeros.

    On PostgreSQL, where writers would otherwise interleave, the lock is an advisory one, of all
    processes on the database. It costs a round trip a transaction, and that writers of different
    people wait for one another, the commit included; group commit (`bot.db.writer`) shares that. A
    place that needs more may lock the rows that it decides by instead, but then has to lock all.

    Raises:
        DatabaseError: The URL cannot be read, or its folder cannot be created or written.
    """
    try:
        parsed = _with_driver(make_url(url))
        engine = create_engine(parsed, hide_parameters=True, **_options(parsed))
    except (ArgumentError, ImportError) as error:
        raise DatabaseError(f"DATABASE_URL cannot be used: {error}") from None
    except ValueError:  # which quotes what should be a port, and may be part of a password
        raise DatabaseError(
            "DATABASE_URL cannot be used: the port is no number; in the password write @ as %40, "
            ": as %3A, / as %2F"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "handle_error", _keep_values_out)
    return engine


def refuse_missing(engine: Engine) -> None:
    """Do nothing where there is a database; who only reads or copies one makes no empty one.

    Raises:
        DatabaseError: SQLite would make its file.
    """
    if (place := sqlite_file(engine)) is not None and not place.exists():
        raise DatabaseError(
            f"there is no database {place.absolute()}; see DATA_DIR and DATABASE_URL, and start "
            "govi in the folder of its .env"
        )


def sqlite_file(engine: Engine) -> Path | None:
    """Return the file of an SQLite database; None where it has none."""
    name = engine.url.database
    is_file = engine.url.get_backend_name() == "sqlite" and name and name != ":memory:"
    return Path(name) if name and is_file else None


def empty_log(engine: Engine) -> bool:
    """Write what waits in SQLite's log into its file, and leave nothing of it behind.

    Until then the log holds what was deleted from the file. Nobody is waited for: who reads or
    writes just now keeps the log as it is.

    Returns:
        Whether there is nothing left to be emptied.
    """
    if sqlite_file(engine) is None:
        return True
    pooled = engine.raw_connection()
    try:
        with closing(pooled.cursor()) as cursor:
            cursor.execute("PRAGMA busy_timeout=0")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, *_ = cursor.fetchone() or (1,)
            cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        return not is_busy
    except sqlite3.Error:
        pooled.invalidate()  # its patience is lost
        return False
    finally:
        pooled.close()


def is_machine_at_fault(error: BaseException) -> bool:
    """Whether a database said that it could have done nothing else either: its disk is full, ..."""
    origin = getattr(error, "orig", None)
    code = getattr(origin, "sqlite_errorcode", 0)
    state = getattr(origin, "sqlstate", None) or ""
    return code & 0xFF in _SQLITE_MACHINE or state.startswith(_POSTGRESQL_MACHINE)


def _with_driver(url: URL) -> URL:
    """Name the one driver that Govi comes with, however PostgreSQL is spelt."""
    return url.set(drivername=_POSTGRESQL_DRIVER) if url.drivername in _POSTGRESQL_NAMES else url


def _options(url: URL) -> dict[str, Any]:
    """Return what `create_engine` is told of this kind of database."""
    if url.drivername == _POSTGRESQL_DRIVER:
        _require_psycopg()
        given = {"connect_timeout": BUSY_SECONDS, "client_encoding": "utf8"} | _KEEPALIVE
        arguments = {name: value for name, value in given.items() if name not in url.query}
        return {"pool_pre_ping": True, "connect_args": arguments}
    if url.get_backend_name() != "sqlite":
        raise DatabaseError(
            f"DATABASE_URL cannot be used: Govi knows sqlite and postgresql, not {url.drivername}"
        )
    _make_folder(url.database)
    return {"connect_args": {"timeout": BUSY_SECONDS}}


def _require_psycopg() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise DatabaseError(
            "DATABASE_URL needs the extra for PostgreSQL: pip install 'govi[postgresql]'"
        ) from None


def _make_folder(database: str | None) -> None:
    if not database or database == ":memory:":
        return
    folder = Path(database).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # farmers' questions lie in it
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
        _wait_and_set(cursor, pragma)
    cursor.close()


def _wait_and_set(cursor: DBAPICursor, pragma: str) -> None:
    """Set a pragma, waiting where SQLite does not: two processes open a new database at once."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            is_busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
        time.sleep(_LOOK_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("read_only", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return
    # Each later statement sees what was committed until it began, so all that the last one wrote.
    connection.exec_driver_sql(
        f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'; "
        f"SET LOCAL idle_in_transaction_session_timeout = '{_SILENT_SECONDS}s'; "
        f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})"
    )


def _keep_values_out(context: ExceptionContext) -> None:
    """Take out of an error what PostgreSQL quotes of the row that it refused."""
    error, shown = context.original_exception, context.sqlalchemy_exception
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    if said is None or shown is None:  # it is the driver's own, which quotes nothing
        return
    if (getattr(error, "sqlstate", None) or "").startswith("22"):  # what was wrong with a value
        said = said.partition(": ")[0]
    shown.args = tuple(str(each).replace(str(error), said) for each in shown.args)
    error.args = (said,)


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


@contextmanager
def serving_alone(engine: Engine) -> Iterator[bool]:
    """Tell whether nobody else serves from the database, and keep it so for the block.

    PostgreSQL lets go when this process or machine is gone, and also when it is started anew
    itself. SQLite's file is in a folder that has a lock of its own, `bot.serving_lock`.
    """
    if engine.dialect.name == "sqlite":
        yield True
        return
    connection = engine.raw_connection()
    connection.detach()  # it stays out of the pool, and is closed in the end
    try:
        with closing(connection.cursor()) as cursor:
            for name, value in _KEEPALIVE.items():
                cursor.execute(f"SET tcp_{name} = {value}")
            cursor.execute(f"SELECT pg_try_advisory_lock({_SERVING_LOCK})")
            [is_alone] = cursor.fetchone() or [False]
        connection.commit()
        yield is_alone
    finally:
        # Closing lets go too, but only when the server comes to see it: the next may be sooner.
        with suppress(engine.dialect.loaded_dbapi.Error), closing(connection.cursor()) as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        connection.close()
