"""Group commit: transactions that wait for one another share one commit.

A commit on disk takes milliseconds, whatever it commits. So one thread does all writing: it takes
what is waiting, gives each function a savepoint of its own in one transaction, and commits once.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import empty_log, is_machine_at_fault
from bot.errors import DatabaseError

#: Most functions in one transaction, so that the first does not wait long for the last.
MAX_GROUP = 64
#: When nothing was written for so long, what was deleted is taken out of the database's log, too.
IDLE_SECONDS = 3.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Job(Generic[T]):
    function: Callable[[Session], T]
    future: Future[T] = field(default_factory=Future)


class Writer:
    """Runs functions that write, in the order in which they came, in a thread of its own."""

    def __init__(self, engine: Engine, sessions: sessionmaker[Session]) -> None:
        """Make a writer; no thread is started before the first function."""
        self._engine = engine
        self._sessions = sessions
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._is_log_empty = True
        self._written_at = 0.0
        #: Whether the database took nothing when something was last to be written.
        self.is_failing = False

    def submit(self, function: Callable[[Session], T]) -> Future[T]:
        """Return a future that is done once the function's changes are committed.

        A function that raises is rolled back alone and its error is the future's. When the commit
        fails, every future of the group gets that error and nothing of the group has happened. A
        future that is cancelled before its turn is left out; later it can no longer be cancelled.

        Raises:
            DatabaseError: The writer has been closed.
        """
        job = _Job(function)
        with self._lock:
            if self._is_closed:
                raise DatabaseError("the database is being closed; nothing more is written")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Write what was submitted, then end; a second call does nothing."""
        with self._lock:
            self._is_closed = True
            self._jobs.put(None)
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            group = [self._next()]
            while len(group) < MAX_GROUP and not self._jobs.empty():
                group.append(self._jobs.get())
            is_open = None not in group
            wanted = [job for job in group if job and job.future.set_running_or_notify_cancel()]
            if wanted:
                self._commit(wanted)

    def _next(self) -> _Job[Any] | None:
        """Wait for a function; empty the log meanwhile, once it is time."""
        while not self._is_log_empty:
            seconds = self._written_at + IDLE_SECONDS - monotonic()
            if seconds <= 0 and self._jobs.empty():
                self._is_log_empty = empty_log(self._engine)
                self._written_at = monotonic()
                continue
            with suppress(Empty):
                return self._jobs.get(timeout=max(0.0, seconds))
        return self._jobs.get()

    def _commit(self, jobs: Sequence[_Job[Any]]) -> None:
        try:
            with self._engine.begin() as connection:
                before = _count_changes(connection)
                outcomes = [self._call(connection, job) for job in jobs]
                has_written = _count_changes(connection) != before or before is None
        except BaseException as error:
            self.is_failing = True
            for job in jobs:
                job.future.set_exception(error)
            return
        if has_written:
            self._is_log_empty, self._written_at = False, monotonic()
        is_full = any(failure and is_machine_at_fault(failure) for _, failure in outcomes)
        # What had nothing to write, such as a look for work, tells nothing of a disk that is full.
        self.is_failing = is_full or (self.is_failing and not has_written)
        for job, (result, failure) in zip(jobs, outcomes, strict=True):
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)

    def _call(
        self, connection: Connection, job: _Job[Any]
    ) -> tuple[Any, None] | tuple[None, Exception]:
        """Return the function's result or its error; raise when the transaction itself is lost."""
        with self._sessions(bind=connection, join_transaction_mode="create_savepoint") as session:
            try:
                result = job.function(session)
                session.flush()
            except Exception as error:
                session.rollback()
                return None, error
            session.commit()
            return result, None


def _count_changes(connection: Connection) -> int | None:
    """Return how many rows were ever changed by a connection; None where nobody counts."""
    changes: int | None = getattr(connection.connection.driver_connection, "total_changes", None)
    return changes
