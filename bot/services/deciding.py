"""From what the retriever found to what a reply may say: only what the database stands for now."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Entry, EntryStatus, Question, QuestionState
from retrieval import Match, SearchResult, detect_script

SUGGESTION_COUNT = 3
#: "Did you mean" leaves out what scores this much less than its best: on the development
#: questions the right entry 4 times in 467 (python -m benchmarks.suggestions).
SUGGESTION_SPREAD = 0.12


class Content(NamedTuple):
    """What a reply says.

    Attributes:
        kind: "answer", "suggest", "fallback" or "media".
        entry: Whose answer it is.
        offered: Entries of "did you mean", each with what to call it, best first.
    """

    kind: str
    entry: Entry | None = None
    offered: Sequence[dict[str, Any]] = ()


FALLBACK = Content("fallback")


def decide(session: Session, question: Question, result: SearchResult) -> Content:
    """Turn the retriever's decision into what the database can stand for now; does not commit."""
    entries = _published(session, result.matches)
    best = entries.get(result.matches[0].key) if result.matches else None
    # An entry retired since the search is not in `entries`: its answer is never sent.
    if question.decision == "answer" and best is not None:
        question.entry = best
        return Content("answer", best)
    offered = [
        {"entry_id": entries[match.key].id, "phrasing": _spoken(entries[match.key], match)}
        for match in list_offered([match for match in result.matches if match.key in entries])
    ]
    if question.decision == "suggest" and offered:
        return Content("suggest", offered=offered)
    question.decision, question.state = "fallback", QuestionState.UNANSWERED
    return FALLBACK


def list_offered(matches: Sequence[Match]) -> list[Match]:
    """Return what "did you mean" offers of matches, best first."""
    close = [match for match in matches if match.score > matches[0].score - SUGGESTION_SPREAD]
    return close[:SUGGESTION_COUNT]


def _spoken(entry: Entry, match: Match) -> str:
    """Choose the stored question to show: the first in Sinhala script, which everyone can read."""
    live = (phrasing.text for phrasing in entry.phrasings if phrasing.retired_at is None)
    return next((text for text in live if detect_script(text) == "sinhala"), match.phrasing)


def _published(session: Session, matches: Sequence[Match]) -> dict[str, Entry]:
    keys = [match.key for match in matches]
    rows = session.scalars(
        select(Entry).where(Entry.key.in_(keys), Entry.status == EntryStatus.PUBLISHED)
    )
    return {entry.key: entry for entry in rows}
