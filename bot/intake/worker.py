"""Hands received updates to the application: each chat in order, many chats side by side.

What becomes of an update that fails:

- a pause asked for (429), or a machine at its limits (the model's queue or the disk is full): tried
  again, however often;
- it cannot be read: set aside at once, for it will not read better;
- Telegram or the database out of reach: tried again, a little later each time; an outage never uses
  an update up, but one that keeps failing while the others get through is set aside;
- anything else: tried again a few times, then set aside.
"""

import asyncio
import contextlib
import logging
import time
from typing import Any, NamedTuple

from telegram import Update
from telegram.error import InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.application import GoviApplication
from bot.batching import BatcherFullError
from bot.bootstrap import Services
from bot.db.engine import OUT_OF_REACH, is_machine_at_fault
from bot.delivery.wire import is_our_fault, seconds_of
from bot.logs import describe
from bot.services import inbox, set_aside
from bot.services.inbox import LeasedUpdate
from bot.services.texts import storable_within

#: Chats served at the same time.
PARALLEL_CHATS = 32
#: A worker that died is believed dead after so long.
LEASE_SECONDS = 120.0
#: Whoever takes longer over one update hangs. A large import may take minutes.
HANDLE_SECONDS = 600.0
#: What may have killed a process is waited for so long before anything else is taken up.
ALONE_SECONDS = 10.0
#: A worker that did not look for so long hangs. A large import may keep the database that long.
STUCK_SECONDS = 600.0
#: How often to look for updates whose retry has come due, when nothing wakes the worker.
SWEEP_SECONDS = 1.0
ATTEMPTS = 5
#: The same for failures that look like an outage, each after others got through.
OUTAGE_ATTEMPTS = 20
#: Nor is an update tried for longer while Telegram is heard of, should nobody be sent anything.
LONGEST_TROUBLE_SECONDS = 24 * 3600.0
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 30.0

logger = logging.getLogger(__name__)


class _Progress(NamedTuple):
    """How much had got through when somebody looked: updates handled, messages Telegram took."""

    handled: int
    messages_taken: int


class _Trouble(NamedTuple):
    """Since when and how often an update fails as in an outage, and what got through by then."""

    since: float
    progress: _Progress
    times: int = 0


class _Sentence(NamedTuple):
    """What becomes of an update that failed: the pause, or None; whether the attempt counts."""

    retry_seconds: float | None
    is_counted: bool = True


class Worker:
    """Takes updates out of the inbox and sees each through, or sets it aside."""

    def __init__(self, application: GoviApplication, services: Services) -> None:
        """Take an initialised application; its errors are collected from here on."""
        self._application = application
        self._services = services
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand: set[int] = set()
        self._failures: dict[int, BaseException] = {}
        self._troubles: dict[int, _Trouble] = {}
        self._handled = 0
        self._started_at = 0.0
        application.add_error_handler(self._note_failure)

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Handle updates until cancelled; those being handled go on, see `drain`."""
        while True:
            self._services.vitals.expect("worker", STUCK_SECONDS)
            self._wake.clear()
            free = PARALLEL_CHATS - len(self._tasks)
            if free:
                for leased in await self._lease(free):
                    self._start(leased)
            # Not `wait_for`: until Python 3.12 it swallows a cancellation that meets a wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()

    async def drain(self, seconds: float) -> None:
        """Wait for the updates being handled; what is left after `seconds` stays in the inbox."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()

    async def _lease(self, limit: int) -> list[LeasedUpdate]:
        try:
            return await self._services.run(
                inbox.lease, limit, LEASE_SECONDS, frozenset(self._in_hand), self._is_idle()
            )
        except OUT_OF_REACH as error:
            logger.error("inbox out of reach", extra={"reason": describe(error)})
            return []

    def _is_idle(self) -> bool:
        """Whether nothing is in hand, or only what takes long, such as an import."""
        return not self._tasks or time.monotonic() > self._started_at + ALONE_SECONDS

    def _start(self, leased: LeasedUpdate) -> None:
        self._in_hand.add(leased.id)
        self._started_at = time.monotonic()
        task = asyncio.create_task(self._handle(leased), name=f"update-{leased.update_id}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(done, leased))

    def _finished(self, task: "asyncio.Task[None]", leased: LeasedUpdate) -> None:
        self._tasks.discard(task)
        self._in_hand.discard(leased.id)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The database could not take the result; the lease runs out and it is tried again.
            logger.error("update not settled", extra=_facts(leased), exc_info=error)
        self.wake()

    async def _handle(self, leased: LeasedUpdate) -> None:
        try:
            update = Update.de_json(storable_within(leased.raw), self._application.bot)
        except Exception as error:
            await self._settle(leased, error, _Sentence(None))
            return
        failure = await self._process(update)
        if failure is not None:
            await self._settle(leased, failure, self._judge(leased, failure))
            return
        await self._services.run_surely(inbox.finish, leased.update_id)
        self._handled += 1
        self._troubles.pop(leased.update_id, None)

    async def _settle(
        self, leased: LeasedUpdate, error: BaseException, sentence: _Sentence
    ) -> None:
        """Put a failed update back, or set it aside."""
        retry = sentence.retry_seconds
        logger.warning(
            "update failed" if retry else "update set aside",
            extra={**_facts(leased), "reason": describe(error), "retry_seconds": retry},
            exc_info=None if retry else error,
        )
        reason = f"{type(error).__name__}: {error}"
        if retry is None:
            await self._services.run(set_aside.set_update_aside, leased.update_id, reason)
            self._services.vitals.count("failed", "inbox")
        else:
            await self._services.run(
                inbox.fail, leased.update_id, reason, retry, sentence.is_counted
            )

    def _judge(self, leased: LeasedUpdate, error: BaseException) -> _Sentence:
        if isinstance(error, RetryAfter):
            return _Sentence(seconds_of(error), is_counted=False)
        now = _Progress(self._handled, self._services.vitals.messages_taken)
        trouble = self._troubles.pop(leased.update_id, _Trouble(time.monotonic(), now))
        if not _is_outage(error):
            is_last = leased.attempts >= ATTEMPTS
            return _Sentence(None if is_last else _pause(leased.attempts - 1))
        is_counted = _has_moved(error, trouble.progress, now)
        if (is_counted and leased.attempts >= OUTAGE_ATTEMPTS) or self._is_hopeless(error, trouble):
            return _Sentence(None)
        self._troubles[leased.update_id] = _Trouble(trouble.since, now, trouble.times + 1)
        return _Sentence(_pause(trouble.times), is_counted)

    def _is_hopeless(self, error: BaseException, trouble: _Trouble) -> bool:
        if time.monotonic() < trouble.since + LONGEST_TROUBLE_SECONDS:
            return False
        is_heard_of = self._services.vitals.unreached_seconds() < LEASE_SECONDS
        return isinstance(error, TelegramError) and is_heard_of

    async def _process(self, update: Update) -> BaseException | None:
        """Run the handlers; return what went wrong, which the application itself swallows."""
        raised: Exception | None = None
        try:
            async with asyncio.timeout(HANDLE_SECONDS):
                await self._application.process_update(update)
        except Exception as error:
            raised = error
        noted = self._failures.pop(update.update_id, None)
        return raised or noted

    async def _note_failure(self, update: object, context: Any) -> None:
        if isinstance(update, Update):
            self._failures[update.update_id] = context.error


def _pause(times_before: int) -> float:
    """Return the seconds until the next attempt, twice as many each time."""
    return min(FIRST_RETRY_SECONDS * float(2 ** min(times_before, 20)), LONGEST_RETRY_SECONDS)


def _is_outage(error: BaseException) -> bool:
    """Whether something failed that need not have to do with this update, and may pass."""
    if is_our_fault(error):
        return False
    return isinstance(error, (NetworkError, InvalidToken, BatcherFullError, *OUT_OF_REACH))


def _has_moved(error: BaseException, before: _Progress, now: _Progress) -> bool:
    """Whether others have got through what this error says is shut."""
    if isinstance(error, OUT_OF_REACH):
        return not is_machine_at_fault(error) and now.handled > before.handled
    return isinstance(error, TelegramError) and now.messages_taken > before.messages_taken


def _facts(leased: LeasedUpdate) -> dict[str, object]:
    return {"update_id": leased.update_id, "attempts": leased.attempts}
