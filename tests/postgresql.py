"""A PostgreSQL server for tests, in a folder of its own; nothing outside it is touched."""

import atexit
import contextlib
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

#: Durability is not what tests are about; a machine that loses power runs them again.
_OPTIONS = (
    "listen_addresses=''",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=32MB",
)
_SECONDS = 60


def find_programs() -> Path | None:
    """Return the folder of a server's programs; None where there is no server to be started."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name)
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    return next(
        (each for each in (*folders, *reversed(debian)) if (each / "pg_ctl").exists()), None
    )


def skip_where_there_is_none() -> None:
    """Skip the test that asks where PostgreSQL, or what speaks to it, is not installed."""
    pytest.importorskip("psycopg", reason="the extra [postgresql] is not installed")
    if find_programs() is None:
        pytest.skip("no PostgreSQL server is installed (apt install postgresql)")


class Cluster:
    """One server, spoken to through a socket in its folder, and the databases made on it."""

    def __init__(self, programs: Path) -> None:
        """Make and start it; `stop` takes everything away again."""
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="govi-pg-", dir="/tmp"))
        self._made: list[str] = []
        if os.geteuid() == 0:  # as which PostgreSQL refuses to run
            shutil.chown(self._folder, "postgres", "postgres")
        self._call(["initdb", "-A", "trust", "-U", "govi", "-E", "UTF8", "--locale=C", "--no-sync"])
        options = " ".join(
            f"-c {each}" for each in (*_OPTIONS, f"unix_socket_directories={self._folder}")
        )
        self._call(["pg_ctl", "-o", options, "-l", str(self._folder / "log"), "-w", "start"])
        self._engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")

    def url(self, name: str) -> URL:
        """Return where a database is."""
        return URL.create(
            "postgresql+psycopg", "govi", database=name, query={"host": str(self._folder)}
        )

    def create(self, name: str, template: str = "template0", is_kept: bool = False) -> None:
        """Make a database like another, which nobody is connected to; nothing if it is there."""
        with self._engine.connect() as connection:
            known = text("select 1 from pg_database where datname = :name")
            if connection.scalar(known, {"name": name}):
                return
            connection.execute(text(f'create database "{name}" template "{template}"'))
        if not is_kept:
            self._made.append(name)

    @contextlib.contextmanager
    def dropping(self) -> Iterator[None]:
        """Delete what the block makes and need not be kept, whoever is connected to it."""
        before = len(self._made)
        yield
        with self._engine.connect() as connection:
            while len(self._made) > before:
                name = self._made.pop()
                connection.execute(text(f'drop database if exists "{name}" with (force)'))

    def stop(self) -> None:
        """End the server and delete its folder."""
        self._engine.dispose()
        self._call(["pg_ctl", "-m", "immediate", "stop"])
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, command: Sequence[str]) -> None:
        program, *arguments = command
        subprocess.run(
            [str(self._programs / program), "-D", str(self._folder / "data"), *arguments],
            user="postgres" if os.geteuid() == 0 else None,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )


@functools.cache
def cluster() -> Cluster:
    """Return this process's server, started for the first who asks."""
    programs = find_programs()
    assert programs is not None, "skip_where_there_is_none comes first"
    started = Cluster(programs)
    atexit.register(started.stop)
    return started


def url_of(path: Path) -> str:
    """Return where the database is that is named after a path."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    return cluster().url(name).render_as_string(hide_password=False)
