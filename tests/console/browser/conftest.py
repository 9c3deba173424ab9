"""A real browser without a screen, and the console on a real port."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.bootstrap import Services
from tests.console.asking import create_services
from tests.console.browser.looking import PATIENCE, SWITCHES, Looker
from tests.console.browser.serving import served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests; skips them where the machine has none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on this machine; apt-get install chromium runs these tests")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=SWITCHES, timeout=PATIENCE
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Services]:
    """A Govi of the module's own, with its console listening."""
    folder = tmp_path_factory.mktemp("console")
    async with served(lambda port: create_services(folder, console_port=port)) as services:
        yield services


@pytest_asyncio.fixture(loop_scope="session")
async def look(chromium: Browser, services: Services) -> AsyncIterator[Looker]:
    """Opens windows; whatever goes wrong in one of them is an error of the test."""
    looker = Looker(chromium, services)
    yield looker
    await looker.close()
    assert looker.complaints == []
