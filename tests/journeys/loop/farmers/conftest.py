"""Two farmers, a third who mixes scripts, and an officer."""

import pytest

from bot.db.models import Role
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat
from tests.journeys.serving import Govi
from tests.journeys.team import appoint


@pytest.fixture
def nimal(api: BotApi, govi: Govi) -> Chat:
    """A farmer."""
    return Chat(api, api.user(11))


@pytest.fixture
def kamala(api: BotApi, govi: Govi) -> Chat:
    """Another farmer."""
    return Chat(api, api.user(12))


@pytest.fixture
def sunil(api: BotApi, govi: Govi) -> Chat:
    """A third."""
    return Chat(api, api.user(13))


@pytest.fixture
def officer(api: BotApi, govi: Govi) -> Chat:
    """An officer, whose chat with the bot is begun."""
    officer = Chat(api, appoint(govi, api.user(3), Role.OFFICER))
    officer.person.sends("/language")
    return officer
