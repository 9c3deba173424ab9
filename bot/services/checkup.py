"""What `govi doctor` looks at: facts about an installation and about its knowledge."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.models import (
    Entry,
    EntryStatus,
    JobOutcome,
    Question,
    QuestionState,
)
from bot.knowledge import EntryDraft
from bot.local_time import COLOMBO
from bot.services import set_aside
from bot.services.job_runs import list_last_runs
from bot.services.roles import Role, list_members
from bot.services.set_aside import SetAside
from retrieval import IndexedEntry, Retriever

#: Fewer known ways of asking than this, and farmers' own words are likely to miss the entry.
FEWEST_PHRASINGS = 10
#: More of an entry's phrasings than this share nearest to one other, and the two are hard to part.
ALIKE_SHARE = 0.4
_AGAIN = {"inbox": "replay", "outbox": "retry"}


class Finding(NamedTuple):
    """One observation; `is_fault` asks for action, anything else is information."""

    subject: str
    text: str
    is_fault: bool = False


def examine_team(session: Session, is_needed: bool) -> Finding:
    """Return how many people answer what Govi cannot; nobody being there is a fault if needed."""
    members = list_members(session)
    admins = sum(member.role is Role.ADMIN for member in members)
    text = f"{admins} admins, {len(members) - admins} officers"
    if admins == 0:
        text += "; put your Telegram user id into ADMIN_IDS: nobody hears calls for help"
    elif len(members) == admins:
        text += "; an admin makes officers with /role officer on Telegram"
    return Finding("team", text, is_fault=is_needed and admins == 0)


def examine_database(session: Session) -> Iterator[Finding]:
    """Yield counts, updates that were set aside, and messages that were given up."""
    for status in EntryStatus:
        count = session.scalar(
            select(func.count()).select_from(Entry).where(Entry.status == status)
        )
        yield Finding("knowledge", f"{count} entries {status.value}")
    waiting = session.scalar(select(func.count()).where(Question.state == QuestionState.UNANSWERED))
    yield Finding("questions", f"{waiting} unanswered")
    yield from examine_queue("inbox", set_aside.list_updates(session))
    yield from examine_queue("outbox", set_aside.list_messages(session))
    yield from _examine_jobs(session)


def examine_queue(queue: str, rows: Sequence[SetAside]) -> Iterator[Finding]:
    """Yield what was set aside in a queue."""
    for row in rows:
        since = f" since {row.since:%Y-%m-%d %H:%M} UTC" if row.since else ""
        text = f"{row.number} ({row.about}) is set aside{since}: {row.reason}"
        if row.number >= 0:
            text += f"; again: govi doctor {queue} --{_AGAIN[queue]} {row.number}"
        yield Finding(queue, text, is_fault=True)


def _examine_jobs(session: Session) -> Iterator[Finding]:
    for run in list_last_runs(session):
        due = f"{run.due_at.astimezone(COLOMBO):%Y-%m-%d %H:%M} in Sri Lanka"
        text = f"{run.outcome.value}, due {due}" + (f": {run.detail}" if run.detail else "")
        yield Finding(f"job {run.name}", text, is_fault=run.outcome is JobOutcome.FAILED)


def examine_index(retriever: Retriever, entries: Sequence[IndexedEntry]) -> Iterator[Finding]:
    """Yield whether the index holds what the database holds, and finds a sample of it."""
    if len(retriever) != len(entries):
        text = f"{len(retriever)} entries, the database has {len(entries)}; run: govi index rebuild"
        yield Finding("index", text, is_fault=True)
    sample = [entry for entry in entries if entry.phrasings][::20]
    results = retriever.search([entry.phrasings[0] for entry in sample])
    lost = [
        entry.key
        for entry, result in zip(sample, results, strict=True)
        if entry.key not in [match.key for match in result.matches[:1]]
    ]
    if lost:
        yield Finding("index", f"does not find its own {', '.join(lost[:5])}", is_fault=True)
    else:
        yield Finding("index", f"{len(retriever)} entries; each of {len(sample)} finds itself")


def examine_knowledge(drafts: Sequence[EntryDraft], today: date) -> Iterator[Finding]:
    """Yield what a curator should mend in each entry by itself."""
    for draft in drafts:
        if draft.status != "published":
            continue
        if len(draft.phrasings) < FEWEST_PHRASINGS:
            text = f"only {len(draft.phrasings)} phrasings; write {FEWEST_PHRASINGS} or more"
            yield Finding(draft.key, text, is_fault=True)
        if draft.valid_until is not None and draft.valid_until < today:
            text = f"expired on {draft.valid_until}; review or retire it"
            yield Finding(draft.key, text, is_fault=True)
        if not draft.source.strip():
            yield Finding(draft.key, "has no source", is_fault=True)


def examine_phrasings(retriever: Retriever, entries: Sequence[IndexedEntry]) -> Iterator[Finding]:
    """Yield phrasings that another entry would answer, were they not stored with their own.

    And pairs of entries that so many phrasings confuse that they may be one subject.
    """
    pairs = [(entry, phrasing) for entry in entries for phrasing in entry.phrasings]
    results = retriever.search([phrasing for _, phrasing in pairs], is_stored=True)
    strays: Counter[tuple[str, str]] = Counter()
    for (entry, phrasing), result in zip(pairs, results, strict=True):
        best = result.matches[0] if result.matches else None
        if best is None or best.key == entry.key:
            continue
        strays[entry.key, best.key] += 1
        if result.decision.kind == "answer":
            text = f"'{phrasing}' would be answered by {best.key} ('{best.phrasing}')"
            yield Finding(entry.key, text, is_fault=True)
    counts = {entry.key: len(entry.phrasings) for entry in entries}
    for (key, other), count in sorted(strays.items()):
        if count > 1 and count > counts[key] * ALIKE_SHARE:
            text = (
                f"{count} of {counts[key]} phrasings lie nearest to {other}; are they one subject?"
            )
            yield Finding(key, text, is_fault=True)
