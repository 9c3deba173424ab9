"""Databases for tests: made once a process, copied from then on.

They are SQLite's, or PostgreSQL's when GOVI_TEST_POSTGRESQL is set to anything.
"""

import contextlib
import functools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, Text, cast, literal_column, make_url, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db import engine as engines
from bot.db.engine import open_engine, transaction
from bot.db.migrate import upgrade
from bot.db.models import Base
from tests import postgresql
from tests.postgresql import cluster

Seed = Callable[[Session], None]

IS_POSTGRESQL = bool(os.environ.get("GOVI_TEST_POSTGRESQL"))


def url_of(path: Path) -> str:
    """Return where the database is that belongs to a path: the file, or one named after it."""
    return postgresql.url_of(path) if IS_POSTGRESQL else f"sqlite:///{path}"


def create_database(url: str, seed: Seed | None = None) -> Engine:
    """Open a database; a new one gets what `upgrade` makes, and what `seed` writes.

    `seed` is a function of a module, which is called once; its rows are copied.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        if not path.exists():
            path.write_bytes(_made(seed))
    else:
        cluster().create(parsed.database or "", _template(seed))
    return open_engine(url)


def open_maybe_new(url: str) -> Engine:
    """Open a database; as a file of SQLite's does, one of PostgreSQL's comes into being by that."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        cluster().create(parsed.database or "")
    return open_engine(url)


@contextlib.contextmanager
def written_to(url: str) -> Iterator[None]:
    """Let another process write to a database for as long as the block takes.

    It waits for its turn, however short the patience is that a test gives to Govi.
    """
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setattr(engines, "BUSY_SECONDS", 60)
        other = open_engine(url)
        stack.callback(other.dispose)
        stack.enter_context(other.begin())
        patch.undo()
        yield


def read_everything(engine: Engine) -> bytes:
    """Return all that a database holds: the bytes of SQLite's files, or the rows of PostgreSQL's.

    What waits in SQLite's log is written into its file first.
    """
    engine.dispose()
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    with engine.begin() as connection:
        rows = [
            row
            for table in Base.metadata.sorted_tables
            for row in connection.scalars(
                select(cast(literal_column(table.name), Text)).select_from(table)
            )
        ]
    engine.dispose()
    return "\n".join(rows).encode()


@functools.cache
def _made(seed: Seed | None) -> bytes:
    """Return the file of a database: migrating and importing take many times a copy's time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.sqlite3"
        _fill(open_engine(f"sqlite:///{path}"), seed)
        return path.read_bytes()


@functools.cache
def _template(seed: Seed | None) -> str:
    """Return the name of a database to be copied."""
    name = f"template of {seed.__module__}.{seed.__name__}" if seed else "template"
    cluster().create(name, is_kept=True)
    _fill(open_engine(cluster().url(name).render_as_string(hide_password=False)), seed)
    return name


def _fill(engine: Engine, seed: Seed | None) -> None:
    upgrade(engine)
    if seed is not None:
        with transaction(sessionmaker(engine)) as session:
            seed(session)
    engine.dispose()  # the last connection to close empties SQLite's write-ahead log into the file
