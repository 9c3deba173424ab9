"""A database whose messages are sent to the stand-in for Telegram."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.bootstrap import Services
from bot.testing.bot_api import BotApi
from tests.journeys.serving import create_services


@pytest.fixture
async def services(api: BotApi, tmp_path: Path) -> AsyncIterator[Services]:
    """A database and what works with it."""
    services = create_services(api.url, api.token, tmp_path)
    yield services
    await asyncio.get_running_loop().shutdown_default_executor()
    services.close()
