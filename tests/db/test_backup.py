"""Copies of the database, made while it is written to, and put back."""

import re
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, func, make_url, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db import backup
from bot.db.engine import open_engine, transaction
from bot.db.migrate import upgrade
from bot.db.models import OutgoingMessage, ReceivedUpdate
from bot.errors import DatabaseError
from bot.services import inbox, outbox

pytestmark = pytest.mark.sqlite

PAIRS = 200


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two seconds for a lock."""
    monkeypatch.setattr(backup, "LOCK_SECONDS", 0.05)


def write_pair(session: Session, number: int) -> None:
    """Write two rows that belong together."""
    inbox.store(session, [{"update_id": number, "message": {"text": "ගොයම " * 50}}])
    outbox.post(session, number, "reply")


@pytest.fixture
def filled(engine: Engine, sessions: sessionmaker[Session]) -> Engine:
    """A database with a few pairs in it."""
    with transaction(sessions) as session:
        for number in range(PAIRS):
            write_pair(session, number)
    return engine


@pytest.fixture
def copied(filled: Engine, tmp_path: Path) -> Path:
    """A backup of it."""
    target = tmp_path / "copies" / "monday.sqlite3"
    backup.back_up(filled, target)
    return target


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Engine]:
    """Another installation's database, with nothing in it."""
    engine = open_engine(f"sqlite:///{tmp_path / 'other' / 'govi.sqlite3'}")
    upgrade(engine)
    engine.dispose()
    yield engine
    engine.dispose()


def count(engine: Engine) -> tuple[int, int]:
    """How many of each of the pairs there are."""
    with Session(engine) as session:
        return tuple(
            session.scalar(select(func.count()).select_from(kind))
            for kind in (ReceivedUpdate, OutgoingMessage)
        )


def test_a_backup_taken_while_writes_go_on_is_of_one_moment(
    filled: Engine, sessions: sessionmaker[Session], tmp_path: Path, other: Engine
) -> None:
    """Restored, it holds whole transactions only, and all that came before it."""
    written, enough = threading.Event(), threading.Event()

    def write() -> None:
        for number in range(PAIRS, PAIRS + 5000):
            with transaction(sessions) as session:
                write_pair(session, number)
            written.set()
            if enough.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(60)
    copies = [tmp_path / f"{number}.sqlite3" for number in range(3)]
    for copy in copies:
        backup.back_up(filled, copy)
    enough.set()
    writer.join()

    for copy in copies:
        backup.restore(other, copy)
        updates, messages = count(other)
        other.dispose()
        assert updates == messages > PAIRS
    assert updates <= count(filled)[0]


def test_a_backup_is_one_file_for_its_owner_alone(copied: Path) -> None:
    """It holds people's questions; and nothing is left beside it."""
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert list(copied.parent.iterdir()) == [copied]


def test_a_backup_overwrites_nothing(filled: Engine, copied: Path) -> None:
    """Yesterday's is worth more than a mistyped name."""
    before = copied.read_bytes()

    with pytest.raises(DatabaseError, match="is there already"):
        backup.back_up(filled, copied)
    assert copied.read_bytes() == before


def test_a_backup_that_cannot_be_written_leaves_nothing(filled: Engine, tmp_path: Path) -> None:
    """No half file under the name of a whole one."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatabaseError, match="cannot write"):
        backup.back_up(filled, tmp_path / "file" / "monday.sqlite3")


def test_what_was_there_is_kept_beside_what_is_restored(copied: Path, other: Engine) -> None:
    """A restore by mistake can be taken back."""
    kept = backup.restore(other, copied)

    assert count(other) == (PAIRS, PAIRS)
    assert kept is not None
    former = open_engine(f"sqlite:///{kept}")
    assert count(former) == (0, 0)
    former.dispose()


def test_a_backup_is_restored_where_nothing_is(copied: Path, tmp_path: Path) -> None:
    """On a new machine."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'govi.sqlite3'}")

    assert backup.restore(engine, copied) is None
    assert count(engine) == (PAIRS, PAIRS)
    engine.dispose()


def test_the_log_of_a_database_that_was_lost_is_not_read_into_the_restored_one(
    copied: Path, filled: Engine, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    """A process that was killed has left it, and the file that it belonged to is gone."""
    with transaction(sessions) as session:
        write_pair(session, PAIRS)
    place = tmp_path / "lost" / "govi.sqlite3"
    place.parent.mkdir()
    log = Path(f"{filled.url.database}-wal").read_bytes()
    Path(f"{place}-wal").write_bytes(log)
    engine = open_engine(f"sqlite:///{place}")

    assert backup.restore(engine, copied) is None

    assert count(engine) == (PAIRS, PAIRS)
    engine.dispose()
    assert [path.read_bytes() for path in place.parent.glob("*.before-*-wal")] == [log]


def test_a_damaged_database_can_be_replaced(copied: Path, tmp_path: Path) -> None:
    """That is what backups are for; the ruins are kept."""
    place = tmp_path / "ruin.sqlite3"
    place.write_bytes(b"these are the ruins of a database" * 99)
    engine = open_engine(f"sqlite:///{place}")

    kept = backup.restore(engine, copied)

    assert kept is not None
    assert kept.read_bytes().startswith(b"these are the ruins")
    assert count(engine) == (PAIRS, PAIRS)
    engine.dispose()


def test_a_database_in_use_is_not_replaced(copied: Path, other: Engine) -> None:
    """Not even by an idle connection, which would write into the file that was taken away."""
    place = other.url.database or ""
    idle = sqlite3.connect(place)
    idle.execute("SELECT count(*) FROM inbox").fetchone()

    with pytest.raises(DatabaseError, match="is in use"):
        backup.restore(other, copied)
    idle.close()
    assert count(other) == (0, 0)


def damage(path: Path) -> None:
    """Overwrite the middle of a file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 4096)


def be_cut_off(path: Path) -> None:
    """Lose a little of the last page, as a transfer does that breaks off."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 1)


def be_newer(path: Path) -> None:
    """Make a backup look like a later release's."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()


def be_foreign(path: Path) -> None:
    """Replace a backup by another program's database."""
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()


BAD = {
    "damaged|malformed": damage,
    "is not whole": be_cut_off,
    "revision 9999.*newer Govi": be_newer,
    "no database of Govi": be_foreign,
    "no backup of Govi": lambda path: path.write_text("my notes " * 999),
    "there is no file": lambda path: path.unlink(),
}


def refusal(engine: Engine, source: Path) -> str:
    """What is said to a restore."""
    with pytest.raises(DatabaseError) as raised:
        backup.restore(engine, source)
    return str(raised.value)


def test_what_is_no_good_backup_is_refused(copied: Path, other: Engine) -> None:
    """And the database that is there stays as it is, alone in its folder."""
    folder = Path(other.url.database or "").parent
    before = sorted(folder.iterdir())
    said = {}
    for words, change in BAD.items():
        bad = copied.with_name("bad.sqlite3")
        bad.write_bytes(copied.read_bytes())
        change(bad)
        said[words] = refusal(other, bad)

    assert [words for words, text in said.items() if not re.search(words, text)] == []
    assert count(other) == (0, 0)
    other.dispose()
    assert sorted(folder.iterdir()) == before


def test_other_databases_have_their_own_tools(tmp_path: Path) -> None:
    """The message names them."""
    engine = SimpleNamespace(url=make_url("postgresql+psycopg://govi@db/govi"))

    with pytest.raises(DatabaseError, match="pg_dump"):
        backup.back_up(engine, tmp_path / "x")


def test_the_restored_database_is_checked_by_itself(copied: Path) -> None:
    """A backup needs nothing beside it to be read."""
    connection = sqlite3.connect(f"{copied.as_uri()}?mode=ro&immutable=1", uri=True)

    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (PAIRS,)
    connection.close()
