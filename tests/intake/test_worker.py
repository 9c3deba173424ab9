"""Working the inbox off."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.batching import BatcherFullError
from bot.intake import worker
from bot.intake.worker import Worker
from bot.services.inbox import LeasedUpdate
from bot.vitals import Vitals

TEXT = {"message_id": 1, "date": 1, "chat": {"id": 11, "type": "private"}, "text": "a"}


class Inbox:
    """Hands out what it was given and remembers what became of it."""

    def __init__(self, *leased: LeasedUpdate) -> None:
        self.vitals = Vitals()
        self.waiting = list(leased)
        self.asked: list[tuple[int, list[int]]] = []
        self.idle: list[bool] = []
        self.finished: list[int] = []
        self.failed: list[tuple[int, float | None]] = []
        self.counted: list[bool] = []

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Do as `Services.run` does, by the function's name."""
        return getattr(self, function.__name__)(*args)

    run_surely = run

    def lease(
        self, limit: int, seconds: float, in_hand: Sequence[int], is_idle: bool
    ) -> list[LeasedUpdate]:
        """Give everything at once."""
        self.asked.append((limit, sorted(in_hand)))
        self.idle.append(is_idle)
        taken, self.waiting = self.waiting, []
        return taken

    def finish(self, update_id: int) -> None:
        """Remember a success."""
        self.finished.append(update_id)

    def fail(self, update_id: int, reason: str, seconds: float, is_counted: bool) -> None:
        """Remember a failure."""
        self.failed.append((update_id, seconds))
        self.counted.append(is_counted)

    def set_update_aside(self, update_id: int, reason: str) -> None:
        """Remember the last failure."""
        self.failed.append((update_id, None))


class Hanging:
    """Stands in for the application: never done."""

    bot = None

    def add_error_handler(self, note: Callable[[object, Any], Any]) -> None:
        """Need none."""

    async def process_update(self, update: object) -> None:
        """Hang."""
        await asyncio.Event().wait()


class Handlers:
    """Stands in for the application: raises what it is told to, through its error handler."""

    bot = None

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def add_error_handler(self, note: Callable[[object, Any], Any]) -> None:
        """Take the worker's error handler."""
        self._note = note

    async def process_update(self, update: object) -> None:
        """Fail as PTB does: silently, but for the error handler."""
        if self.error is not None:
            await self._note(update, self)


def leased(attempts: int = 1, **message: Any) -> LeasedUpdate:
    """A text from one chat."""
    raw = {"update_id": 7, "message": TEXT | message}
    return LeasedUpdate(1, 7, 11, raw, attempts)


async def work(inbox: Inbox, error: Exception | None = None) -> None:
    """Let a worker empty the inbox."""
    working = Worker(Handlers(error), inbox)
    task = asyncio.create_task(working.run())
    async with asyncio.timeout(60):
        while not (inbox.finished or inbox.failed):  # noqa: ASYNC110 - the inbox is a plain list
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.wait({task})


async def test_a_handled_update_is_finished() -> None:
    """No failure noted means done."""
    inbox = Inbox(leased())

    await work(inbox)

    assert inbox.finished == [7]


async def test_an_update_that_cannot_be_read_is_set_aside_at_once() -> None:
    """Its shape is wrong for PTB, and will be the next time; the worker goes on."""
    inbox = Inbox(leased(entities="nonsense"))

    await work(inbox)

    assert inbox.failed == [(7, None)]


def not_encodable(cause: Exception) -> NetworkError:
    """What PTB makes of a text with half a character in it, or of what is no text."""
    error = NetworkError("Unknown error in HTTP implementation")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("ours"),
        BadRequest("ours"),
        Forbidden("no"),
        not_encodable(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")),
        not_encodable(TypeError("not JSON serializable")),
    ],
)
async def test_a_handler_that_keeps_raising_is_given_up(error: Exception) -> None:
    """The fifth failure sets the update aside."""
    inbox = Inbox(leased(attempts=worker.ATTEMPTS))

    await work(inbox, error)

    assert (inbox.failed, inbox.finished) == ([(7, None)], [])


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("unreachable"),
        TimedOut(),
        OperationalError("select", {}, Exception("locked")),
        BatcherFullError("full"),
    ],
    ids=["unreachable", "timed out", "database locked", "model busy"],
)
async def test_an_outage_never_uses_an_update_up(error: Exception) -> None:
    """However many attempts it takes, the question stays."""
    inbox = Inbox(leased(attempts=500))

    await work(inbox, error)

    assert inbox.failed == [(7, worker.FIRST_RETRY_SECONDS)]


async def test_telegrams_own_pause_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """RetryAfter says when, and uses no attempt up."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    inbox = Inbox(leased(attempts=9))

    await work(inbox, RetryAfter(17))

    assert inbox.failed == [(7, 17.0)]
    assert inbox.counted == [False]


async def test_an_update_over_which_a_handler_hangs_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its chat and the worker's hands are free again."""
    monkeypatch.setattr(worker, "HANDLE_SECONDS", 0.01)
    inbox = Inbox(leased())
    task = asyncio.create_task(Worker(Hanging(), inbox).run())

    async with asyncio.timeout(60):
        while not inbox.failed:  # noqa: ASYNC110 - the inbox is a plain list
            await asyncio.sleep(0.005)

    assert inbox.failed == [(7, worker.FIRST_RETRY_SECONDS)]
    task.cancel()
    await asyncio.wait({task})


async def test_what_takes_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have killed a process, and has not killed this one for a while: others go on."""
    now = [0.0]
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.01)
    inbox = Inbox(leased())
    task = asyncio.create_task(Worker(Hanging(), inbox).run())

    async with asyncio.timeout(60):
        while len(inbox.idle) < 2:  # noqa: ASYNC110 - the inbox is a plain list
            await asyncio.sleep(0.005)
        now[0] += worker.ALONE_SECONDS + 1
        while inbox.idle.count(True) < 2:  # noqa: ASYNC110 - the inbox is a plain list
            await asyncio.sleep(0.005)

    assert inbox.idle[:2] == [True, False]
    task.cancel()
    await asyncio.wait({task})


async def test_the_inbox_is_asked_for_what_there_are_hands_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And for nothing that is in hand, however long that takes."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.01)
    inbox = Inbox(leased())
    task = asyncio.create_task(Worker(Hanging(), inbox).run())

    async with asyncio.timeout(60):
        while len(inbox.asked) < 2:  # noqa: ASYNC110 - the inbox is a plain list
            await asyncio.sleep(0.005)

    assert inbox.asked[:2] == [(worker.PARALLEL_CHATS, []), (worker.PARALLEL_CHATS - 1, [1])]
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize(
    ("times", "seconds"), [(0, 1.0), (1, 2.0), (4, 16.0), (5, 30.0), (500, 30.0)]
)
def test_each_pause_is_twice_the_last_up_to_half_a_minute(times: int, seconds: float) -> None:
    """However long an outage lasts, it is noticed soon that it is over."""
    assert worker._pause(times) == seconds


async def test_a_stop_waits_for_what_is_being_handled() -> None:
    """It would be handled twice otherwise."""
    handlers, is_over = Handlers(), asyncio.Event()
    usual = handlers.process_update

    async def handle(update: object) -> None:
        await is_over.wait()
        await usual(update)

    handlers.process_update = handle
    inbox = Inbox(leased())
    working = Worker(handlers, inbox)
    task = asyncio.create_task(working.run())
    async with asyncio.timeout(60):
        while not working._tasks:  # noqa: ASYNC110 - a plain set
            await asyncio.sleep(0.005)

    task.cancel()
    asyncio.get_running_loop().call_soon(is_over.set)
    await working.drain(30)

    assert inbox.finished == [7]


async def test_a_worker_stops_even_when_it_is_woken_at_that_moment() -> None:
    """The cancellation is not lost in the wake-up."""
    working = Worker(Handlers(), Inbox())
    task = asyncio.create_task(working.run())
    await asyncio.sleep(0.01)

    working.wake()
    task.cancel()

    done, _ = await asyncio.wait({task}, timeout=30)
    assert task in done


async def test_a_chats_next_update_does_not_wait_for_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is free to go as soon as the one before it is done."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 600.0)
    inbox = Inbox(leased())
    behind = [leased()._replace(id=2, update_id=8)]
    usual = inbox.finish

    def finish(update_id: int) -> None:
        usual(update_id)
        inbox.waiting, behind[:] = behind[:], []

    inbox.finish = finish
    task = asyncio.create_task(Worker(Handlers(), inbox).run())
    async with asyncio.timeout(60):
        while len(inbox.finished) < 2:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.005)

    assert inbox.finished == [7, 8]
    task.cancel()
    await asyncio.wait({task})


async def test_a_stop_breaks_off_what_takes_too_long() -> None:
    """The process can end; the update stays in the inbox."""
    inbox = Inbox(leased())
    working = Worker(Hanging(), inbox)
    task = asyncio.create_task(working.run())
    async with asyncio.timeout(60):
        while not working._tasks:  # noqa: ASYNC110 - a plain set
            await asyncio.sleep(0.005)
    task.cancel()
    handling = set(working._tasks)

    await working.drain(0.0)

    await asyncio.wait(handling, timeout=60)
    assert all(each.cancelled() for each in handling)
    assert (inbox.finished, inbox.failed) == ([], [])


LOCKED = OperationalError("select", {}, Exception("locked"))


@pytest.mark.parametrize(
    ("error", "unreached_seconds", "is_set_aside"),
    [
        (TimedOut(), 0.0, True),
        (TimedOut(), worker.LEASE_SECONDS, False),
        (LOCKED, 0.0, False),
    ],
    ids=["heard of", "not heard of", "database"],
)
def test_a_day_of_trouble_is_the_most_for_an_update_if_telegram_is_there(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    unreached_seconds: float,
    is_set_aside: bool,
) -> None:
    """A day since it failed first, not since it failed last."""
    now = [0.0]
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: now[0]))
    inbox = Inbox()
    working = Worker(Handlers(), inbox)

    sentences = []
    for now[0] in (0.0, 13 * 3600.0, 25 * 3600.0):
        moments = iter([0.0, unreached_seconds, unreached_seconds])
        inbox.vitals = Vitals(lambda moments=moments: next(moments))
        sentences.append(working._judge(leased(), error))

    assert [each.retry_seconds is None for each in sentences] == [False, False, is_set_aside]


async def test_a_failure_that_is_over_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The update is done then, and no outage stays in memory for ever."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.01)
    inbox, handlers = Inbox(leased()), Handlers(TimedOut())

    def fail(update_id: int, *_: Any) -> None:
        inbox.failed.append((update_id, None))
        inbox.waiting, handlers.error = [leased()], None

    inbox.fail = fail
    working = Worker(handlers, inbox)
    task = asyncio.create_task(working.run())
    async with asyncio.timeout(60):
        while len(inbox.finished) + len(inbox.failed) < 2:  # noqa: ASYNC110 - plain lists
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.wait({task})

    assert inbox.finished == [7]
    assert (working._troubles, working._failures) == ({}, {})
