"""Killing a process that serves, again and again under load, and accounting for every question.

`python -m tests.faults.torture` runs it at length.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from bot.db.engine import open_engine, reading
from bot.db.models import InboxStatus, OutboxStatus, OutgoingMessage, Question, ReceivedUpdate
from bot.settings import ROOT
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.database import url_of
from tests.journeys.serving import BLAST, MITES, UNKNOWN, webhook_settings

PEOPLE = 40
#: One process in so many is killed before it serves.
EARLY = 7
#: Longest life of one that serves, and how long the last may send nothing before it is done.
LONGEST_LIFE, LAST_SECONDS = 1.5, 240.0


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the questions.

    Attributes:
        replies: How many questions got how many replies.
        recorded: Questions in the database; each should be there once.
        aside: Updates and messages that were given up.
    """

    asked: int
    replies: Counter[int]
    recorded: int
    aside: int


@asynccontextmanager
async def served(
    api: BotApi, folder: Path, environment: Mapping[str, str] = os.environ
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Serve in a process of its own, which is killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.journeys.serving", api.url, api.token, str(folder)),
        cwd=ROOT,
        env=environment,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Torture:
    """A bot that is killed, the people who write to it meanwhile, and its database."""

    def __init__(self, api: BotApi, folder: Path, mode: str, chance: random.Random) -> None:
        """Take Telegram, an empty folder, "polling" or "webhook", and what moments depend on."""
        self._api = api
        self._folder = folder
        self._chance = chance
        options = webhook_settings() if mode == "webhook" else {}
        settings = {name.upper(): str(value) for name, value in options.items()}
        self._environment = os.environ | settings
        self._questions: list[Seen] = []

    async def run(self, kills: int, questions_a_second: float) -> Account:
        """Kill so many processes, let one more finish everything, and account for it."""
        asking = asyncio.create_task(self._ask(1 / questions_a_second))
        for number in range(kills):
            async with served(self._api, self._folder, self._environment) as process:
                await self._live(process, is_early=number % EARLY == EARLY - 1)
        asking.cancel()
        await asyncio.wait({asking})
        async with served(self._api, self._folder, self._environment):
            await self._finish()
        return self._account()

    async def _finish(self) -> None:
        """Wait until nothing is left, for as long as there is progress."""
        sent, since = 0, time.monotonic()
        while not self._is_finished():
            await asyncio.sleep(0.5)
            if (now_sent := len(self._api.calls("sendMessage"))) > sent:
                sent, since = now_sent, time.monotonic()
            if time.monotonic() - since > LAST_SECONDS:
                raise AssertionError(
                    f"nothing was sent for {LAST_SECONDS:.0f} s: {self._account()}"
                )

    async def _ask(self, pause: float) -> None:
        people = [self._api.user(1000 + number) for number in range(PEOPLE)]
        while True:
            text = self._chance.choice((BLAST, MITES, UNKNOWN))
            self._questions.append(self._chance.choice(people).sends(text))
            await asyncio.sleep(self._chance.expovariate(1 / pause))

    async def _live(self, process: asyncio.subprocess.Process, is_early: bool) -> None:
        """Return when it is time for this process to die."""
        if is_early:
            await asyncio.sleep(self._chance.uniform(0, LONGEST_LIFE))
            return
        known = len(self._api.calls())
        await self._api.until(
            lambda: len(self._api.calls()) > known or process.returncode is not None, LAST_SECONDS
        )
        if process.returncode is not None:
            raise AssertionError(f"the process ended by itself: {process.returncode}")
        await asyncio.sleep(self._chance.uniform(0, LONGEST_LIFE))

    def _is_finished(self) -> bool:
        if self._api.world.updates:
            return False
        try:
            return (
                self._count(ReceivedUpdate, InboxStatus.RECEIVED)
                == 0
                == self._count(OutgoingMessage, OutboxStatus.PENDING)
            )
        except OperationalError:  # not there yet
            return False

    def _account(self) -> Account:
        failed = self._count(ReceivedUpdate, InboxStatus.FAILED)
        given_up = self._count(OutgoingMessage, OutboxStatus.FAILED)
        return Account(
            asked=len(self._questions),
            replies=Counter(len(self._api.replies(question)) for question in self._questions),
            recorded=self._count(Question, None),
            aside=failed + given_up,
        )

    def _count(self, kind: type, status: object) -> int:
        engine = open_engine(url_of(self._folder / "govi.sqlite3"))
        wanted = select(func.count()).select_from(kind)
        if status is not None:
            wanted = wanted.where(kind.status == status)
        try:
            with reading(sessionmaker(engine)) as session:
                return session.scalar(wanted) or 0
        finally:
            engine.dispose()
