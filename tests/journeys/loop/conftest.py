"""Three farmers who ask one thing in three ways."""

import pytest

from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat
from tests.journeys.serving import Govi


@pytest.fixture
def nimal(api: BotApi, govi: Govi) -> Chat:
    """A farmer who writes Sinhala."""
    return Chat(api, api.user(11))


@pytest.fixture
def kamala(api: BotApi, govi: Govi) -> Chat:
    """A farmer who writes Sinhala in Latin letters."""
    return Chat(api, api.user(12))


@pytest.fixture
def sunil(api: BotApi, govi: Govi) -> Chat:
    """A farmer who mixes both."""
    return Chat(api, api.user(13))
