"""Noticing what nobody else can."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.db.base import utc_now
from bot.db.models import OutgoingMessage, ReceivedUpdate
from bot.errors import ServingError
from bot.monitoring import watchdog
from bot.monitoring.watchdog import LOOP, LoopGuard, Watchdog, start_last_resort
from bot.services import inbox, outbox
from bot.testing.bot_api import TOKEN
from bot.vitals import Vitals
from tests.journeys.serving import Govi, create_services


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits five seconds for a look."""
    monkeypatch.setattr(watchdog, "WATCH_SECONDS", 0.005)


@pytest.fixture
async def govi(tmp_path: Path) -> AsyncIterator[Govi]:
    """Govi's database, not serving."""
    govi = Govi(create_services("http://127.0.0.1:9", TOKEN, tmp_path))
    yield govi
    await govi.close()


async def test_a_part_that_hangs_ends_watching_with_its_name(govi: Govi) -> None:
    """Whoever serves ends with the error, and the supervisor starts anew."""
    govi.services.vitals.expect("worker", -1)

    with pytest.raises(ServingError, match="stuck: worker"):
        await asyncio.wait_for(Watchdog(govi.services).run(), 60)


async def test_a_process_that_was_paused_as_a_whole_goes_on(govi: Govi) -> None:
    """All its parts are late then; the watchdog may look before they had a chance."""
    vitals, dog = govi.services.vitals, Watchdog(govi.services)
    vitals.expect("worker", -1)
    dog._look_for_stuck()
    vitals.expect("worker", 60)
    vitals.expect("poller", -1)
    dog._look_for_stuck()

    with pytest.raises(ServingError, match="stuck: poller;"):
        dog._look_for_stuck()


def test_a_process_that_does_not_end_is_ended() -> None:
    """A part has been stuck for so long that ending in good order must have failed."""
    vitals, ended = Vitals(), threading.Event()
    statuses: list[int] = []
    vitals.expect("sender", -watchdog.OVERDUE_SECONDS)

    start_last_resort(vitals, end=lambda status: (statuses.append(status), ended.set()))

    assert ended.wait(60)
    assert statuses == [watchdog.EXIT_STATUS]


def test_a_part_that_has_just_got_stuck_is_left_to_end_in_good_order() -> None:
    """The watchdog has seen it, and gives back what is held."""
    vitals = Vitals()
    vitals.expect("sender", -1)

    assert vitals.list_stuck() == ["sender"]
    assert vitals.list_stuck(watchdog.OVERDUE_SECONDS) == []


async def test_a_deaf_bot_is_said_once_a_minute(
    govi: Govi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on: the network may come back."""
    monkeypatch.setattr(watchdog, "UNREACHED_SECONDS", -1.0)
    looks: list[datetime] = []
    dog = Watchdog(govi.services, wall=lambda: looks.append(utc_now()) or looks[-1])
    task = asyncio.create_task(dog.run())

    async with asyncio.timeout(60):
        while len(looks) < 5:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.005)

    assert [record.message.partition(":")[0] for record in caplog.records] == ["deaf"]
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


async def test_what_waits_is_due_when_the_clock_was_set_back(govi: Govi) -> None:
    """An hour back, what was due in a minute would wait for an hour and a minute."""
    await govi.services.run(inbox.store, [{"update_id": 1}])
    await govi.services.run(outbox.post, 11, "reply")
    await govi.services.run(inbox.lease, 1, 3600)
    await govi.services.run(outbox.put_back, 1, "wait", 3600, 0)
    set_back = itertools.chain([timedelta(0)], itertools.repeat(timedelta(hours=1)))
    dog = Watchdog(govi.services, wall=lambda: utc_now() - next(set_back))
    task = asyncio.create_task(dog.run())

    async with asyncio.timeout(60):
        while govi.rows(OutgoingMessage)[0].due_at > utc_now():  # noqa: ASYNC110 - a table
            await asyncio.sleep(0.005)

    assert govi.rows(ReceivedUpdate)[0].leased_until is None
    task.cancel()
    await asyncio.wait({task})


async def test_a_clock_that_is_only_corrected_changes_nothing(govi: Govi) -> None:
    """A second or two is what time servers do every day."""
    await govi.services.run(outbox.post, 11, "reply")
    await govi.services.run(outbox.put_back, 1, "wait", 3600, 0)
    dog = Watchdog(govi.services)
    dog._wall = lambda: utc_now() - timedelta(seconds=2)

    await dog._compare_clocks()

    assert govi.rows(OutgoingMessage)[0].due_at > utc_now()


def test_a_loop_that_hangs_ends_the_process() -> None:
    """From a thread, because nothing on the loop can."""
    ended, statuses = threading.Event(), []
    vitals = Vitals()
    vitals.expect(LOOP, -1)

    with LoopGuard(vitals, lambda status: (statuses.append(status), ended.set())):
        assert ended.wait(60)

    assert statuses == [70]
