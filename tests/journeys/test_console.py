"""/console on Telegram: the way into the web console."""

import re

import httpx

from bot.console.app import create_app
from bot.db.models import Role
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import Govi
from tests.journeys.team import TEXTS, appoint


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
