"""Pictures of every page, as people see them: `make screenshots` takes them anew.

They need the shipped model and knowledge and take a minute, so they are not taken unless
SCREENSHOTS names a folder.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.bootstrap import Services
from tests.console.asking import ADMIN
from tests.console.browser.looking import DESKTOP, PHONE, Looker
from tests.console.browser.serving import served
from tests.console.season import PAGES, create_season, hold_first

FOLDER = os.environ.get("SCREENSHOTS", "")
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not FOLDER, reason="SCREENSHOTS names no folder (make screenshots)"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Services]:
    """A Govi that has served farmers for a month."""
    folder = tmp_path_factory.mktemp("season")
    async with served(lambda port: create_season(folder, console_port=port)) as services:
        yield services


@pytest.mark.parametrize(
    ("name", "language", "viewport"), [("desktop", "en", DESKTOP), ("phone", "si", PHONE)]
)
async def test_pictures(look: Looker, name: str, language: str, viewport: dict[str, int]) -> None:
    """One of each page: wide and in English, narrow and in Sinhala."""
    page = await look.signed_in(ADMIN, viewport=viewport, locale="en-GB")
    await look.speak(ADMIN, language)
    number = hold_first(look.services, ADMIN)

    for page_name, path in PAGES.items():
        await page.goto(path.format(group=number))
        await page.evaluate("document.fonts.ready")
        file = Path(FOLDER) / f"{page_name}-{name}.png"
        assert await page.screenshot(path=file)
