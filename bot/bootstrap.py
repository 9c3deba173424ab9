"""The composition root: settings in, working parts out. Tests build Govi here too."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import open_engine, reading, refuse_missing, transaction
from bot.db.migrate import upgrade
from bot.db.models import Entry, KnowledgeState
from bot.db.writer import Writer
from bot.delivery.authorities import read_authorities
from bot.errors import KnowledgeError
from bot.hearing import Hearing, open_hearing
from bot.i18n import Catalogue
from bot.recognition import Recognition, load_recognition
from bot.services.knowledge_index import KnowledgeIndex, read_published
from bot.services.roles import grant_first_admins, list_ungranted
from bot.settings import ROOT, Settings
from bot.starting import nothing_to_collect
from bot.vitals import Vitals
from retrieval import Retriever
from retrieval.retriever import Progress

STARTER = ROOT / "knowledge"

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Services:
    """Everything that handlers, jobs and commands work with."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    index: KnowledgeIndex
    catalogue: Catalogue
    vitals: Vitals = field(default_factory=Vitals, kw_only=True)
    recognition: Recognition = field(default_factory=load_recognition)
    #: What writes voice notes down; None where that is not set up.
    hearing: Hearing | None = field(default=None, kw_only=True)
    _writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self._writer = Writer(self.engine, self.sessions)

    @property
    def is_refused(self) -> bool:
        """Whether the database took nothing when something was last to be written."""
        return self._writer.is_failing

    async def run(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function in the writer's thread; return once its changes are committed.

        It is undone alone if it raises; others that run meanwhile share its commit.
        """
        return await asyncio.wrap_future(
            self._writer.submit(lambda session: function(session, *args, **kwargs))
        )

    async def run_surely(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `run`, but done all the same when whoever waits for it is cancelled."""
        # A shielded future; a shielded task would be cancelled when the event loop is closed.
        return await asyncio.shield(
            asyncio.wrap_future(
                self._writer.submit(lambda session: function(session, *args, **kwargs))
            )
        )

    async def read(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function that changes nothing, in a thread, without waiting for writers."""

        def call() -> T:
            with reading(self.sessions) as session:
                return function(session, *args, **kwargs)

        return await asyncio.to_thread(call)

    def close(self) -> None:
        """Write what is still to be written, and close the database connections."""
        if self.hearing is not None:
            self.hearing.close()
        self._writer.close()
        self.engine.dispose()


def open_database(
    settings: Settings, may_be_new: bool = True
) -> tuple[Engine, sessionmaker[Session]]:
    """Open the configured database, or make it, and bring it to this release's schema.

    Raises:
        DatabaseError: It cannot be used, or is not there and may not be new; the message says
            what to do.
    """
    engine = open_engine(settings.database)
    if not may_be_new:
        refuse_missing(engine)
    upgrade(engine)
    sessions = sessionmaker(engine, expire_on_commit=False)
    # Whoever only reads must not wait for whoever writes.
    with reading(sessions) as session:
        is_complete = not list_ungranted(session, settings.admin_ids)
    if not is_complete:
        with transaction(sessions) as session:
            grant_first_admins(session, settings.admin_ids)
    return engine, sessions


def open_services(
    settings: Settings,
    retriever: Retriever | None = None,
    progress: Progress | None = None,
    update_starter: bool = True,
) -> Services:
    """Open everything, ready to answer.

    Args:
        settings: What the environment says.
        retriever: Used instead of the configured model, in tests.
        progress: Told how many texts are embedded, when any have to be.
        update_starter: Take over a newer release's starter knowledge; a database without any
            entries gets the starter knowledge in any case.

    Raises:
        GoviError: The database or the starter knowledge cannot be used.
        RetrievalError: The model cannot be used.
    """
    with nothing_to_collect(), ThreadPoolExecutor(1) as beside:
        # Much of this is done outside Python, which goes on with the rest meanwhile.
        opening = beside.submit(lambda: retriever or _open_retriever(settings))
        if settings.bot_token is not None:
            beside.submit(read_authorities)
        engine, sessions = open_database(settings)
        load_starter(sessions, STARTER, update_starter)
        catalogue, recognition = Catalogue.load(), load_recognition()
        hearing = open_hearing(settings.speech_model)
        published = read_published(sessions)
        index = KnowledgeIndex(sessions, opening.result())
        index.load(progress, published)
        return Services(
            settings, engine, sessions, index, catalogue, recognition=recognition, hearing=hearing
        )


def _open_retriever(settings: Settings) -> Retriever:
    return Retriever.open(
        settings.model_dir,
        settings.index_dir,
        settings.embedder_runtime,
        settings.embedder_threads,
    )


def load_starter(sessions: sessionmaker[Session], folder: Path, update_starter: bool) -> None:
    """Bring the shipped knowledge into a database that is empty or already holds an older one."""
    fingerprint = fingerprint_of(folder)
    with reading(sessions) as session:
        is_older = _holds_older(session, fingerprint)
        is_empty = not holds_entries(session)
    if not is_empty and not (is_older and update_starter):
        return
    # Reading and checking files is most of the code of a start, and rarely needed.
    from bot.knowledge_files import read_knowledge
    from bot.services.curation import sync_starter

    logger.info("loading the starter knowledge, which takes some seconds")
    try:
        drafts = read_knowledge(folder)
    except KnowledgeError as error:
        if is_empty:
            raise
        # Farmers are served with what there is, rather than not at all for a slip in a file.
        logger.error(
            "knowledge/ cannot be taken over: what the database has stays",
            extra={"faults": len(error.faults), "first": str(error.faults[0])},
        )
        return
    with transaction(sessions) as session:
        report = sync_starter(session, drafts, fingerprint)
    logger.info(
        "starter knowledge loaded",
        extra={"added": len(report.added), "changed": len(report.changed)},
    )


def holds_entries(session: Session) -> bool:
    """Whether there is any knowledge; where there is none, the first start brings the starter."""
    return session.scalar(select(Entry.id).limit(1)) is not None


def has_newer_starter(sessions: sessionmaker[Session]) -> bool:
    """Whether the shipped knowledge has changed since the database took it over."""
    with reading(sessions) as session:
        return _holds_older(session, fingerprint_of(STARTER))


def _holds_older(session: Session, fingerprint: str) -> bool:
    state = session.get(KnowledgeState, 1)
    loaded = state.starter_hash if state else None
    return loaded is not None and loaded != fingerprint


def fingerprint_of(folder: Path) -> str:
    """Return what tells one state of a folder of knowledge files from any other."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.toml")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
