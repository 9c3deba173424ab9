"""An officer."""

import pytest

from bot.db.models import Role
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat
from tests.journeys.serving import Govi
from tests.journeys.team import appoint


@pytest.fixture
async def officer(api: BotApi, govi: Govi) -> Chat:
    """An officer, whose chat with the bot is begun."""
    officer = Chat(api, appoint(govi, api.user(3), Role.OFFICER))
    await officer.sends("/language")
    return officer
