"""What was erased is in no file of an open database."""

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import empty_log, reading, sqlite_file, transaction
from bot.db.models import AuditEvent

SECRET = "who will be forgotten"


def bytes_of_files(engine: Engine) -> bytes:
    """Return what lies on the disk just now, the log included."""
    place = sqlite_file(engine)
    assert place is not None
    return b"".join(file.read_bytes() for file in place.parent.glob(f"{place.name}*"))


def write_and_erase(sessions: sessionmaker[Session]) -> None:
    """Leave in the log what is in no table any more."""
    with transaction(sessions) as session:
        session.add(AuditEvent(actor=SECRET, action="be", subject="here"))
    with transaction(sessions) as session:
        session.execute(delete(AuditEvent))


@pytest.mark.sqlite
def test_an_emptied_log_holds_nothing_that_was_erased(
    engine: Engine, sessions: sessionmaker[Session]
) -> None:
    """Nor does any other file, while the database stays open."""
    write_and_erase(sessions)
    assert SECRET.encode() in bytes_of_files(engine)

    assert empty_log(engine)

    assert SECRET.encode() not in bytes_of_files(engine)


@pytest.mark.sqlite
def test_a_log_that_somebody_reads_is_left_alone(
    engine: Engine, sessions: sessionmaker[Session]
) -> None:
    """It says so at once, and it can be emptied when they have read."""
    with reading(sessions) as session:
        session.scalar(select(AuditEvent.id))
        write_and_erase(sessions)
        assert not empty_log(engine)

    assert empty_log(engine)
