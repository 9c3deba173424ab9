"""Pictures of every page, as people see them: `make screenshots` takes them anew.

They need the shipped model and knowledge and take a minute, so they are not taken unless
SCREENSHOTS names a folder.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.bootstrap import Services
from bot.console.serving import serve
from tests.console.asking import ADMIN
from tests.console.browser.looking import DESKTOP, PHONE, Looker, free_port
from tests.console.season import PAGES, create_season, held_by

FOLDER = os.environ.get("SCREENSHOTS", "")
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not FOLDER, reason="SCREENSHOTS names no folder (make screenshots)"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Services]:
    """A Govi that has served farmers for a month."""
    services = create_season(tmp_path_factory.mktemp("season"), console_port=free_port())
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(services, stop))
    yield services
    stop.set()
    await serving
    services.close()


@pytest.mark.parametrize("language", ["en", "si"])
@pytest.mark.parametrize("width", ["desktop", "phone"])
async def test_pictures(look: Looker, language: str, width: str) -> None:
    """One of each page, in both languages, wide and narrow."""
    view = PHONE if width == "phone" else DESKTOP
    page = await look.signed_in(ADMIN, viewport=view, device_scale_factor=1)
    await look.speak(ADMIN, language)

    for name, path in PAGES.items():
        await page.goto(path.format(group=held_by(look.services, ADMIN)))
        await page.evaluate("document.fonts.ready")
        file = Path(FOLDER) / f"{name}-{width}-{language}.png"
        taken = await page.screenshot(path=file, full_page=width == "phone")
        assert taken
