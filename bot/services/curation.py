"""Writing the knowledge base: every change is a new version, and nothing is deleted.

Each function touches only the entries and phrasings that it is about: a change costs the same in
a knowledge base of a hundred phrasings and of a hundred thousand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import insert, select, update
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
from bot.knowledge import EntryDraft, match_keys

T = TypeVar("T")
#: Values in one statement: well below what any engine allows.
_CHUNK = 500


class Change(NamedTuple):
    """Who changes the knowledge base, and what that makes of what is written.

    Attributes:
        changed_by: Kept with the version: "telegram:42", "cli:kamala", "starter".
        origin: Of new phrasings and new entries.
        takes_over: Whether an entry that exists gets the origin too; a learnt phrasing leaves an
            entry what it is, so that newer releases of the starter still reach it.
    """

    changed_by: str
    origin: Origin
    takes_over: bool = True


class ImportReport(NamedTuple):
    """Keys by what an import did, or would do, to them.

    Attributes:
        added: New entries.
        changed: Entries that get a new version.
        unchanged: Entries that are as the file has them.
        revived: Those of the changed that were retired or a draft, and are published now.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    revived: tuple[str, ...] = ()


def import_entries(
    session: Session, drafts: Sequence[EntryDraft], origin: Origin, changed_by: str
) -> ImportReport:
    """Add or change entries by key; entries that are not in `drafts` stay as they are.

    Importing the same drafts again changes nothing. Does not commit.

    Raises:
        KnowledgeError: A phrasing belongs to an entry outside the import, or stays in one inside.
    """
    keys = frozenset(draft.key for draft in drafts)
    return import_slice(session, drafts, keys, origin, changed_by)


def import_slice(
    session: Session,
    drafts: Sequence[EntryDraft],
    keys: frozenset[str],
    origin: Origin,
    changed_by: str,
) -> ImportReport:
    """Import a part of a larger import; `keys` are those of the whole.

    Raises:
        KnowledgeError: A phrasing belongs to an entry outside the whole.
    """
    existing = load_entries(session, [draft.key for draft in drafts])
    report = _compare(existing, drafts)
    touched = {*report.added, *report.changed}
    refuse_taken_phrasings(session, drafts, keys)
    writing = [draft for draft in drafts if draft.key in touched]
    write_entries(session, writing, existing, Change(changed_by, origin))
    return report


def preview_import(session: Session, drafts: Sequence[EntryDraft]) -> ImportReport:
    """Return what `import_entries` would do; writes nothing.

    Raises:
        KnowledgeError: As `import_entries` does.
    """
    existing = load_entries(session, [draft.key for draft in drafts])
    refuse_taken_phrasings(session, drafts)
    return _compare(existing, drafts)


def sync_starter(session: Session, drafts: Sequence[EntryDraft], fingerprint: str) -> ImportReport:
    """Bring the shipped knowledge in, keeping everything that people have changed or taught since.

    `fingerprint` identifies this release's knowledge; the same one twice does nothing. Does not
    commit.
    """
    state = _state(session)
    if state.starter_hash == fingerprint:
        return ImportReport((), (), tuple(draft.key for draft in drafts))
    existing = load_entries(session, [draft.key for draft in drafts])
    ours = [
        draft
        for draft in drafts
        if draft.key not in existing or existing[draft.key].origin is Origin.STARTER
    ]
    taught = {
        phrasing.match_key: (draft.key, phrasing.text)
        for draft in ours
        for phrasing in _live(existing.get(draft.key))
        if phrasing.origin is not Origin.STARTER
    }
    taken = {*find_owners(session, ours), *taught}
    free = [_with_taught(draft, taken, taught) for draft in ours]
    report = import_entries(session, [d for d in free if d.phrasings], Origin.STARTER, "starter")
    state.starter_hash = fingerprint
    return report


def note_starter(session: Session, fingerprint: str) -> None:
    """Note that the shipped knowledge has been imported as it is now; does not commit.

    A database that never had it does not follow it from then on either.
    """
    state = _state(session)
    if state.starter_hash is not None:
        state.starter_hash = fingerprint


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
        phrasings=tuple(phrasing.text for phrasing in _live(entry)),
        source=entry.source,
        grade=entry.grade,
        reviewed_on=entry.reviewed_on,
        valid_until=entry.valid_until,
        checked=entry.checked,
    )


def load_entries(session: Session, keys: Iterable[str]) -> dict[str, Entry]:
    """Return entries with their phrasings, by key; keys without an entry are left out."""
    found: dict[str, Entry] = {}
    for chunk in _chunks(keys):
        rows = session.scalars(
            select(Entry).where(Entry.key.in_(chunk)).options(selectinload(Entry.phrasings))
        )
        found |= {entry.key: entry for entry in rows}
    return found


def write_entries(
    session: Session,
    drafts: Sequence[EntryDraft],
    existing: Mapping[str, Entry],
    change: Change,
) -> None:
    """Write drafts over their entries, each as a new version; no drafts, no new revision.

    Args:
        session: The transaction.
        drafts: Their phrasings must be free, see `refuse_taken_phrasings`.
        existing: What `load_entries` gave for their keys; an entry that is missing is made.
        change: Who, and from where.
    """
    if not drafts:
        return
    revision = _next_revision(session)
    entries = {
        draft.key: _write(session, existing.get(draft.key), draft, revision, change)
        for draft in drafts
    }
    session.flush()
    versions = [
        {
            "entry_id": entries[draft.key].id,
            "version": entries[draft.key].version,
            "content": draft.model_dump(mode="json"),
            "changed_by": change.changed_by,
        }
        for draft in drafts
    ]
    session.execute(insert(EntryVersion), versions)
    _write_phrasings(session, drafts, entries, change.origin)


def find_owners(
    session: Session, drafts: Sequence[EntryDraft], allowed: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return match key -> key for those phrasings of the drafts that other entries hold.

    A retired entry holds none: whoever writes its subject anew may use its questions. Nor do
    those whose keys are `allowed` to lose them.
    """
    inside = allowed.union(draft.key for draft in drafts)
    owners: dict[str, str] = {}
    for chunk in _chunks(key for draft in drafts for key in match_keys(draft)):
        rows = session.execute(
            select(Phrasing.match_key, Entry.key)
            .join(Phrasing.entry)
            .where(
                Phrasing.match_key.in_(chunk),
                Phrasing.retired_at.is_(None),
                Entry.status != EntryStatus.RETIRED,
            )
        )
        owners |= {phrasing: owner for phrasing, owner in rows if owner not in inside}
    return owners


def refuse_taken_phrasings(
    session: Session, drafts: Sequence[EntryDraft], allowed: frozenset[str] = frozenset()
) -> None:
    """Do nothing where each phrasing of the drafts is free, see `find_owners`.

    Raises:
        KnowledgeError: Another entry, not among the drafts, holds one; all are named.
    """
    owners = find_owners(session, drafts, allowed)
    faults = [
        _taken(draft, number, owners[key])
        for draft in drafts
        for number, key in enumerate(match_keys(draft), 1)
        if key in owners
    ]
    if faults:
        raise KnowledgeError(faults)


def _taken(draft: EntryDraft, number: int, owner: str) -> Fault:
    text = draft.phrasings[number - 1]
    values = {"text": text, "entry": owner}
    reason = f"'{text}' belongs to {owner}"
    return Fault(draft.key, f"phrasings {number}", reason, "taken", values)


def _compare(existing: Mapping[str, Entry], drafts: Sequence[EntryDraft]) -> ImportReport:
    known = [draft for draft in drafts if draft.key in existing]
    changed = tuple(d.key for d in known if _content(draft_of(existing[d.key])) != _content(d))
    return ImportReport(
        added=tuple(draft.key for draft in drafts if draft.key not in existing),
        changed=changed,
        unchanged=tuple(draft.key for draft in known if draft.key not in set(changed)),
        revived=tuple(
            draft.key
            for draft in known
            if draft.status == "published"
            and existing[draft.key].status is not EntryStatus.PUBLISHED
        ),
    )


def _content(draft: EntryDraft) -> dict[str, object]:
    """Return what makes two drafts differ; the order of phrasings does not."""
    return draft.model_dump() | {"phrasings": frozenset(draft.phrasings)}


def _live(entry: Entry | None) -> Iterator[Phrasing]:
    return (p for p in (entry.phrasings if entry else ()) if p.retired_at is None)


def _state(session: Session) -> KnowledgeState:
    state = session.get(KnowledgeState, 1)
    if state is None:
        state = KnowledgeState(id=1, revision=0)
        session.add(state)
        session.flush()
    return state


def _next_revision(session: Session) -> int:
    """Move the revision on; where transactions run side by side, the next one waits for this."""
    state = _state(session)
    moved = (
        update(KnowledgeState)
        .where(KnowledgeState.id == state.id)
        .values(revision=KnowledgeState.revision + 1)
        .returning(KnowledgeState.revision)
    )
    revision = session.scalars(moved).one()
    session.refresh(state)
    return revision


def _write(
    session: Session, entry: Entry | None, draft: EntryDraft, revision: int, change: Change
) -> Entry:
    if entry is None:
        entry = Entry(key=draft.key, origin=change.origin, version=0)
        session.add(entry)
    elif change.takes_over:
        entry.origin = change.origin
    content = draft.model_dump(exclude={"key", "phrasings", "status"})
    for name, value in content.items():
        setattr(entry, name, list(value) if isinstance(value, tuple) else value)
    entry.status = EntryStatus(draft.status)
    entry.version += 1
    entry.revision = revision
    return entry


def _write_phrasings(
    session: Session, drafts: Sequence[EntryDraft], entries: Mapping[str, Entry], origin: Origin
) -> None:
    """Make the live phrasings of the drafts' entries exactly those of the drafts."""
    wanted = {
        key: (entries[draft.key], text)
        for draft in drafts
        for key, text in zip(match_keys(draft), draft.phrasings, strict=True)
    }
    _retire_dropped(entries.values(), wanted)
    known = _load_phrasings(session, wanted)
    for key, row in known.items():
        entry, text = wanted[key]
        if row.retired_at is not None or row.entry_id != entry.id:
            row.origin = origin
        row.entry_id, row.text, row.retired_at = entry.id, text, None
    session.flush()
    fresh = [
        {"entry_id": entry.id, "text": text, "match_key": key, "origin": origin}
        for key, (entry, text) in wanted.items()
        if key not in known
    ]
    if fresh:
        session.execute(insert(Phrasing), fresh)
    for entry in entries.values():
        session.expire(entry, ["phrasings"])


def _retire_dropped(entries: Iterable[Entry], wanted: Mapping[str, object]) -> None:
    known = [entry for entry in entries if entry.version > 1]  # a new one has none to drop
    for phrasing in (each for entry in known for each in _live(entry)):
        if phrasing.match_key not in wanted:
            phrasing.retired_at = utc_now()


def _load_phrasings(session: Session, match_keys: Iterable[str]) -> dict[str, Phrasing]:
    found: dict[str, Phrasing] = {}
    for chunk in _chunks(match_keys):
        rows = session.scalars(select(Phrasing).where(Phrasing.match_key.in_(chunk)))
        found |= {phrasing.match_key: phrasing for phrasing in rows}
    return found


def _with_taught(
    draft: EntryDraft, taken: set[str], taught: Mapping[str, tuple[str, str]]
) -> EntryDraft:
    """Return a draft without what others hold, and with what its entry has been taught."""
    own = zip(match_keys(draft), draft.phrasings, strict=True)
    kept = [text for key, text in own if key not in taken]
    kept += [text for key, text in taught.values() if key == draft.key]
    return draft.model_copy(update={"phrasings": tuple(kept)})


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
