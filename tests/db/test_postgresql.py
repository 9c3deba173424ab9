"""The database on a PostgreSQL server: its schema, and transactions that meet."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, insert, inspect, make_url, select, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.db import engine as engine_module
from bot.db.engine import OUT_OF_REACH, open_engine, reading, transaction
from bot.db.migrate import upgrade
from bot.db.models import Base, Farmer, Recording, Role
from bot.db.writer import Writer
from bot.errors import DatabaseError, ServingError
from bot.services.invites import InviteError, create_invite, redeem
from bot.serving_lock import only_one_on
from tests.database import create_database, open_maybe_new
from tests.db.test_migrations import config_on
from tests.postgresql import cluster
from tests.services.loop import ADMIN, appoint

Sessions = sessionmaker[Session]


@pytest.fixture
def engine(postgresql: str) -> Iterator[Engine]:
    """What one process has."""
    engine = create_database(postgresql)
    yield engine
    engine.dispose()


@pytest.fixture
def other(engine: Engine) -> Iterator[Sessions]:
    """What another process has, on the same database."""
    other = open_engine(engine.url.render_as_string(hide_password=False))
    yield sessionmaker(other, expire_on_commit=False)
    other.dispose()


def test_migrations_go_up_and_down_and_up_again(postgresql: str) -> None:
    """Nothing but the models is there afterwards, and nothing at all in between."""
    engine = open_maybe_new(postgresql)
    assert upgrade(engine)
    with engine.begin() as connection:
        command.downgrade(config_on(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]

    assert upgrade(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_database_without_sinhala_letters_is_refused(postgresql: str) -> None:
    """Before a table is made, and with the command that makes a better one."""
    name = make_url(postgresql).database or ""
    cluster().create(name, encoding="SQL_ASCII")
    engine = open_engine(postgresql)

    with pytest.raises(DatabaseError, match=r"SQL_ASCII.*createdb --encoding UTF8"):
        upgrade(engine)

    assert inspect(engine).get_table_names() == []
    engine.dispose()


def number(session: Session) -> int:
    """Do what interleaves badly: look how many there are, and add the next."""
    count = session.scalar(select(func.count(Farmer.id))) or 0
    session.add(Farmer(telegram_user_id=count))
    session.flush()
    return count


def wait_for(engine: Engine, count: int) -> None:
    """Wait until so many writers wait for their turn."""
    waiting = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
    with engine.connect().execution_options(read_only=True) as connection:
        for _ in range(6000):
            if connection.scalar(waiting) == count:
                return
            threading.Event().wait(0.01)
    raise AssertionError(f"{count} writers should wait")


def test_what_a_writer_has_read_holds_until_it_commits(
    engine: Engine, sessions: Sessions, other: Sessions
) -> None:
    """A writer of another process begins only then, and sees all that was written."""

    def write() -> int:
        with transaction(other) as session:
            return number(session)

    with ThreadPoolExecutor(1) as beside:
        with transaction(sessions) as session:
            count = session.scalar(select(func.count(Farmer.id)))
            waiting = beside.submit(write)
            wait_for(engine, 1)
            assert number(session) == count

        assert waiting.result(60) == 1


def test_two_processes_that_write_at_once_lose_nothing(
    engine: Engine, sessions: Sessions, other: Sessions
) -> None:
    """Each through its own writer's thread, in whatever order."""
    with other() as session:
        writers = [Writer(engine, sessions), Writer(session.get_bind(), other)]
    futures: list[Future[int]] = [writer.submit(number) for _ in range(50) for writer in writers]

    assert sorted(future.result(60) for future in futures) == list(range(100))
    for writer in writers:
        writer.close()


def test_an_invite_that_two_processes_use_at_once_serves_one(
    sessions: Sessions, other: Sessions
) -> None:
    """The other is refused as if it had come later."""
    with transaction(sessions) as session:
        appoint(session, ADMIN, Role.ADMIN)
        links = [create_invite(session, ADMIN, Role.OFFICER, 1).payload for _ in range(10)]

    def use(who: Sessions, person: int, link: str) -> bool:
        try:
            with transaction(who) as session:
                return redeem(session, person, "x", link).is_new
        except InviteError:
            return False

    with ThreadPoolExecutor(2) as both:
        for link, person in zip(links, range(100, 200, 2), strict=False):
            used = [
                both.submit(use, who, person + n, link) for n, who in enumerate((sessions, other))
            ]
            assert sorted(each.result(60) for each in used) == [False, True]


def test_a_reader_waits_for_nobody_and_sees_one_state(sessions: Sessions, other: Sessions) -> None:
    """As on SQLite: what is committed meanwhile is seen by the next."""
    with reading(sessions) as reader, transaction(other) as session:
        before = reader.scalar(select(func.count(Farmer.id)))
        number(session)
        session.commit()
        assert reader.scalar(select(func.count(Farmer.id))) == before == 0

    with reading(sessions) as reader:
        assert reader.scalar(select(func.count(Farmer.id))) == 1


def test_one_process_serves_from_a_database_whatever_its_folder(
    engine: Engine, other: Sessions
) -> None:
    """A second is refused while the first lives; others may read and write."""
    with other() as session:
        elsewhere = session.get_bind()

    def serve() -> None:
        with only_one_on(elsewhere):
            pass

    with only_one_on(engine):
        with pytest.raises(ServingError, match="another process serves from"):
            serve()
        with transaction(other) as session:
            number(session)

    serve()


def test_who_stops_serving_lets_the_next_serve_at_once(
    engine: Engine, other: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart does not wait until the server has noticed that the connection is gone."""
    with other() as session:
        elsewhere = session.get_bind()
    unnoticed: list[psycopg.Connection] = []

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "close", lambda gone: unnoticed.append(gone))
        with only_one_on(engine):
            pass
    with only_one_on(elsewhere):
        [connection] = unnoticed
        assert not connection.closed

    connection.close()


def test_a_writer_that_falls_silent_keeps_nobody_out(sessions: Sessions, other: Sessions) -> None:
    """Its machine may be gone, and PostgreSQL would not hear of that for hours."""
    silent = sessions()
    number(silent)
    assert silent.scalar(text("show idle_in_transaction_session_timeout")) == "1min"
    # Were it shorter from the start, a slow machine would be taken for a dead one.
    silent.execute(text("set local idle_in_transaction_session_timeout = 1"))

    with transaction(other) as session:
        assert number(session) == 0

    with pytest.raises(OUT_OF_REACH):
        number(silent)
    silent.close()


def test_who_waits_too_long_to_write_finds_the_database_out_of_reach(
    sessions: Sessions, other: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is out of reach is tried again."""
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)

    def write() -> None:
        with transaction(other) as waiting:
            number(waiting)

    with transaction(sessions) as session:
        number(session)
        with pytest.raises(OUT_OF_REACH, match="lock timeout"):
            write()


def test_a_database_that_may_only_be_read_is_out_of_reach(sessions: Sessions) -> None:
    """As one is that another server has taken over from."""
    with sessions() as session:
        session.execute(text("set transaction read only"))

        with pytest.raises(OUT_OF_REACH) as raised:
            number(session)

    assert engine_module.is_machine_at_fault(raised.value)


def test_a_full_disk_is_the_machines_fault() -> None:
    """It says nothing about what was to be written."""
    errors = pytest.importorskip("psycopg.errors")

    assert engine_module.is_machine_at_fault(OperationalError("", {}, errors.DiskFull()))
    assert not engine_module.is_machine_at_fault(
        OperationalError("", {}, errors.LockNotAvailable())
    )


def test_a_number_that_nothing_has_is_only_missing(session: Session) -> None:
    """Anybody's client may make one up; one too large for a column would be an error."""
    assert session.get(Farmer, 10**18) is None


def test_an_error_does_not_repeat_what_was_to_be_written(session: Session) -> None:
    """PostgreSQL would quote the row, and errors go into the log."""
    session.execute(insert(Recording).values(digest="words", file_id="words"))

    with pytest.raises(IntegrityError) as twice:
        session.execute(insert(Recording).values(digest="words", file_id="words"))
    session.rollback()
    with pytest.raises(DataError) as long:
        session.execute(insert(Recording).values(digest="words" * 99, file_id=""))
    session.rollback()
    with pytest.raises(DataError) as wrong:
        session.scalar(text("select cast(cast('words' as text) as integer)"))

    assert "duplicate key value violates" in str(twice.value)
    assert "value too long" in str(long.value)
    told = [*str(twice.value).splitlines(), *str(long.value).splitlines(), str(wrong.value.orig)]
    assert [line for line in told if "words" in line] == []


@pytest.mark.parametrize("spelt", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_may_be_spelt_as_elsewhere(postgresql: str, spelt: str) -> None:
    """The driver need not be named."""
    create_database(postgresql).dispose()
    engine = open_engine(postgresql.replace("postgresql+psycopg", spelt))

    with reading(sessionmaker(engine)) as session:
        assert session.scalar(select(func.count(Farmer.id))) == 0
    engine.dispose()


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    """The operator is told which database and which setting."""
    pytest.importorskip("psycopg")
    engine = open_engine("postgresql://govi:s3cret@127.0.0.1:1/govi")

    with pytest.raises(DatabaseError) as told:
        upgrade(engine)

    assert re.fullmatch(r".*govi:\*\*\*@127.0.0.1.*refused.*DATABASE_URL.*", str(told.value))
