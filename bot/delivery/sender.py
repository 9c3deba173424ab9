"""The one sender: takes what is owed out of the outbox and sees each message through.

Telegram has no key by which it could tell a repeat. A process that dies after Telegram took a
message and before that is committed sends it again at its next start; so does a send whose answer
was lost. Hearing twice is the price of never being left without an answer. To keep the window
small each message, and each part of a long one, is recorded as soon as Telegram has taken it.

What becomes of a message that Telegram does not take:

- a pause asked for (429): put back for that long, however often;
- Telegram or the database out of reach: put back, a little longer each time; an outage never uses
  a message up, but one that keeps failing while others get through is given up;
- blocked, never written to, thrown out of the group or muted there: dropped; but what the officers'
  group alone would have been told is given up, so that the admins hear that nobody was;
- the group became a supergroup: moved there;
- refused (400), or not to be rendered: given up, because the fault is ours and will not pass;
- the process dies with it, again and again: given up, see `outbox.take_over`.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, NamedTuple, ParamSpec

from sqlalchemy.orm import Session
from telegram import Message
from telegram.error import ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.bootstrap import Services
from bot.db.engine import OUT_OF_REACH
from bot.delivery.messages import compose
from bot.delivery.wire import Place, Wire, is_muted, is_our_fault, is_unknown, seconds_of
from bot.errors import GoviError
from bot.logs import describe
from bot.rendering import Attachment, Part, Rendered
from bot.services import outbox, set_aside
from bot.services.outbox import LeasedMessage

#: Messages on their way at the same time.
PARALLEL = 32
#: A sender that died is believed dead after so long.
LEASE_SECONDS = 120.0
#: What may have killed a process is waited for so long before anything else is taken up.
ALONE_SECONDS = 10.0
#: A sender that did not look for so long hangs. A large import may keep the database that long.
STUCK_SECONDS = 600.0
#: How often to look for messages that another process wrote.
SWEEP_SECONDS = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
#: Failures of one message, each after others got through, before it is given up.
ATTEMPTS = 20

P = ParamSpec("P")
Content = Rendered | Exception | None
logger = logging.getLogger(__name__)


class UnreadError(GoviError):
    """What several messages need could not be read, whatever it was; no single one is at fault."""


class _Trouble(NamedTuple):
    """How often a message was put back in a row, and what had been sent until then."""

    times: int = 0
    sent_before: int = 0


class Sender:
    """Sends until it is cancelled, or has finished what is due."""

    def __init__(self, wire: Wire, services: Services) -> None:
        """Take what to send with and where to read from; nothing is sent before `run`."""
        self._wire = wire
        self._services = services
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: set[int] = set()
        self._troubles: dict[int, _Trouble] = {}
        self._sent = 0
        self._started_at = 0.0
        self._is_finishing = False

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._wake.set()

    def finish(self) -> None:
        """Let `run` end once nothing is due any more."""
        self._is_finishing = True
        self._wake.set()

    async def run(self) -> None:
        """Send what is owed until cancelled or finished; what is left stays in the outbox."""
        try:
            while True:
                self._services.vitals.expect("sender", STUCK_SECONDS)
                self._wake.clear()
                # Asked before looking: what ends meanwhile may let a chat's next message go.
                was_idle = not self._tasks
                is_more = await self._start_ready()
                if self._is_finishing and was_idle and not self._tasks and not is_more:
                    return
                await self._rest(is_more)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _rest(self, is_more: bool) -> None:
        has_hands = len(self._tasks) < PARALLEL
        seconds = self._wire.pacer.room_delay() if is_more and has_hands else SWEEP_SECONDS
        # Not `wait_for`: until Python 3.12 it swallows a cancellation that meets a wake-up.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _start_ready(self) -> bool:
        """Take as much as may be sent now, so that what is urgent never waits behind what is not.

        Returns:
            Whether there may be more that is due.
        """
        limit = min(PARALLEL - len(self._tasks), self._wire.pacer.room())
        if limit < 1:
            return True
        try:
            messages = await self._services.run(
                outbox.lease, limit, LEASE_SECONDS, frozenset(self._busy), self._is_idle()
            )
        except OUT_OF_REACH as error:
            logger.error("outbox out of reach", extra={"reason": describe(error)})
            return False
        if messages:
            for message, content in zip(messages, await self._compose(messages), strict=True):
                self._start(message, content)
        return len(messages) == limit

    def _is_idle(self) -> bool:
        """Whether nothing is in hand, or only what takes long, such as a recording."""
        return not self._tasks or time.monotonic() > self._started_at + ALONE_SECONDS

    async def _compose(self, messages: Sequence[LeasedMessage]) -> Sequence[Content]:
        try:
            return await self._services.read(compose, self._services.catalogue, messages)
        except Exception as error:
            logger.error("messages not read", exc_info=error)
            return [UnreadError(describe(error))] * len(messages)

    def _start(self, message: LeasedMessage, content: Content) -> None:
        self._busy.add(message.chat_id)
        self._started_at = time.monotonic()
        task = asyncio.create_task(self._see_through(message, content), name=f"out-{message.id}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(done, message))

    def _finished(self, task: "asyncio.Task[None]", message: LeasedMessage) -> None:
        self._tasks.discard(task)
        self._busy.discard(message.chat_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease runs out, and it is sent then.
            logger.error("message not settled", extra=_facts(message), exc_info=error)
        self.wake()

    async def _see_through(self, message: LeasedMessage, content: Content) -> None:
        try:
            sent = await self._send(message, content)
        except Exception as error:
            await self._settle(message, error)
            return
        self._troubles.pop(message.id, None)
        if content is None:
            await self._record(outbox.drop, message.id, "its matter is over")
        else:
            await self._record(outbox.mark_sent, message.id, sent)
            self._services.vitals.count("sent", message.kind)

    async def _send(self, message: LeasedMessage, content: Content) -> list[int]:
        if isinstance(content, Exception):
            raise content
        sent = list(message.message_ids)
        if content is None:
            return sent
        place = Place(message.chat_id, message.under_message_id, message.topic_id)
        last = len(content.parts) - 1
        for number in range(len(sent), len(content.parts)):
            keyboard = content.keyboard if number == last else None
            part = content.parts[number]
            taken = await self._wire.deliver(place, part, keyboard)
            sent.append(taken.message_id)
            self._sent += 1
            self._services.vitals.note_taken()
            await self._keep(part, taken)
            if number < last:
                await self._record(outbox.note_parts, message.id, sent)
        return sent

    async def _keep(self, part: Part, taken: Message) -> None:
        """Let what was made be known by its id the next time."""
        if isinstance(part, Attachment) and part.keep is not None and taken.voice is not None:
            await self._record(part.keep, taken.voice.file_id)

    async def _settle(self, message: LeasedMessage, error: Exception) -> None:
        """Decide what becomes of a message that was not sent."""
        trouble = self._troubles.pop(message.id, _Trouble(sent_before=self._sent))
        reason = describe(error)
        if isinstance(error, RetryAfter):
            await self._put_back(message, reason, seconds_of(error), message.attempts)
        elif isinstance(error, ChatMigrated):
            await self._record(outbox.move_chat, message.chat_id, error.new_chat_id)
        elif _is_shut(error, message):
            logger.info("message dropped", extra={**_facts(message), "reason": reason})
            await self._record(outbox.drop_unreachable, message.id, message.chat_id, reason)
        elif _may_pass(error):
            await self._try_later(message, reason, trouble)
        else:
            await self._give_up(message, reason, error)

    async def _try_later(self, message: LeasedMessage, reason: str, trouble: _Trouble) -> None:
        have_others_passed = trouble.sent_before < self._sent
        attempts = message.attempts + have_others_passed
        if attempts >= ATTEMPTS:
            await self._give_up(message, reason)
            return
        longest = min(SHORTEST_PAUSE * 2**trouble.times, LONGEST_PAUSE)
        self._troubles[message.id] = _Trouble(min(trouble.times + 1, 20), self._sent)
        # Spread, so that what failed together does not come back together.
        await self._put_back(message, reason, longest * random.uniform(0.5, 1), attempts)  # noqa: S311

    async def _put_back(
        self, message: LeasedMessage, reason: str, seconds: float, attempts: int
    ) -> None:
        facts = {**_facts(message), "reason": reason, "seconds": round(seconds, 2)}
        logger.warning("message put back", extra=facts)
        await self._record(outbox.put_back, message.id, reason, seconds, attempts)
        asyncio.get_running_loop().call_later(seconds, self.wake)

    async def _give_up(
        self, message: LeasedMessage, reason: str, error: Exception | None = None
    ) -> None:
        facts = {**_facts(message), "reason": reason}
        logger.error("message given up", extra=facts, exc_info=error)
        await self._record(set_aside.give_message_up, message.id, message.kind, reason)
        self._services.vitals.count("failed", "outbox")

    async def _record(
        self,
        function: Callable[Concatenate[Session, P], object],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Write down what happened, however long the database needs: forgotten is sent again.

        Whoever is cancelled meanwhile leaves it to be written behind them.
        """
        while True:
            try:
                await self._services.run_surely(function, *args, **kwargs)
                return
            except OUT_OF_REACH as error:
                logger.error("outbox out of reach", extra={"reason": describe(error)})
                await asyncio.sleep(SHORTEST_PAUSE)


def _is_shut(error: Exception, message: LeasedMessage) -> bool:
    """Whether a person or a farmers' group shuts the bot out; replies go to those alone."""
    is_out = isinstance(error, Forbidden) or is_unknown(error)
    if message.chat_id > 0:
        return is_out
    return message.reply_id is not None and (is_out or is_muted(error))


def _may_pass(error: Exception) -> bool:
    """Whether the same message may be taken another time."""
    passing = (TelegramError, UnreadError, *OUT_OF_REACH)
    return isinstance(error, passing) and not (isinstance(error, Forbidden) or is_our_fault(error))


def _facts(message: LeasedMessage) -> dict[str, Any]:
    return {"outbox_id": message.id, "kind": message.kind}
