"""Keeping the retriever in step with the database, which is the truth."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import reading
from bot.db.models import Entry, EntryStatus, KnowledgeState, Phrasing
from retrieval import IndexedEntry, Retriever, SearchResult
from retrieval.retriever import Progress

logger = logging.getLogger(__name__)


class Published(NamedTuple):
    """The published entries, and the revision of the knowledge base that they are of."""

    revision: int
    entries: list[IndexedEntry]


class KnowledgeIndex:
    """The retriever, and the revision of the knowledge base that it holds."""

    def __init__(self, sessions: sessionmaker[Session], retriever: Retriever) -> None:
        self.retriever = retriever
        self._sessions = sessions
        self._revision = -1
        self._refreshing = threading.Lock()

    def load(self, progress: Progress | None = None, published: Published | None = None) -> None:
        """Make every published entry searchable.

        Args:
            progress: Told how many texts are embedded, when any have to be.
            published: What was read a moment ago; left out, it is read now.
        """
        published = published or read_published(self._sessions)
        self.retriever.load(published.entries, progress)
        self._revision = published.revision

    def refresh(self) -> bool:
        """Take over what changed since; return whether anything did. Searches go on meanwhile."""
        with self._refreshing:
            with reading(self._sessions) as session:
                revision = current_revision(session)
                if revision == self._revision:
                    return False
                entries = list(read_entries(session, since=self._revision))
                removed = _unpublished_since(session, self._revision)
            self.retriever.change(entries, removed)
            self._revision = revision
        logger.info(
            "knowledge refreshed",
            extra={"revision": revision, "changed": len(entries), "removed": len(removed)},
        )
        return True

    def search(self, texts: Sequence[str]) -> list[SearchResult]:
        """Search a batch of questions, one result each, in order."""
        return self.retriever.search(texts)


def read_published(sessions: sessionmaker[Session]) -> Published:
    """Read every published entry."""
    with reading(sessions) as session:
        return Published(current_revision(session), list(read_entries(session)))


def current_revision(session: Session) -> int:
    """Return the knowledge base's revision; 0 before the first change."""
    return session.scalar(select(func.max(KnowledgeState.revision))) or 0


def read_entries(session: Session, since: int = -1) -> Iterator[IndexedEntry]:
    """Yield published entries that changed after revision `since`, with their live phrasings."""
    wanted = (Entry.status == EntryStatus.PUBLISHED, Entry.revision > since)
    phrasings: dict[int, list[str]] = defaultdict(list)
    # Two statements: joined, each answer would be read once for every one of its phrasings.
    for entry_id, text in session.execute(
        select(Phrasing.entry_id, Phrasing.text)
        .join(Phrasing.entry)
        .where(*wanted, Phrasing.retired_at.is_(None))
        .order_by(Phrasing.id)
    ):
        phrasings[entry_id].append(text)
    columns = (Entry.id, Entry.key, Entry.title, Entry.keywords, Entry.answer)
    for entry_id, key, title, keywords, answer in session.execute(
        select(*columns).where(*wanted).order_by(Entry.key)
    ):
        if entry_id in phrasings:
            yield IndexedEntry(key, title, tuple(keywords), answer, tuple(phrasings[entry_id]))


def list_published_keys(session: Session) -> set[str]:
    """Return the keys of the published entries."""
    return set(session.scalars(select(Entry.key).where(Entry.status == EntryStatus.PUBLISHED)))


def _unpublished_since(session: Session, since: int) -> list[str]:
    return list(
        session.scalars(
            select(Entry.key).where(Entry.status != EntryStatus.PUBLISHED, Entry.revision > since)
        )
    )
