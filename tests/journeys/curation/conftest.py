"""Admins and an officer, each in a chat with the bot."""

import pytest

from bot.db.models import Role
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat
from tests.journeys.serving import Govi
from tests.journeys.team import appoint


@pytest.fixture
def admin(api: BotApi, govi: Govi) -> Chat:
    """An admin."""
    return Chat(api, appoint(govi, api.user(1), Role.ADMIN))


@pytest.fixture
def other_admin(api: BotApi, govi: Govi) -> Chat:
    """Another admin."""
    return Chat(api, appoint(govi, api.user(2), Role.ADMIN))


@pytest.fixture
def officer(api: BotApi, govi: Govi) -> Chat:
    """An officer."""
    return Chat(api, appoint(govi, api.user(3), Role.OFFICER))


@pytest.fixture
def asker(api: BotApi, govi: Govi) -> Chat:
    """A farmer."""
    return Chat(api, api.user(11))
