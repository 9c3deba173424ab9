"""A part of a serving process dies, hangs, or is asked how it is."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bootstrap import Services
from bot.errors import ServingError
from bot.intake import serving
from bot.intake.poller import Poller
from bot.intake.worker import Worker
from bot.monitoring import watchdog
from bot.testing.bot_api import TOKEN, BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi, create_services
from tests.ports import free_port


@pytest.mark.parametrize("part", [Poller, Worker])
async def test_a_part_that_ends_by_itself_ends_serving_with_an_error(
    api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: type
) -> None:
    """The process does not stay behind, alive and deaf, and does not end as if it were well."""

    async def run(_: object) -> None:
        return

    monkeypatch.setattr(part, "run", run)
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()

    with pytest.raises(ServingError, match=f"ended by itself: {part.__name__.lower()}"):
        await govi.ended()
    await govi.close()


async def test_a_part_that_dies_ends_serving_with_its_error(
    api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What killed it is what is told."""

    async def run(_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(Worker, "run", run)
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()

    with pytest.raises(RuntimeError, match="out of luck"):
        await govi.ended()
    await govi.close()


async def test_a_poll_that_hangs_ends_serving(
    api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an error nor an answer: only the watchdog can tell."""

    async def fetch(self: Poller, _: object) -> None:
        self._services.vitals.expect("poller", -1)
        await asyncio.Event().wait()

    monkeypatch.setattr(Poller, "_fetch", fetch)
    monkeypatch.setattr(watchdog, "WATCH_SECONDS", 0.01)
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()

    with pytest.raises(ServingError, match="stuck: poller"):
        await govi.ended()
    await govi.close()


async def test_a_serving_process_tells_how_it_is(
    api: BotApi, tmp_path: Path, farmer: Person
) -> None:
    """On a port of its own, with the counts of what it did."""
    port = free_port()
    services = create_services(api.url, api.token, tmp_path, health_port=port)
    running = asyncio.create_task(serving.run(services))
    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        ready, metrics = await client.get("/readyz"), await client.get("/metrics")

    assert ready.json() == {"ready": True, "faults": {}}
    assert "govi_updates_total 1.0" in metrics.text
    assert 'govi_decisions_total{decision="answer"} 1.0' in metrics.text
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    services.close()


async def test_a_process_that_waits_for_telegram_is_live_but_not_ready(tmp_path: Path) -> None:
    """Whoever supervises it sees that it does, and why it does not serve."""
    port = free_port()
    services = create_services("http://127.0.0.1:9", TOKEN, tmp_path, health_port=port)
    running = asyncio.create_task(serving.run(services))

    transport = httpx.AsyncHTTPTransport(retries=20)
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=60
    ) as client:
        live, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json()["faults"] == {"start": "waits for Telegram"}
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    services.close()


async def test_nobody_who_wrote_is_kept_in_memory(
    api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PTB would note every person and chat for ever: growth, and a number that /forget misses."""
    number, made = 7_000_123_456, []
    create = serving.create_application

    def create_application(services: Services) -> Any:
        made.append(create(services))
        return made[-1]

    monkeypatch.setattr(serving, "create_application", create_application)
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()
    await api.reply_to(api.user(number).sends(BLAST))
    held = [getattr(made[0], name) for name in slots_of(type(made[0]))]
    await govi.stop()
    await govi.close()

    assert len(held) > 20
    assert [each for each in held if isinstance(each, set | dict) and number in each] == []


def slots_of(kind: type) -> set[str]:
    """The names of what instances hold, those of ancestors too."""
    names = {name for each in kind.__mro__ for name in getattr(each, "__slots__", ())}
    return {name for name in names if not name.startswith("__")}
