"""/console on Telegram: the way into the web console."""

import asyncio
import functools
import os
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from bot.console.app import create_app
from bot.console.serving import serve
from bot.db.models import Role
from bot.errors import SettingsError
from bot.intake import run
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import Govi, create_services
from tests.journeys.team import TEXTS, appoint
from tests.ports import free_port


async def test_the_link_from_the_chat_signs_in(api: BotApi, govi: Govi, farmer: Person) -> None:
    """An officer asks the bot, opens what it sends and presses the button."""
    officer = appoint(govi, farmer, Role.OFFICER)
    message = await api.reply_to(officer.sends("/console"))
    path = re.search(r"http://127\.0\.0\.1:8010(/sign-in/[\w-]{40,})", message.text)
    assert path

    app = httpx.ASGITransport(create_app(govi.services))
    async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1:8010") as browser:
        page = await browser.get(path[1])
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        entered = await browser.post("/sign-in", data=hidden)

    assert entered.status_code == 303
    assert "govi" in entered.cookies


async def test_a_farmer_gets_no_link(api: BotApi, govi: Govi, farmer: Person) -> None:
    """The console is for officers."""
    reply = await api.reply_to(farmer.sends("/console"))

    assert reply.text == TEXTS.text("refusal.not_allowed_officer")


async def test_no_link_is_shown_in_a_group(api: BotApi, govi: Govi, farmer: Person) -> None:
    """Everybody there could press it first."""
    officer = appoint(govi, farmer, Role.OFFICER)
    group = api.group(-1001)

    reply = await api.reply_to(officer.sends("/console@govi_bot", chat_id=group))

    assert reply.text == TEXTS.text("refusal.private_only")


async def test_one_process_serves_telegram_and_the_console(api: BotApi, tmp_path: Path) -> None:
    """`govi run --console`: a signal ends both."""
    services = create_services(api.url, api.token, tmp_path)
    settings = services.settings.model_copy(update={"console_port": free_port()})
    services.settings = settings
    serving = asyncio.create_task(run(services, functools.partial(serve, services)))
    transport = httpx.AsyncHTTPTransport(retries=20)
    async with httpx.AsyncClient(
        transport=transport, base_url=settings.console, timeout=60
    ) as browser:
        page = await browser.get("/account")
    reply = await api.reply_to(api.user(11).sends("/help"))

    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 120)

    assert page.status_code == 401
    assert reply.text
    services.close()


async def test_a_console_that_cannot_listen_ends_the_process_and_says_why(
    api: BotApi, tmp_path: Path
) -> None:
    """Nobody believes that it serves when it does not."""
    services = create_services(api.url, api.token, tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        update = {"console_port": other.getsockname()[1]}
        services.settings = services.settings.model_copy(update=update)

        with pytest.raises(SettingsError, match="CONSOLE_PORT"):
            await asyncio.wait_for(run(services, functools.partial(serve, services)), 120)
    services.close()
