"""Govi over a few entries: in this process, or alone by `python -m tests.journeys.serving`."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.bootstrap import Services
from bot.db.engine import reading, transaction
from bot.db.models import Origin
from bot.delivery import messages, pacing, sender
from bot.delivery.kinds import Kind
from bot.i18n import Catalogue
from bot.intake import poller, serving, worker
from bot.intake.poller import Poller
from bot.services import inbox, outbox
from bot.services.curation import import_entries
from bot.services.knowledge_index import KnowledgeIndex
from bot.services.roles import grant_first_admins
from bot.settings import Settings
from bot.testing.bot_api import PATIENCE
from retrieval import SearchResult
from tests.database import create_database, url_of
from tests.factories import create_draft, create_retriever
from tests.ports import free_port

TEXTS = Catalogue.load()

BLAST = "ගොයමේ කොළ පාළු රෝගයට මොකද කරන්නේ"
BLAST_ANSWER = "යූරියා අඩු කරන්න & <b>කොළ</b> බලන්න."
#: Fits both entries about mites equally well.
MITES = "මයිටා හානිය නවත්තන්නේ"
UNKNOWN = "xyzzy plugh qwop"
#: Kills the process of `python -m tests.journeys.serving` that looks for an answer to it.
POISON = "plugh xyzzy grue"
#: A kind of message whose renderer kills that process.
DEADLY = "deadly"
#: Its answer outgrows one message once it is escaped.
LONG = "දිග උත්තරයක් දෙන්න"

DRAFTS = (
    create_draft("paddy.blast", phrasings=(BLAST, "කොළවල ලප"), answer=BLAST_ANSWER),
    create_draft("chilli.mites", phrasings=("මිරිස් මයිටා හානිය නවත්තන්නේ කොහොමද",)),
    create_draft("coconut.mites", phrasings=("පොල් මයිටා හානිය නවත්තන්නේ කොහොමද",)),
    create_draft("long", phrasings=(LONG,), answer="අ & ආ ගැන. " * 290),
)


class Govi:
    """One process's worth of Govi; may be stopped and started again on the same database."""

    def __init__(self, services: Services, intake_maker: serving.IntakeMaker = Poller) -> None:
        self.services = services
        self._intake_maker = intake_maker
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to serve; returns before Telegram has been reached."""
        self._stop = asyncio.Event()
        self._serving = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """Stop as SIGTERM does; raises what serving raised."""
        self._stop.set()
        await self.ended()

    async def ended(self, seconds: float = PATIENCE) -> None:
        """Wait until serving has ended; raises what it raised."""
        if self._serving is not None:
            await asyncio.wait_for(self._serving, seconds)

    async def _serve(self) -> None:
        application = serving.create_application(self.services)
        async with serving.started(application, self._stop):
            if not self._stop.is_set():
                await serving.serve(application, self.services, self._stop, self._intake_maker)

    async def close(self) -> None:
        """Close the database, once the threads that may still use it have ended."""
        await asyncio.get_running_loop().shutdown_default_executor()
        self.services.close()

    def rows(self, kind):
        """Return every row of a table, oldest first."""
        with reading(self.services.sessions) as session:
            return list(session.scalars(select(kind).order_by("id")))


def webhook_settings() -> dict[str, Any]:
    """Return settings for a webhook on a free port of this machine."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/govi"
    return {"webhook_url": url, "webhook_secret": "s3cret" * 4, "webhook_port": port}


def create_services(url: str, token: str, folder: Path, **options: Any) -> Services:
    """Open a database in `folder` with `DRAFTS` in it, and everything that serves them.

    One person may send as much as a test wants, unless `options` of the settings say otherwise.
    """
    given = {"bot_token": token, "telegram_api_url": url, "data_dir": folder, "rate_per_minute": 0}
    given["database_url"] = url_of(folder / "govi.sqlite3")
    settings = Settings(_env_file=None, **(given | options))
    engine = create_database(settings.database, _import_drafts)
    sessions = sessionmaker(engine, expire_on_commit=False)
    with transaction(sessions) as session:
        grant_first_admins(session, settings.admin_ids)
    index = KnowledgeIndex(sessions, create_retriever())
    index.load()
    return Services(settings, engine, sessions, index, TEXTS)


def _import_drafts(session: Session) -> None:
    import_entries(session, DRAFTS, Origin.STARTER, "test")


def hurry() -> None:
    """Make pauses and leases so short that a test can wait for them."""
    poller.SHORTEST_PAUSE, poller.LONGEST_PAUSE = 0.02, 0.1
    serving.SHORTEST_PAUSE, serving.LONGEST_PAUSE = 0.02, 0.1
    sender.SHORTEST_PAUSE, sender.LONGEST_PAUSE, sender.SWEEP_SECONDS = 0.02, 0.1, 0.05
    pacing.CHAT_SECONDS = 0.02
    worker.LEASE_SECONDS, worker.SWEEP_SECONDS, worker.FIRST_RETRY_SECONDS = 0.2, 0.05, 0.02
    inbox.CRASHES = outbox.CRASHES = int(os.environ.get("CRASHES", inbox.CRASHES))


def poison(index: KnowledgeIndex) -> None:
    """Let one question and one message kill the process, as a fault in compiled code would."""
    search = index.search
    messages.KINDS[DEADLY] = Kind(lambda *_: os.kill(os.getpid(), signal.SIGKILL))

    def die_or_search(texts: Sequence[str]) -> list[SearchResult]:
        if POISON in texts:
            os.kill(os.getpid(), signal.SIGKILL)
        return search(texts)

    index.search = die_or_search


async def main() -> None:
    """Serve until stopped or killed: `python -m tests.journeys.serving URL TOKEN FOLDER`.

    With WEBHOOK_URL in the environment, by webhook.
    """
    hurry()
    url, token, folder = sys.argv[1:]
    services = create_services(url, token, Path(folder))
    poison(services.index)
    await serving.run(services, is_webhook=bool(services.settings.webhook_url))
    services.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
