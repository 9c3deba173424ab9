"""Changing the knowledge base: every change is a new version, and nothing is deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bot.db.base import utc_now
from bot.db.models import (
    Entry,
    EntryStatus,
    EntryVersion,
    KnowledgeState,
    Origin,
    Phrasing,
)
from bot.errors import Fault, KnowledgeError
from bot.knowledge import EntryDraft, match_key


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Keys by what an import did, or would do, to them."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def import_entries(
    session: Session, drafts: Sequence[EntryDraft], origin: Origin, changed_by: str
) -> ImportReport:
    """Add or change entries by key; entries that are not in `drafts` stay as they are.

    Importing the same drafts again changes nothing. Does not commit.

    Raises:
        KnowledgeError: A phrasing belongs to an entry outside the import, or stays in one inside.
    """
    existing = _entries_by_key(session, [draft.key for draft in drafts])
    report = ImportReport(
        added=tuple(draft.key for draft in drafts if draft.key not in existing),
        changed=tuple(d.key for d in drafts if d.key in existing and _differs(existing[d.key], d)),
        unchanged=tuple(
            d.key for d in drafts if d.key in existing and not _differs(existing[d.key], d)
        ),
    )
    touched = {*report.added, *report.changed}
    writing = [draft for draft in drafts if draft.key in touched]
    _refuse_taken_phrasings(session, drafts)
    if not writing:
        return report
    revision = _next_revision(session)
    for draft in writing:
        entry = existing.get(draft.key) or Entry(key=draft.key, origin=origin, version=0)
        _write(session, entry, draft, origin, revision, changed_by)
    _write_phrasings(session, writing, origin)
    return report


def sync_starter(session: Session, drafts: Sequence[EntryDraft], fingerprint: str) -> ImportReport:
    """Bring the shipped knowledge in, keeping everything that a person has changed since.

    `fingerprint` identifies this release's knowledge; the same one twice does nothing. Does not
    commit.
    """
    state = _state(session)
    if state.starter_hash == fingerprint:
        return ImportReport((), (), tuple(draft.key for draft in drafts))
    existing = _entries_by_key(session, [draft.key for draft in drafts])
    ours = [
        draft
        for draft in drafts
        if draft.key not in existing or existing[draft.key].origin is Origin.STARTER
    ]
    taken = _phrasings_elsewhere(session, ours)
    free = [_without(draft, taken) for draft in ours]
    report = import_entries(session, [d for d in free if d.phrasings], Origin.STARTER, "starter")
    state.starter_hash = fingerprint
    return report


def export_entries(session: Session) -> list[EntryDraft]:
    """Return every entry of any status as a draft, by key."""
    rows = session.scalars(select(Entry).options(selectinload(Entry.phrasings)).order_by(Entry.key))
    return [draft_of(entry) for entry in rows]


def draft_of(entry: Entry) -> EntryDraft:
    """Return an entry's present content."""
    return EntryDraft.model_construct(
        key=entry.key,
        area=entry.area,
        status=entry.status.value,
        title=entry.title,
        keywords=tuple(entry.keywords),
        answer=entry.answer,
        phrasings=tuple(p.text for p in entry.phrasings if p.retired_at is None),
        source=entry.source,
        grade=entry.grade,
        reviewed_on=entry.reviewed_on,
        valid_until=entry.valid_until,
        checked=entry.checked,
    )


def _entries_by_key(session: Session, keys: Iterable[str]) -> dict[str, Entry]:
    wanted = set(keys)
    rows = session.scalars(select(Entry).options(selectinload(Entry.phrasings)))
    return {entry.key: entry for entry in rows if entry.key in wanted}


def _differs(entry: Entry, draft: EntryDraft) -> bool:
    return draft_of(entry).model_dump() != draft.model_dump()


def _state(session: Session) -> KnowledgeState:
    state = session.get(KnowledgeState, 1)
    if state is None:
        state = KnowledgeState(id=1, revision=0)
        session.add(state)
    return state


def _next_revision(session: Session) -> int:
    state = _state(session)
    state.revision += 1
    return state.revision


def _write(
    session: Session,
    entry: Entry,
    draft: EntryDraft,
    origin: Origin,
    revision: int,
    changed_by: str,
) -> None:
    content = draft.model_dump(exclude={"key", "phrasings", "status"})
    for name, value in content.items():
        setattr(entry, name, list(value) if isinstance(value, tuple) else value)
    entry.status = EntryStatus(draft.status)
    entry.origin = origin
    entry.version += 1
    entry.revision = revision
    session.add(entry)
    session.flush()
    session.add(
        EntryVersion(
            entry_id=entry.id,
            version=entry.version,
            content=draft.model_dump(mode="json"),
            changed_by=changed_by,
        )
    )


def _write_phrasings(session: Session, drafts: Sequence[EntryDraft], origin: Origin) -> None:
    """Make the live phrasings of the drafts' entries exactly those of the drafts, in order."""
    entries = _entries_by_key(session, [draft.key for draft in drafts])
    wanted = {
        match_key(text): (entries[draft.key], text) for draft in drafts for text in draft.phrasings
    }
    known = {p.match_key: p for p in session.scalars(select(Phrasing))}
    ours = {entry.id for entry in entries.values()}
    for phrasing in known.values():
        if phrasing.entry_id in ours and phrasing.match_key not in wanted:
            phrasing.retired_at = phrasing.retired_at or utc_now()
    for key, (entry, text) in wanted.items():
        row = known.get(key)
        if row is None:
            session.add(Phrasing(entry_id=entry.id, text=text, match_key=key, origin=origin))
        else:
            row.entry_id, row.text, row.retired_at = entry.id, text, None
    session.flush()
    session.expire_all()


def _phrasings_elsewhere(session: Session, drafts: Sequence[EntryDraft]) -> dict[str, str]:
    """Return match key -> owner for live phrasings of entries outside the drafts."""
    inside = {draft.key for draft in drafts}
    rows = session.execute(
        select(Phrasing.match_key, Entry.key)
        .join(Phrasing.entry)
        .where(Phrasing.retired_at.is_(None))
    )
    return {phrasing: owner for phrasing, owner in rows if owner not in inside}


def _refuse_taken_phrasings(session: Session, drafts: Sequence[EntryDraft]) -> None:
    taken = _phrasings_elsewhere(session, drafts)
    faults = [
        Fault(draft.key, f"phrasings {number}", f"{text!r} belongs to {taken[match_key(text)]}")
        for draft in drafts
        for number, text in enumerate(draft.phrasings, 1)
        if match_key(text) in taken
    ]
    if faults:
        raise KnowledgeError(faults)


def _without(draft: EntryDraft, taken: dict[str, str]) -> EntryDraft:
    kept = tuple(text for text in draft.phrasings if match_key(text) not in taken)
    return draft.model_copy(update={"phrasings": kept})
