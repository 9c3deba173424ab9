"""Databases for tests: made once a process, copied from then on."""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import open_engine, transaction
from bot.db.migrate import upgrade

Seed = Callable[[Session], None]


def create_database(url: str, seed: Seed | None = None) -> Engine:
    """Open a SQLite database; a new one gets what `upgrade` makes, and what `seed` writes.

    `seed` is a function of a module, which is called once; its rows are copied.
    """
    engine = open_engine(url)
    path = Path(make_url(url).database or "")
    if not path.exists():
        path.write_bytes(_made(seed))
    return engine


@functools.cache
def _made(seed: Seed | None) -> bytes:
    """Return the file of a database: migrating and importing take many times a copy's time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.sqlite3"
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        if seed is not None:
            with transaction(sessionmaker(engine)) as session:
                seed(session)
        engine.dispose()  # the last connection to close empties the write-ahead log into the file
        return path.read_bytes()
