"""Finding entries for the people who look after them: by words, and by what retrieval says."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.db.models import Entry, EntryStatus, Phrasing, Role
from bot.knowledge import match_key
from bot.services import roles
from retrieval import Match

LIMIT = 8
#: Share of the "did you mean" threshold from which an entry is called near to a question.
NEAR_SHARE = 0.75


class Found(NamedTuple):
    """An entry that fits what was looked for.

    Attributes:
        phrasing: The stored question that fitted; None when the key or the title did.
        score: Retrieval's score; None for an entry found by its words alone.
    """

    entry_id: int
    key: str
    title: str
    area: str
    status: EntryStatus
    phrasing: str | None = None
    score: float | None = None


def find_entries(
    session: Session,
    telegram_user_id: int,
    text: str,
    matches: Sequence[Match] = (),
    limit: int = LIMIT,
) -> list[Found]:
    """Return entries of any status: by key, then title, then a phrasing's words, then meaning.

    Args:
        session: The transaction; nothing is written.
        telegram_user_id: An officer.
        text: What was typed; part of a key, of a title or of a question.
        matches: What the retriever found for it, best first.
        limit: How many at most.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    scores = {match.key: match.score for match in matches}
    found: dict[str, Found] = {}
    for each in (*_by_words(session, text, limit), *_by_matches(session, matches)):
        found.setdefault(each.key, each._replace(score=scores.get(each.key)))
    return list(found.values())[:limit]


def find_near(
    session: Session,
    telegram_user_id: int,
    matches: Sequence[Match],
    without_id: int | None = None,
) -> list[Found]:
    """Return the published entries that retrieval found for a question, nearest first.

    Args:
        session: The transaction; nothing is written.
        telegram_user_id: An officer.
        matches: What the retriever found for the question, best first.
        without_id: An entry that the question belongs to already.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    return [each for each in _by_matches(session, matches) if each.entry_id != without_id]


def keep_near(matches: Iterable[Match], suggest_threshold: float) -> list[Match]:
    """Return the matches that are called near to what was looked for, as they come."""
    return [match for match in matches if match.score >= NEAR_SHARE * suggest_threshold]


def find_areas(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Return the area of each entry, by key; keys without an entry are left out."""
    rows = session.execute(select(Entry.key, Entry.area).where(Entry.key.in_(keys)))
    return {row.key: row.area for row in rows}


def _by_words(session: Session, text: str, limit: int) -> Iterable[Found]:
    words = text.strip().lower()
    if not words:
        return
    in_key = Entry.key.contains(words, autoescape=True)
    in_title = func.lower(Entry.title).contains(words, autoescape=True)
    rank = case((Entry.key == words, 0), (in_key, 1), else_=2)
    named = select(Entry).where(in_key | in_title).order_by(rank, Entry.key).limit(limit)
    for entry in session.scalars(named):
        yield _found(entry)
    question = match_key(text)
    if question:
        yield from _by_phrasing(session, question, limit)


def _by_phrasing(session: Session, question: str, limit: int) -> Iterable[Found]:
    holds = Phrasing.match_key.contains(question, autoescape=True)
    rows = session.execute(
        select(Entry, func.min(Phrasing.text))
        .join(Entry.phrasings)
        .where(holds, Phrasing.retired_at.is_(None))
        .group_by(Entry.id)
        .order_by(Entry.id)
        .limit(limit)
    )
    for entry, phrasing in rows:
        yield _found(entry)._replace(phrasing=phrasing)


def _by_matches(session: Session, matches: Sequence[Match]) -> Iterable[Found]:
    keys = [match.key for match in matches]
    published = select(Entry).where(Entry.key.in_(keys), Entry.status == EntryStatus.PUBLISHED)
    entries = {entry.key: entry for entry in session.scalars(published)}
    for match in matches:
        if match.key in entries:
            yield _found(entries[match.key])._replace(phrasing=match.phrasing, score=match.score)


def _found(entry: Entry) -> Found:
    return Found(entry.id, entry.key, entry.title, entry.area, entry.status)
