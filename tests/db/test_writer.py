"""Several transactions, one commit."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.db import writer as writers
from bot.db.engine import OUT_OF_REACH, reading
from bot.db.models import AuditEvent, Farmer, Feedback
from bot.db.writer import Writer
from bot.errors import DatabaseError


class Gate:
    """Holds the writer's thread until it is opened, so that what comes meanwhile is one group."""

    def __init__(self, writer: Writer) -> None:
        self._open = threading.Event()
        self._entered = threading.Event()
        self.future = writer.submit(self._wait)
        assert self._entered.wait(60)

    def _wait(self, session: Session) -> None:
        self._entered.set()
        self._open.wait(60)

    def open(self) -> None:
        """Let it go on."""
        self._open.set()


@pytest.fixture
def writer(engine: Engine, sessions: sessionmaker[Session]) -> Iterator[Writer]:
    """A writer on the test database."""
    writer = Writer(engine, sessions)
    yield writer
    writer.close()


@pytest.fixture
def commits(engine: Engine) -> list[object]:
    """One item a commit."""
    seen: list[object] = []
    event.listen(engine, "commit", seen.append)
    return seen


def add(number: int) -> Callable[[Session], int]:
    """Return a function that adds a farmer."""

    def write(session: Session) -> int:
        session.add(Farmer(telegram_user_id=number))
        session.flush()
        return number

    return write


def fail_after(number: int) -> Callable[[Session], None]:
    """Return a function that adds a farmer and then raises."""

    def write(session: Session) -> None:
        add(number)(session)
        raise ValueError(f"not {number}")

    return write


def farmers(sessions: sessionmaker[Session]) -> list[int]:
    """Who is in the database, in the order in which they came."""
    with reading(sessions) as session:
        return list(session.scalars(select(Farmer.telegram_user_id).order_by(Farmer.id)))


def test_what_waits_together_is_committed_once_and_in_order(
    writer: Writer, sessions: sessionmaker[Session], commits: list[object]
) -> None:
    """The first goes alone; twenty that came meanwhile share the second commit."""
    gate = Gate(writer)
    futures = [writer.submit(add(number)) for number in range(20)]

    gate.open()

    assert [future.result(60) for future in futures] == list(range(20))
    assert farmers(sessions) == list(range(20))
    assert len(commits) == 2


def test_one_that_raises_is_rolled_back_alone(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """Its error is its own; its neighbours are committed."""
    gate = Gate(writer)
    before, failing, after = (
        writer.submit(function) for function in (add(1), fail_after(2), add(3))
    )

    gate.open()

    assert (before.result(60), after.result(60)) == (1, 3)
    with pytest.raises(ValueError, match="not 2"):
        failing.result(60)
    assert farmers(sessions) == [1, 3]


def test_a_conflict_in_the_database_is_its_own_function_s_error(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """A broken constraint does not break the transaction of the others."""
    gate = Gate(writer)
    first, second, third = (writer.submit(add(number)) for number in (1, 1, 2))

    gate.open()

    assert (first.result(60), third.result(60)) == (1, 2)
    assert isinstance(second.exception(60), IntegrityError)
    assert farmers(sessions) == [1, 2]


def break_the_commit(session: Session) -> None:
    """Leave something that the database refuses at the commit only."""
    session.execute(text("pragma defer_foreign_keys=on"))
    session.add(Feedback(reply_id=999, farmer_id=999, is_helpful=True))
    session.flush()


@pytest.mark.sqlite
def test_a_failing_commit_reaches_everyone_and_changes_nothing(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """Nobody is told that something is stored which is not; the next group is stored as ever."""
    gate = Gate(writer)
    futures = [writer.submit(function) for function in (add(1), break_the_commit, add(2))]

    gate.open()

    assert [type(future.exception(60)) for future in futures] == [IntegrityError] * 3
    assert farmers(sessions) == []
    assert writer.submit(add(3)).result(60) == 3


def lose_the_transaction(session: Session) -> None:
    """Do what SQLite does by itself at some faults of the disk: give up the whole transaction."""
    session.connection().exec_driver_sql("rollback")


def lose_the_transaction_loudly(session: Session) -> None:
    """And say so."""
    lose_the_transaction(session)
    raise OSError("disk")


@pytest.mark.parametrize("lose", [lose_the_transaction, lose_the_transaction_loudly])
def test_a_lost_transaction_reaches_everyone_of_its_group(
    writer: Writer, sessions: sessionmaker[Session], lose: Callable[[Session], None]
) -> None:
    """What came before in it is lost too, so nobody is told that anything is stored."""
    gate = Gate(writer)
    futures = [writer.submit(function) for function in (add(1), lose, add(2))]

    gate.open()

    assert all(isinstance(future.exception(60), OperationalError) for future in futures)
    assert farmers(sessions) == []
    assert writer.submit(add(3)).result(60) == 3


def fill_the_disk(session: Session) -> None:
    """Write more than the database may hold."""
    pages = session.scalar(text("pragma page_count"))
    session.execute(text(f"pragma max_page_count={pages + 8}"))
    session.add_all(
        AuditEvent(actor="a", action="b", subject="c", details="d" * 4000) for _ in range(50)
    )
    session.flush()


def test_a_broken_connection_is_an_outage_to_everyone_of_its_group(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """Whoever asked for what was to be written tries again, as when it was never reached."""
    gate = Gate(writer)

    def lose(session: Session) -> None:
        session.connection().invalidate()
        raise OperationalError("insert", {}, Exception("server closed the connection"))

    futures = [writer.submit(each) for each in (add(1), lose, add(2))]
    gate.open()

    assert [isinstance(each.exception(60), OUT_OF_REACH) for each in futures] == [True] * 3
    assert writer.submit(add(3)).result(60) == 3
    with reading(sessions) as session:
        assert session.scalars(select(Farmer.telegram_user_id)).all() == [3]


@pytest.mark.sqlite
def test_who_finds_the_disk_full_is_told_alone(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """Its rows are taken back and make room for those of the others."""
    gate = Gate(writer)
    first, full, last = (writer.submit(function) for function in (add(1), fill_the_disk, add(2)))

    gate.open()

    assert isinstance(full.exception(60), OperationalError)
    assert (first.result(60), last.result(60)) == (1, 2)
    assert farmers(sessions) == [1, 2]


def test_a_result_is_given_only_after_the_commit(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """Whoever sees the result sees the row from any other connection."""
    for number in range(10):
        writer.submit(add(number)).result(60)
        assert number in farmers(sessions)


def test_closing_writes_what_was_submitted(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """Nothing that was taken on is dropped, and nothing more is taken on."""
    writer = Writer(engine, sessions)
    gate = Gate(writer)
    futures = [writer.submit(add(number)) for number in range(5)]

    gate.open()
    writer.close()

    assert all(future.done() for future in futures)
    assert farmers(sessions) == [0, 1, 2, 3, 4]
    with pytest.raises(DatabaseError):
        writer.submit(add(9))


def test_the_log_is_emptied_once_nobody_writes(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried until it succeeds, and meanwhile the writer writes."""
    tried = threading.Semaphore(0)
    outcomes = itertools.chain([False], itertools.repeat(True))
    monkeypatch.setattr(writers, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(writers, "empty_log", lambda _: tried.release() or next(outcomes))

    assert writer.submit(add(7)).result(60) == 7
    assert tried.acquire(timeout=60)
    assert tried.acquire(timeout=60)
    assert writer.submit(add(8)).result(60) == 8


def test_looking_for_work_does_not_keep_the_log(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker and the sender look every second; what changes nothing is no writing."""
    clock, emptied = [0.0], threading.Event()
    monkeypatch.setattr(writers, "monotonic", lambda: clock[0])
    monkeypatch.setattr(writers, "empty_log", lambda _: emptied.set() or True)
    assert writer.submit(add(7)).result(60) == 7

    clock[0] = writers.IDLE_SECONDS + 1
    writer.submit(lambda session: session.scalar(select(Farmer.id))).result(60)

    assert emptied.wait(60)


async def test_a_caller_who_gives_up_before_its_turn_is_left_out(
    writer: Writer, sessions: sessionmaker[Session]
) -> None:
    """Cancelled while waiting: not run. Cancelled while running: committed all the same."""
    gate = Gate(writer)
    running = asyncio.wrap_future(gate.future)
    waiting = asyncio.wrap_future(writer.submit(add(1)))
    patient = asyncio.wrap_future(writer.submit(add(2)))

    running.cancel()
    waiting.cancel()
    await asyncio.sleep(0)
    gate.open()

    assert await patient == 2
    assert farmers(sessions) == [2]
    assert gate.future.result(60) is None
