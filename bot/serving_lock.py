"""One process serves from a data directory, and from a database, at a time."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from bot.db.engine import serving_alone
from bot.errors import ServingError


def is_served(data_dir: Path) -> bool:
    """Whether a process holds the directory's lock now."""
    try:
        with (data_dir / "serving.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the directory's lock for the block; the system lets go of it when the process ends.

    Raises:
        ServingError: Another process holds it, or the directory cannot be written.
    """
    path = data_dir / "serving.lock"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise ServingError(f"cannot write {path}: {error.strerror}") from None
    with file:
        try:
            while not _is_taken(file):
                # Who only looks, see `is_served`, has a lock of another kind for a moment.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise ServingError(
                f"another process serves from {data_dir} already; stop it first"
            ) from None
        yield


def _is_taken(file: IO[str]) -> bool:
    """Take the lock of who serves, if nobody has any; return whether it was taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def only_one_on(engine: Engine) -> Iterator[None]:
    """Hold the database for the block, wherever those who would serve from it too are.

    Raises:
        ServingError: Another process holds it.
    """
    with serving_alone(engine) as is_alone:
        if not is_alone:
            place = engine.url.render_as_string()
            raise ServingError(f"another process serves from {place} already; stop it first")
        yield
