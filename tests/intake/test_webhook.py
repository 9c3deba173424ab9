"""Updates that Telegram sends by itself."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from telegram import WebhookInfo
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError

from bot.application import ALLOWED_UPDATES
from bot.db.models import InboxStatus, ReceivedUpdate
from bot.errors import ListenError, SettingsError, TokenError
from bot.intake import poller, serving, webhook
from bot.intake.webhook import LONGEST_BODY, SECRET_HEADER, Webhook
from bot.testing.bot_api import TOKEN
from tests.journeys.serving import Govi, create_services, webhook_settings

UPDATE = {"update_id": 7, "message": {"chat": {"id": 11}, "text": "ගොයම"}}


class Telegram:
    """Knows one webhook; raises what it is told to, once."""

    def __init__(self, url: str = "", error: TelegramError | None = None) -> None:
        self.url = url
        self.error = error
        self.asked = 0
        self.set: list[dict[str, Any]] = []

    async def get_webhook_info(self) -> WebhookInfo:
        """Tell where updates go."""
        self.asked += 1
        return WebhookInfo(self.url, has_custom_certificate=False, pending_update_count=0)

    async def set_webhook(self, url: str, **options: Any) -> None:
        """Send there from now on."""
        error, self.error = self.error, None
        if error is not None:
            raise error
        self.url = url
        self.set.append(options)


@pytest.fixture
async def govi(tmp_path: Path) -> AsyncIterator[Govi]:
    """Govi's database and settings, not serving."""
    govi = Govi(create_services("http://127.0.0.1:9", TOKEN, tmp_path, **webhook_settings()))
    yield govi
    await govi.close()


@pytest.fixture
async def woken() -> list[int]:
    """Counts how often the worker was woken."""
    return []


@pytest.fixture
async def client(govi: Govi, woken: list[int]) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the webhook as Telegram does, with the secret."""
    hook = Webhook(None, govi.services, lambda: woken.append(1))
    hook._listener.close()
    headers = {SECRET_HEADER: "s3cret" * 4}
    transport = httpx.ASGITransport(hook.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://govi", headers=headers
    ) as client:
        yield client


async def test_an_update_is_in_the_inbox_before_200(
    govi: Govi, client: httpx.AsyncClient, woken: list[int]
) -> None:
    """And the worker is told."""
    answer = await client.post("/any/path", json=UPDATE)

    [row] = govi.rows(ReceivedUpdate)
    assert answer.status_code == 200
    assert (row.update_id, row.chat_id, row.raw) == (7, 11, UPDATE)
    assert woken == [1]


async def test_an_update_that_comes_again_has_no_second_row(
    govi: Govi, client: httpx.AsyncClient
) -> None:
    """It is confirmed again, because Telegram missed that."""
    statuses = [(await client.post("/", json=UPDATE)).status_code for _ in range(2)]

    assert statuses == [200, 200]
    assert len(govi.rows(ReceivedUpdate)) == 1


async def test_without_the_secret_nothing_is_taken(
    govi: Govi, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """403, whatever the body says; and the log is not flooded."""
    secrets = ["", "s3cret", "s3cret" * 4 + "x", "ක" * 24]
    statuses = [
        (await client.post("/", json=UPDATE, headers={SECRET_HEADER: secret.encode()})).status_code
        for secret in secrets
    ]

    assert statuses == [403] * len(secrets)
    assert caplog.text.count("without the webhook's secret") == 1
    assert govi.rows(ReceivedUpdate) == []


async def test_a_body_that_is_too_long_is_refused(govi: Govi, client: httpx.AsyncClient) -> None:
    """It is not read to its end."""
    answer = await client.post("/", content=b" " * (LONGEST_BODY + 1))

    assert answer.status_code == 413
    assert govi.rows(ReceivedUpdate) == []


async def test_a_body_that_never_ends_is_not_waited_for(
    govi: Govi, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram sends it again, and has its connection back."""
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.01)

    async def stall() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await asyncio.wait_for(client.post("/", content=stall()), 60)

    assert answer.status_code == 408
    assert govi.rows(ReceivedUpdate) == []


async def test_only_posts_are_answered(client: httpx.AsyncClient) -> None:
    """A browser sees nothing."""
    assert (await client.get("/")).status_code == 405


BODIES = [
    b"",
    b"\xff\xfe",
    b"no json",
    b"[" * 100_000,
    b"[1]",
    b'"text"',
    b"{}",
    b'{"update_id": "7"}',
    b'{"update_id": true}',
    b'{"update_id": -7}',
    b'{"update_id": %d}' % 2**63,
    b'{"update_id": 1.5}',
    b'{"update_id": ' + b"9" * 5000 + b"}",
]


async def test_what_is_no_update_is_set_aside_once(govi: Govi, client: httpx.AsyncClient) -> None:
    """Confirmed, so that it does not come again and again, and kept with a reason."""
    statuses = {(await client.post("/", content=body)).status_code for body in BODIES * 2}

    rows = govi.rows(ReceivedUpdate)
    assert statuses == {200}
    assert len(rows) == len(BODIES)
    assert {(row.status, row.reason) for row in rows} == {
        (InboxStatus.FAILED, "it has no update_id")
    }
    assert max(row.update_id for row in rows) < 0


async def test_ids_that_no_table_holds_do_no_harm(govi: Govi, client: httpx.AsyncClient) -> None:
    """The update is stored without its chat."""
    update = {"update_id": 8, "message": {"chat": {"id": 10**30}, "from": {"id": True}}}

    assert (await client.post("/", content=json.dumps(update))).status_code == 200
    assert govi.rows(ReceivedUpdate)[0].chat_id is None


async def test_a_database_that_is_down_makes_telegram_try_again(
    govi: Govi, client: httpx.AsyncClient, woken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and nothing is confirmed."""

    def fail(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("database is locked"))

    monkeypatch.setattr(webhook.inbox, "store", fail)

    assert (await client.post("/", json=UPDATE)).status_code == 503
    assert woken == []


async def test_the_log_repeats_nothing_that_was_sent(
    client: httpx.AsyncClient, govi: Govi, caplog: pytest.LogCaptureFixture
) -> None:
    """An update that cannot be written names neither its words nor the secret."""
    govi.services.close()

    assert (await client.post("/", json=UPDATE)).status_code == 503
    assert "update not taken" in caplog.text
    assert "ගොයම" not in caplog.text
    assert "s3cret" not in caplog.text


async def announce(govi: Govi, telegram: Telegram, times: int) -> None:
    """Let a webhook announce itself until Telegram was asked so often."""
    hook = Webhook(telegram, govi.services, lambda: None)
    hook._listener.close()
    task = asyncio.create_task(hook.keep_announced())
    async with asyncio.timeout(60):
        while telegram.asked < times and not task.done():  # noqa: ASYNC110 - a plain counter
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a minute."""
    monkeypatch.setattr(webhook, "ASK_SECONDS", 0.001)
    monkeypatch.setattr(poller, "LONGEST_PAUSE", 0.001)


@pytest.mark.usefixtures("short_pauses")
async def test_it_is_announced_once_with_its_secret(govi: Govi) -> None:
    """Also when Telegram knows the address from before: the secret may be another."""
    telegram = Telegram(url=govi.services.settings.webhook_url)

    await announce(govi, telegram, times=3)

    assert telegram.set == [
        {
            "secret_token": "s3cret" * 4,
            "allowed_updates": ALLOWED_UPDATES,
            "max_connections": webhook.CONNECTIONS,
        }
    ]


@pytest.mark.usefixtures("short_pauses")
async def test_it_is_announced_again_when_something_took_it_away(govi: Govi) -> None:
    """A process that polled for a moment does not leave the bot deaf."""
    telegram = Telegram()
    hook = Webhook(telegram, govi.services, lambda: None)
    hook._listener.close()
    await hook._announce()

    telegram.url = ""
    await hook._announce()

    assert telegram.url == govi.services.settings.webhook_url


@pytest.mark.usefixtures("short_pauses")
async def test_a_network_that_is_gone_is_waited_out(govi: Govi) -> None:
    """It is announced when Telegram can be reached."""
    telegram = Telegram(error=NetworkError("down"))

    await announce(govi, telegram, times=3)

    assert len(telegram.set) == 1


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (InvalidToken("Unauthorized"), TokenError, "BotFather"),
        (BadRequest("bad webhook: HTTPS url must be provided"), SettingsError, "WEBHOOK_URL"),
    ],
)
async def test_what_will_not_pass_ends_serving(
    govi: Govi, error: TelegramError, raised: type[Exception], words: str
) -> None:
    """With an error that says what to do."""
    with pytest.raises(raised, match=words):
        await announce(govi, Telegram(error=error), times=9)


async def test_a_webhook_needs_its_settings(tmp_path: Path) -> None:
    """They are named, before Telegram is looked for."""
    govi = Govi(create_services("http://127.0.0.1:9", TOKEN, tmp_path))

    with pytest.raises(SettingsError, match="WEBHOOK_URL and WEBHOOK_SECRET"):
        await serving.run(govi.services, is_webhook=True)
    await govi.close()


async def test_a_port_that_is_taken_is_named(govi: Govi) -> None:
    """The second process learns why it cannot serve."""
    first = Webhook(None, govi.services, lambda: None)

    with pytest.raises(ListenError, match=str(govi.services.settings.webhook_port)):
        Webhook(None, govi.services, lambda: None)
    first._listener.close()


async def test_only_the_port_is_complained_of_when_it_is_taken(govi: Govi) -> None:
    """Not, by Python, parts that were made to run and never did."""
    first = Webhook(None, govi.services, lambda: None)
    application = serving.create_application(govi.services)

    with warnings.catch_warnings(record=True) as complaints, pytest.raises(ListenError):
        await serving.serve(application, govi.services, asyncio.Event(), Webhook)

    assert [str(complaint.message) for complaint in complaints] == []
    first._listener.close()
