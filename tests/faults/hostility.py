"""Updates that nobody should send: generated, handled by a serving Govi, and what came of it."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.bootstrap import Services
from bot.db.models import InboxStatus, ReceivedUpdate
from bot.services import inbox
from bot.testing.bot_api import BotApi
from tests.faults.killing import served
from tests.journeys.serving import BLAST, BLAST_ANSWER, MITES, create_services

#: How many are generated, and put into the inbox, at a time.
BATCH = 500
#: How many wait there, so that the process is never without work.
WAITING = 2 * BATCH
#: How often the process is looked at, beside the start.
FIFTHS = 5
#: How often it is asked how many wait still.
LOOK_SECONDS = 0.1
#: No batch takes longer, on however slow a machine.
BATCH_SECONDS = 240.0


def _text(max_size: int, min_size: int = 0) -> st.SearchStrategy[str]:
    """Any code points, surrogates too; built in a way that needs no table of characters."""
    letters = st.one_of(st.integers(32, 126), st.integers(0xD80, 0xDFF), st.integers(0, 0x10FFFF))
    return st.lists(letters.map(chr), min_size=min_size, max_size=max_size).map("".join)


#: Many, because each chat's updates wait for one another.
_IDS = st.one_of(
    st.integers(1, 6000),
    st.integers(1, 60),
    st.integers(-(10**13), -1),
    st.sampled_from([0, 2**31, 2**52, 2**63, -1, *range(2**40, 2**40 + 20)]),
)
_WORDS = st.sampled_from(
    [BLAST, MITES, "/start", "/help", "/privacy", "/mydata", "/forget", "/add", "/import", "/team"]
)
_TEXT = st.one_of(
    _WORDS,
    _text(60),
    st.text("අආඇක්ර\u200dේාි0٣ a\u200b\x00\ud800/@<&'", max_size=40, min_size=1),
    _text(4, min_size=1).map(lambda text: (text * 5000)[:5000]),
)
_ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), _TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_text(8), inner, max_size=3)
    ),
    max_leaves=8,
)
_USER = st.fixed_dictionaries(
    {"id": _IDS, "is_bot": st.booleans(), "first_name": _TEXT},
    optional={"language_code": _TEXT, "username": _TEXT, "last_name": _TEXT},
)
_CHAT = st.one_of(
    st.builds(lambda number: {"id": number, "type": "private", "first_name": "x"}, _IDS),
    st.builds(lambda number: {"id": number, "type": "supergroup", "title": "x"}, _IDS),
    st.builds(lambda number, kind: {"id": number, "type": kind}, _IDS, _TEXT),
)
_ENTITY = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["bot_command", "mention", "url", "text_link", "new"]),
        "offset": st.integers(-1, 90),
        "length": st.integers(-1, 90),
    }
)
_FILE = st.fixed_dictionaries(
    {"file_id": _TEXT, "file_unique_id": _TEXT},
    optional={"file_size": _IDS, "file_name": _TEXT, "mime_type": _TEXT},
)
_DATES = st.sampled_from([1_790_000_000] * 9 + [0, 2**40])
_NAMED = {"message_id": _IDS, "date": _DATES, "chat": _CHAT}
_PLAIN = st.fixed_dictionaries({**_NAMED, "from": _USER, "text": _TEXT})
_ODD = st.fixed_dictionaries(
    _NAMED,
    optional={
        "from": _USER,
        "text": _TEXT,
        "caption": _TEXT,
        "entities": st.lists(_ENTITY, max_size=2),
        "document": _FILE,
        "voice": _FILE.map(lambda about: about | {"duration": 3}),
        "location": st.fixed_dictionaries({"latitude": st.floats(), "longitude": st.floats()}),
        "message_thread_id": _IDS,
        "is_topic_message": st.booleans(),
        "new": _ANYTHING,
    },
)
_MESSAGE = st.one_of(_PLAIN, _ODD)
_DATA = st.one_of(
    _TEXT,
    st.builds(
        lambda *parts: ":".join(map(str, parts)),
        st.sampled_from(["1", "2", "o", "k", "t", "pr"]),
        st.sampled_from("crudeaxk"),
        _IDS,
        _IDS,
    ),
    st.builds(lambda letter, number: f"1:{letter}:{number}", st.sampled_from("rud"), _IDS),
)
_PRESS = st.fixed_dictionaries(
    {"id": _TEXT, "from": _USER, "chat_instance": _TEXT},
    optional={"message": _MESSAGE, "data": _DATA},
)
_BODY = st.one_of(
    st.builds(lambda part: {"message": part}, _MESSAGE),
    st.builds(lambda part: {"edited_message": part}, _MESSAGE),
    st.builds(lambda part: {"callback_query": part}, _PRESS),
    st.builds(lambda part: {"my_chat_member": part}, _ANYTHING),
    st.dictionaries(_text(12), _ANYTHING, max_size=3),
)
UPDATES = st.one_of(_BODY, _BODY, _BODY, _ANYTHING)


@dataclass(frozen=True, slots=True)
class Reading:
    """The serving process after so many updates.

    Attributes:
        resident: Megabytes in memory now.
        peak: The most that it ever had.
        seconds: Of processor time, since it started.
    """

    updates: int
    resident: float
    peak: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the updates.

    Attributes:
        sent: How many were generated.
        rows: How many rows they became; what is no update has one, however often it comes.
        done: Rows that were handled.
        aside: Rows that were set aside, each with its reason.
        generator_seconds: Processor time of everything but the serving process.
        readings: At the start and after each fifth.
    """

    sent: int
    rows: int
    done: int
    aside: int
    answers_after: bool
    wall_seconds: float
    generator_seconds: float
    readings: Sequence[Reading]


class Ordeal:
    """A Govi that serves in a process of its own and is sent generated updates."""

    def __init__(self, folder: Path, chance: int) -> None:
        """Take an empty folder, and what the updates depend on."""
        self._folder = folder
        self._chance = chance
        self._number = self._first = 1_000
        self._rows = 0

    async def run(self, updates: int) -> Verdict:
        """Send so many; return what came of them, and whether a farmer is answered afterwards."""
        with BotApi() as api:
            services = create_services(api.url, api.token, self._folder)
            farmer = api.user(77)
            async with served(api, self._folder) as process:
                await api.reply_to(farmer.sends(BLAST), BATCH_SECONDS)
                await self._await_room(services, process, 0)  # its row is done after the reply
                answers_before = await services.read(_count, InboxStatus.DONE)
                begin, begin_cpu = time.monotonic(), time.process_time()
                readings = await self._send_all(services, process, updates)
                wall, cpu = time.monotonic() - begin, time.process_time() - begin_cpu
                done = await services.read(_count, InboxStatus.DONE)
                answered = await api.reply_to(farmer.sends(BLAST), BATCH_SECONDS)
            verdict = Verdict(
                sent=self._number - self._first,
                rows=self._rows,
                done=done - answers_before,
                aside=await services.read(_count, InboxStatus.FAILED),
                answers_after=answered.text == BLAST_ANSWER,
                wall_seconds=wall,
                generator_seconds=cpu,
                readings=readings,
            )
            await asyncio.get_running_loop().shutdown_default_executor()
            services.close()
            return verdict

    async def _send_all(
        self, services: Services, process: asyncio.subprocess.Process, updates: int
    ) -> Sequence[Reading]:
        """Keep the inbox filled; let it run empty after each fifth, to look at the process."""
        readings = [read_process(process.pid, 0)]
        async for bodies in generate_ahead(updates, self._chance):
            await self._await_room(services, process, WAITING - BATCH)
            new = await services.run(inbox.store, [self._numbered(body) for body in bodies])
            self._rows += len(new)
            sent = self._number - self._first
            if sent * FIFTHS >= updates * len(readings):
                await self._await_room(services, process, 0)
                readings.append(read_process(process.pid, sent))
        return readings

    async def _await_room(
        self, services: Services, process: asyncio.subprocess.Process, most: int
    ) -> None:
        """Return once no more than so many wait in the inbox."""
        async with asyncio.timeout(BATCH_SECONDS):
            while await services.read(_count, InboxStatus.RECEIVED) > most:
                if process.returncode is not None:
                    raise AssertionError(f"the process ended by itself: {process.returncode}")
                await asyncio.sleep(LOOK_SECONDS)

    def _numbered(self, body: Any) -> Any:
        """Give most of what may be an update an id of its own; the rest is none."""
        self._number += 1
        if not isinstance(body, dict) or self._number % 50 == 0:
            return body
        return {**body, "update_id": self._number}


async def generate_ahead(count: int, chance: int) -> AsyncIterator[list[Any]]:
    """Yield so many updates in batches; the next is made while the last is put to use."""
    size = max(1, min(BATCH, count // FIFTHS))

    def begin(first: int) -> asyncio.Task[list[Any]]:
        making = asyncio.to_thread(generate, min(size, count - first), chance + first)
        return asyncio.create_task(making)

    coming = begin(0)
    for following in range(size, count, size):
        made, coming = await coming, begin(following)
        yield made
    yield await coming


def generate(count: int, chance: int) -> list[Any]:
    """Return so many updates, the same ones for the same `chance`."""
    made: list[Any] = []

    @seed(chance)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(UPDATES)
    def collect(body: Any) -> None:
        made.append(body)

    collect()
    return made


def read_process(pid: int, updates: int) -> Reading:
    """Read what a process has in memory and has used of a processor."""
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = {name: int(kb) for name, kb in re.findall(r"^(Vm\w+):\s+(\d+) kB", status, re.M)}
    # Counted behind the name, which may hold anything: user and system time are the 12th and 13th.
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
    return Reading(updates, kilobytes["VmRSS"] / 1024, kilobytes["VmHWM"] / 1024, seconds)


def _count(session: Any, status: InboxStatus) -> int:
    """Count rows; of those set aside, the ones that say why."""
    wanted = select(func.count()).where(ReceivedUpdate.status == status)
    if status is InboxStatus.FAILED:
        wanted = wanted.where(ReceivedUpdate.reason.is_not(None))
    return session.scalar(wanted)
