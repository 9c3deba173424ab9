"""Two officers and an admin."""

import pytest

from bot.db.models import Role
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat
from tests.journeys.serving import Govi
from tests.journeys.team import appoint


@pytest.fixture
def officer(api: BotApi, govi: Govi) -> Chat:
    """An officer."""
    return Chat(api, appoint(govi, api.user(3), Role.OFFICER))


@pytest.fixture
def colleague(api: BotApi, govi: Govi) -> Chat:
    """Another officer."""
    return Chat(api, appoint(govi, api.user(4), Role.OFFICER))


@pytest.fixture
def admin(api: BotApi, govi: Govi) -> Chat:
    """An admin."""
    return Chat(api, appoint(govi, api.user(1), Role.ADMIN))
