"""A PostgreSQL server for tests, in a folder of its own; nothing outside it is touched."""

import atexit
import contextlib
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
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
_SECONDS = 300
#: Under this name a process tells those that it starts where its server is.
_PARENTS = "GOVI_TEST_POSTGRESQL_FOLDER"


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
    """A server, spoken to through a socket in its folder, and the databases made on it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of one that runs."""
        self._folder = folder
        self._made: list[str] = []
        self._engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")

    def url(self, name: str) -> URL:
        """Return where a database is."""
        return URL.create(
            "postgresql+psycopg", "govi", database=name, query={"host": str(self._folder)}
        )

    def create(
        self,
        name: str,
        template: str = "template0",
        encoding: str = "UTF8",
        is_kept: bool = False,
    ) -> None:
        """Make a database like another, which nobody is connected to; nothing if it is there."""
        with self._engine.connect() as connection:
            known = text("select 1 from pg_database where datname = :name")
            if connection.scalar(known, {"name": name}):
                return
            like = f"template \"{template}\" encoding '{encoding}'"
            connection.execute(text(f'create database "{name}" {like}'))
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


@functools.cache
def cluster() -> Cluster:
    """Return this process's server: its parent's, or its own, started for the first who asks."""
    folder = os.environ.get(_PARENTS) or _start()
    os.environ[_PARENTS] = str(folder)
    return Cluster(Path(folder))


def _start() -> Path:
    programs = find_programs()
    assert programs is not None, "skip_where_there_is_none comes first"
    folder = Path(tempfile.mkdtemp(prefix="govi-pg-", dir="/tmp"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    given = (*_OPTIONS, f"unix_socket_directories={folder}")
    options = " ".join(f"-c {each}" for each in given)

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), "-D", str(folder / "data"), *arguments],
            user=_user(),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )

    call("initdb", "-A", "trust", "-U", "govi", "-E", "UTF8", "--locale=C", "-N")
    call("pg_ctl", "-o", options, "-l", str(folder / "log"), "-w", "-t", str(_SECONDS), "start")
    _stop_afterwards(programs, folder)
    return folder


def _stop_afterwards(programs: Path, folder: Path) -> None:
    """Let a shell stop the server when this process has ended, in whatever way: its input ends."""
    script = 'cat; "$0" -D "$1/data" -m immediate stop; rm -rf "$1"'
    waiting = subprocess.Popen(
        ["sh", "-c", script, str(programs / "pg_ctl"), str(folder)],
        user=_user(),
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(waiting.communicate)


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def url_of(path: Path) -> str:
    """Return where the database is that is named after a path."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    return cluster().url(name).render_as_string(hide_password=False)
