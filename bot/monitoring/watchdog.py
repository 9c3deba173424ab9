"""Notices what nobody else can: a part that hangs, a bot that is deaf, a clock that was set.

A part that hangs ends the process with an error, because nothing but a new start is sure to help,
and whoever supervises it starts it again; nothing is lost, all work is in the database. A network
that is gone is said, again and again, and waited out.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.errors import ServingError
from bot.services import inbox, outbox
from bot.vitals import Vitals

#: Telegram is asked, or asks, more often than that; longer unheard is as good as deaf.
UNREACHED_SECONDS = 150.0
WATCH_SECONDS = 5.0
#: The event loop's name among the parts; it hangs when it does nothing for so long.
LOOP, LOOP_SECONDS = "event loop", 60.0
#: Exit status of a process whose event loop hangs (EX_SOFTWARE).
EXIT_STATUS = 70
#: A process that should have ended so long ago does not end by itself.
OVERDUE_SECONDS = 120.0
#: A difference between the two clocks that no correction of a running clock makes.
JUMP_SECONDS = 30.0
#: How often it is said that Telegram is out of reach.
SAY_SECONDS = 60.0

logger = logging.getLogger(__name__)


def start_last_resort(vitals: Vitals, end: Callable[[int], object] = os._exit) -> None:
    """End the process when a part is stuck and the process does not end in good order.

    Python waits for threads, and one that hangs in compiled code keeps a process for ever that has
    stopped serving. So nobody waits for this one; it looks until the process is over.
    """

    def look() -> None:
        looks = 0
        while looks < 2:  # in a row: a process that was paused as a whole gets time to go on
            time.sleep(WATCH_SECONDS)
            looks = looks + 1 if vitals.list_stuck(OVERDUE_SECONDS) else 0
        logger.critical("the process does not end by itself; ending it")
        end(EXIT_STATUS)

    threading.Thread(target=look, name="last-resort", daemon=True).start()


class LoopGuard:
    """Ends the process when its event loop hangs, which nothing on the loop can notice.

    A thread looks from time to time whether the loop still makes its promises.
    """

    def __init__(self, vitals: Vitals, end: Callable[[int], object] = os._exit) -> None:
        """Take where the loop makes its promises, and what ends the process."""
        self._vitals = vitals
        self._end = end
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loop-guard", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._is_over.set()

    def _run(self) -> None:
        looks = 0
        while not self._is_over.wait(WATCH_SECONDS):
            # Twice in a row: a process that was paused as a whole gets time to go on.
            looks = looks + 1 if LOOP in self._vitals.list_stuck() else 0
            if looks == 2:
                logger.critical("the event loop hangs; ending the process")
                self._end(EXIT_STATUS)
                return


class Watchdog:
    """Looks after one process's parts."""

    def __init__(
        self,
        services: Services,
        wall: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take whose vitals to watch, the clock on the wall, and one that is never set."""
        self._services = services
        self._wall = wall
        self._monotonic = monotonic
        self._offset = self._difference()
        self._late: set[str] = set()
        self._said_at = -SAY_SECONDS

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            ServingError: A part hangs.
        """
        vitals = self._services.vitals
        vitals.expect(LOOP, LOOP_SECONDS)
        with LoopGuard(vitals):
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                vitals.expect(LOOP, LOOP_SECONDS)
                self._look_for_stuck()
                self._listen()
                await self._compare_clocks()

    def _look_for_stuck(self) -> None:
        before, self._late = self._late, set(self._services.vitals.list_stuck())
        # Twice in a row, as above: this may be the first part to go on.
        if stuck := sorted(before & self._late):
            raise ServingError(f"stuck: {', '.join(stuck)}; the process has to be started again")

    def _listen(self) -> None:
        unreached = self._services.vitals.unreached_seconds()
        if unreached > UNREACHED_SECONDS and self._monotonic() >= self._said_at + SAY_SECONDS:
            self._said_at = self._monotonic()
            logger.error("deaf: Telegram is out of reach", extra={"seconds": round(unreached)})

    async def _compare_clocks(self) -> None:
        jump = self._difference() - self._offset
        if abs(jump) < JUMP_SECONDS:
            return
        logger.warning("the clock was set", extra={"seconds": round(jump)})
        try:
            await self._services.run(inbox.forget_waits)
            await self._services.run(outbox.forget_waits)
            self._offset += jump
        except SQLAlchemyError as error:
            logger.error("waits not forgotten", extra={"reason": type(error).__name__})

    def _difference(self) -> float:
        return self._wall().timestamp() - self._monotonic()
