"""Messages with which a process has died."""

import asyncio
from pathlib import Path

import pytest
from telegram import Bot

from bot.delivery import messages, sender
from bot.delivery.kinds import Kind
from bot.delivery.pacing import Pacer
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.rendering import Rendered
from bot.services import outbox
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.journeys.serving import create_services


async def test_one_that_takes_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not killed this process for a while, so the other one goes on."""
    monkeypatch.setattr(sender, "ALONE_SECONDS", 0.05)
    monkeypatch.setattr(sender, "SWEEP_SECONDS", 0.02)
    monkeypatch.setitem(messages.KINDS, "say", Kind(lambda *_: Rendered(("a",))))
    with BotApi() as api:
        people = [api.user(11), api.user(22)]
        services = create_services(api.url, api.token, tmp_path)
        for person in people:
            person.sends("/start")
            await services.run(outbox.post, person.id, "say")
        await services.run(outbox.lease, 9, 60)
        await services.run(outbox.release)
        api.fail("sendMessage", faults.slow_answer(60))

        async with Bot(api.token, base_url=f"{api.url}/bot") as bot:
            task = asyncio.create_task(Sender(Wire(bot, Pacer()), services).run())
            await api.until(lambda: people[1].sees()[-1].text == "a")
            told = [person.sees()[-1].text for person in people]
            task.cancel()
            await asyncio.wait({task})
        await asyncio.get_running_loop().shutdown_default_executor()
        services.close()

    assert told == ["/start", "a"]
