"""The console over a real database, asked over HTTP without a socket."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.bootstrap import Services
from tests.console.asking import ADMIN, OFFICER, Guest, create_services


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """What the console works with: an admin, an officer and a few entries."""
    services = create_services(tmp_path)
    yield services
    services.close()


@pytest.fixture
async def come(services: Services) -> AsyncIterator[Callable[[], Guest]]:
    """Opens one more browser that nobody is signed in with."""
    guests: list[Guest] = []

    def open_browser() -> Guest:
        guests.append(Guest(services))
        return guests[-1]

    yield open_browser
    for guest in guests:
        await guest.close()


@pytest.fixture
async def admin(come: Callable[[], Guest]) -> Guest:
    """An admin who is signed in."""
    return await come().sign_in(ADMIN)


@pytest.fixture
async def officer(come: Callable[[], Guest]) -> Guest:
    """An officer who is signed in."""
    return await come().sign_in(OFFICER)
