"""A console that fetches from the stand-in over HTTP."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bot.bootstrap import Services
from bot.delivery.fetching import open_fetch
from bot.testing.bot_api import BotApi
from tests.console.asking import Guest, create_services


@pytest.fixture
def services(api: BotApi, tmp_path: Path) -> Iterator[Services]:
    """A Govi that has a token."""
    services = create_services(tmp_path, bot_token=api.token, telegram_api_url=api.url)
    yield services
    services.close()


@pytest.fixture
async def come(services: Services) -> AsyncIterator[Callable[[], Guest]]:
    """Opens a browser to a console that can fetch."""
    async with open_fetch(services.settings) as fetch:
        guests: list[Guest] = []

        def open_browser() -> Guest:
            guests.append(Guest(services, fetch))
            return guests[-1]

        yield open_browser
        for guest in guests:
            await guest.close()
