"""Keeping the retriever in step with the database, which is the truth."""

import logging
import threading
from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import reading
from bot.db.models import Entry, EntryStatus, KnowledgeState, Phrasing
from retrieval import IndexedEntry, Retriever, SearchResult
from retrieval.retriever import Progress

logger = logging.getLogger(__name__)


class KnowledgeIndex:
    """The retriever, and the revision of the knowledge base that it holds."""

    def __init__(self, sessions: sessionmaker[Session], retriever: Retriever) -> None:
        self.retriever = retriever
        self._sessions = sessions
        self._revision = -1
        self._refreshing = threading.Lock()

    def load(self, progress: Progress | None = None) -> None:
        """Read every published entry and make it searchable."""
        with self._refreshing, reading(self._sessions) as session:
            revision = current_revision(session)
            entries = list(read_entries(session))
        self.retriever.load(entries, progress)
        self._revision = revision

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


def current_revision(session: Session) -> int:
    """Return the knowledge base's revision; 0 before the first change."""
    return session.scalar(select(func.max(KnowledgeState.revision))) or 0


def read_entries(session: Session, since: int = -1) -> Iterator[IndexedEntry]:
    """Yield published entries that changed after revision `since`, with their live phrasings."""
    rows = session.execute(
        select(Entry.key, Entry.title, Entry.keywords, Entry.answer, Phrasing.text)
        .join(Entry.phrasings)
        .where(
            Entry.status == EntryStatus.PUBLISHED,
            Entry.revision > since,
            Phrasing.retired_at.is_(None),
        )
        .order_by(Entry.key, Phrasing.id)
    )
    for key, group in groupby(rows, key=lambda row: row.key):
        lines = list(group)
        yield IndexedEntry(
            key=key,
            title=lines[0].title,
            keywords=tuple(lines[0].keywords),
            answer=lines[0].answer,
            phrasings=tuple(line.text for line in lines),
        )


def _unpublished_since(session: Session, since: int) -> list[str]:
    return list(
        session.scalars(
            select(Entry.key).where(Entry.status != EntryStatus.PUBLISHED, Entry.revision > since)
        )
    )
