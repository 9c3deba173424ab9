"""People at a browser."""

from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.services.farmers import Asker, choose_language
from bot.services.signing_in import create_link, sign_in

#: Chromium in a container, without a screen, and without calling home.
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: Milliseconds after which a busy machine has had its time.
PATIENCE = 180_000
expect.set_options(timeout=PATIENCE)
DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}


class Looker:
    """Opens windows of one browser and listens to what goes wrong in them."""

    def __init__(self, browser: Browser, services: Services) -> None:
        self.browser = browser
        self.services = services
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self._contexts: list[BrowserContext] = []

    async def window(self, **options: Any) -> Page:
        """Open a window that nobody is signed in with."""
        context = await self.browser.new_context(
            base_url=self.services.settings.console,
            **{"viewport": DESKTOP, "locale": "en", **options},
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self.asked.append(request.url))
        return page

    async def signed_in(self, person: int, path: str = "/", **options: Any) -> Page:
        """Open a window in which a person is signed in."""
        page = await self.window(**options)
        await self.come_in(page, person)
        await page.goto(path)
        return page

    async def come_in(self, page: Page, person: int) -> None:
        """Give a window the session of a person."""
        with transaction(self.services.sessions) as session:
            token = sign_in(session, create_link(session, person).token, "Test")
        address = self.services.settings.console
        await page.context.add_cookies([{"name": "govi", "value": token, "url": address}])

    async def speak(self, person: int, language: str) -> None:
        """Let a person read another language."""
        with transaction(self.services.sessions) as session:
            choose_language(session, Asker(person, person), language)

    async def close(self) -> None:
        """Close every window."""
        for context in self._contexts:
            await context.close()

    def _hear(self, message: Any) -> None:
        # A refusal that a test provokes is told as a failed request too.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)
