"""Browsers without a screen, and a Govi for them to look at."""

import html
import re
from pathlib import Path
from typing import Any, Self

import httpx
from sqlalchemy.orm import Session, sessionmaker

from bot.bootstrap import Services
from bot.console.app import create_app
from bot.console.visiting import Fetch
from bot.db.engine import transaction
from bot.db.models import Farmer, Origin, Role
from bot.i18n import Catalogue
from bot.services.curation import import_entries
from bot.services.knowledge_index import KnowledgeIndex
from bot.services.signing_in import create_link
from bot.settings import Settings
from tests.database import create_database, url_of
from tests.factories import BLAST, RATS, UREA, create_draft, create_retriever
from tests.services.curating import ADMIN, OFFICER, OTHER_ADMIN, grant

__all__ = ["ADMIN", "DRAFTS", "OFFICER", "OTHER_ADMIN", "Guest", "create_services"]

TEXTS = Catalogue.load()
DRAFTS = (
    create_draft("paddy.blast", title="කොළ පාළු රෝගය", phrasings=(BLAST, "කොළවල ලප")),
    create_draft("paddy.urea", title="යූරියා", phrasings=(UREA, "yuriya danne kawadada")),
    create_draft("paddy.rats", title="මීයෝ", phrasings=(RATS,)),
)


def create_services(folder: Path, **settings: Any) -> Services:
    """Open a database in `folder` with `DRAFTS`, two admins and an officer who read English."""
    engine = create_database(url_of(folder / "govi.sqlite3"), _import_drafts)
    sessions = sessionmaker(engine, expire_on_commit=False)
    index = KnowledgeIndex(sessions, create_retriever())
    index.load()
    known = Settings(data_dir=folder, _env_file=None, **settings)
    return Services(known, engine, sessions, index, TEXTS)


def _import_drafts(session: Session) -> None:
    import_entries(session, DRAFTS, Origin.STARTER, "test")
    grant(session, ADMIN, OTHER_ADMIN)
    grant(session, OFFICER, role=Role.OFFICER)
    for person in (ADMIN, OTHER_ADMIN, OFFICER):
        session.add(Farmer(telegram_user_id=person, language="en"))


class Guest:
    """A browser: keeps cookies, follows redirects, sends the forms of the page it is on."""

    def __init__(self, services: Services, fetch: Fetch | None = None) -> None:
        self.services = services
        app = create_app(services, fetch=fetch)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url=services.settings.console,
            follow_redirects=True,
            headers={"Accept-Language": "en", "User-Agent": "Test browser"},
        )
        self.page: httpx.Response

    async def sign_in(self, person: int) -> Self:
        """Open a new link of a person and press the button."""
        await self.open(f"/sign-in/{self.link(person)}")
        await self.submit("/sign-in")
        assert self.page.status_code == 200, self.page.text
        return self

    def link(self, person: int) -> str:
        """Make what a sign-in link of a person carries."""
        with transaction(self.services.sessions) as session:
            return create_link(session, person).token

    async def open(self, path: str) -> httpx.Response:
        """Go to a page."""
        self.page = await self.client.get(path)
        return self.page

    async def submit(self, action: str, **fields: Any) -> httpx.Response:
        """Send the form with this action on the page, with further fields filled in."""
        self.page = await self.client.post(action, data={**self.hidden(action), **fields})
        return self.page

    def hidden(self, action: str) -> dict[str, str]:
        """Return what the page's form holds already."""
        form = re.search(
            rf'<form[^>]*action="{re.escape(html.escape(action))}".*?</form>', self.page.text, re.S
        )
        assert form, f"no form {action} on {self.page.url}"
        return {
            name: html.unescape(value)
            for name, value in re.findall(
                r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form.group()
            )
        }

    def says(self, key: str, **values: object) -> bool:
        """Whether one of Govi's texts stands on the page."""
        return html.escape(TEXTS.text(key, "en", **values)) in self.page.text

    async def close(self) -> None:
        """Close the browser."""
        await self.client.aclose()
