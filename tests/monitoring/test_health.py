"""What supervisors and Prometheus are told."""

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from bot.db.base import utc_now
from bot.db.models import ReceivedUpdate
from bot.monitoring import health
from bot.services import inbox, outbox
from bot.testing.bot_api import TOKEN
from tests.journeys.serving import Govi, create_services


@pytest.fixture
async def govi(tmp_path: Path) -> AsyncIterator[Govi]:
    """Govi's database and index, as if serving."""
    govi = Govi(create_services("http://127.0.0.1:9", TOKEN, tmp_path))
    govi.services.vitals.is_serving = True
    yield govi
    await govi.close()


@pytest.fixture
async def client(govi: Govi) -> AsyncIterator[httpx.AsyncClient]:
    """Asks as a supervisor does."""
    transport = httpx.ASGITransport(health.create_app(govi.services))
    async with httpx.AsyncClient(transport=transport, base_url="http://health") as client:
        yield client


async def test_a_process_that_is_well_is_live_and_ready(client: httpx.AsyncClient) -> None:
    """Both say so with 200."""
    live, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (live.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"ready": True, "faults": {}}


async def test_a_part_that_hangs_is_named(govi: Govi, client: httpx.AsyncClient) -> None:
    """It is not ready, but live: whether to end it is for others."""
    govi.services.vitals.expect("worker", -1)

    ready = await client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json()["faults"] == {"worker": "is stuck"}
    assert (await client.get("/healthz")).status_code == 200


async def test_a_deaf_bot_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram has not been heard of for longer than it ever is silent."""
    monkeypatch.setattr(health, "UNREACHED_SECONDS", -1.0)

    assert "telegram" in (await client.get("/readyz")).json()["faults"]


async def test_what_waits_too_long_is_told(govi: Govi, client: httpx.AsyncClient) -> None:
    """With how much and since when, and no words of anyone's."""
    await govi.services.run(inbox.store, [{"update_id": 1, "message": {"text": "ගොයම"}}])

    def age(session: object) -> None:
        [row] = session.query(ReceivedUpdate)
        row.received_at = utc_now() - timedelta(seconds=400)

    await govi.services.run(age)

    ready = await client.get("/readyz")
    [(part, fault)] = ready.json()["faults"].items()
    assert part == "inbox"
    assert re.fullmatch(r"1 wait, the oldest for 4\d\d s", fault)


@pytest.mark.sqlite
async def test_a_database_that_does_not_answer_is_told(
    govi: Govi, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Readiness answers all the same, and so do the metrics."""
    govi.services.engine.dispose()
    shutil.rmtree(tmp_path)

    ready = await client.get("/readyz")

    assert ready.json()["faults"] == {"database": "does not answer"}
    assert (await client.get("/metrics")).status_code == 200


async def test_a_database_that_takes_nothing_is_told_until_it_does(
    govi: Govi, client: httpx.AsyncClient
) -> None:
    """A full disk can be read from; what farmers ask waits at Telegram."""

    def refuse(_: object) -> None:
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("insert", {}, full)

    with pytest.raises(OperationalError):
        await govi.services.run(refuse)
    await govi.services.run(inbox.store, [])  # writes nothing
    during = await client.get("/readyz")
    await govi.services.run(inbox.store, [{"update_id": 1}])

    assert during.json()["faults"] == {"database": "takes nothing"}
    assert (await client.get("/readyz")).json()["ready"]


async def test_an_empty_index_is_told(
    govi: Govi, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that knows nothing answers nobody."""
    govi.services.index.retriever.load([])

    assert (await client.get("/readyz")).json()["faults"] == {"index": "is empty"}


async def test_metrics_are_what_prometheus_reads(govi: Govi, client: httpx.AsyncClient) -> None:
    """Counters, a histogram and gauges, from the process and from the database."""
    vitals = govi.services.vitals
    vitals.count("updates", by=2)
    vitals.count("decisions", "answer")
    vitals.count("sent", "reply")
    vitals.note_search(0.02)
    await govi.services.run(inbox.store, [{"update_id": 1}])
    await govi.services.run(outbox.post, 11, "reply")

    text = (await client.get("/metrics")).text

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["govi_updates_total",] == 2
    assert found["govi_decisions_total", "answer"] == 1
    assert found["govi_sent_total", "reply"] == 1
    assert found["govi_search_seconds_bucket", "0.01"] == 0
    assert found["govi_search_seconds_bucket", "0.025"] == 1
    assert found["govi_search_seconds_count",] == 1
    assert found["govi_queue_waiting", "inbox"] == 1
    assert found["govi_queue_waiting", "outbox"] == 1
    assert found["process_resident_memory_bytes",] > 0
