"""What would a farmer be told: now, and after a change that nobody has saved yet."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.knowledge import EntryDraft
from retrieval import IndexedEntry, Match, Retriever, SearchResult

#: Phrasings of an entry that are looked at for entries like it; each takes a search.
_MOST_PHRASINGS = 20


class Rehearsal(NamedTuple):
    """What retrieval makes of a question; `after` is None where nothing would change."""

    question: str
    before: SearchResult
    after: SearchResult | None


def rehearse(retriever: Retriever, question: str, draft: EntryDraft | None = None) -> Rehearsal:
    """Search for a question, and again as if an entry were published as a draft has it.

    Only the draft's new texts are embedded, and farmers' searches go on meanwhile on what is.
    """
    before = retriever.search([question])[0]
    if draft is None:
        return Rehearsal(question, before, None)
    changed = retriever.tuned()
    changed.change([_indexed(draft)])
    return Rehearsal(question, before, changed.search([question])[0])


def look_alike(retriever: Retriever, draft: EntryDraft) -> list[Match]:
    """Return what retrieval finds near an entry's questions, each entry once, nearest first.

    The entry itself is among them if it is published.
    """
    return nearest(retriever, [draft.title, *draft.phrasings[:_MOST_PHRASINGS]])


def nearest(retriever: Retriever, questions: Sequence[str]) -> list[Match]:
    """Return the best match of each entry that one of the questions could be about, best first."""
    return best_of(retriever.search(questions), retriever.thresholds.suggest)


def best_of(results: Iterable[SearchResult], floor: float) -> list[Match]:
    """Return the best match of each entry among several searches, best first.

    What scores less than `floor` is left out.
    """
    near = (match for result in results for match in result.matches if match.score >= floor)
    best: dict[str, Match] = {}
    for match in sorted(near, key=lambda match: -match.score):
        best.setdefault(match.key, match)
    return list(best.values())


def _indexed(draft: EntryDraft) -> IndexedEntry:
    return IndexedEntry(draft.key, draft.title, draft.keywords, draft.answer, draft.phrasings)
