"""What admins do to single entries: add, edit, retire, restore."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Entry, EntryStatus, EntryVersion, Origin, Role
from bot.errors import (
    ChangedMeanwhileError,
    EntryMissingError,
    Fault,
    KnowledgeError,
    UnfitEntryError,
)
from bot.knowledge import EntryDraft, check_fields, match_keys
from bot.local_time import local_date
from bot.services import audit, roles
from bot.services.curation import (
    Change,
    draft_of,
    find_owners,
    load_entries,
    refuse_taken_phrasings,
    write_entries,
)
from retrieval import normalize
from retrieval.phonetic import romanize

#: What an edit may change; the key is how everything else names the entry, and stays.
EDITABLE = (
    "title", "answer", "phrasings", "keywords", "source", "grade", "area", "valid_until",
)  # fmt: skip
#: What a new entry is made of, in the order in which a dialogue asks for it; the rest follows.
PARTS = ("title", "answer", "phrasings", "source", "area")
#: Stands for the key of an entry that is not saved yet.
NEW_KEY = "new"
#: A change of these is a review of the answer.
_REVIEWED = {"answer", "source", "grade"}
_TELEGRAM = "telegram:"
_KEY_WORDS, _KEY_LENGTH = 4, 60


class EntryState(NamedTuple):
    """An entry as it stands: its content, its version, and who made it so and when.

    Attributes:
        changed_by: As it is recorded, see `author`.
        changed_by_name: What that person is called.
    """

    entry_id: int
    version: int
    draft: EntryDraft
    origin: Origin
    changed_by: str
    changed_by_name: str
    changed_at: datetime


class Restored(NamedTuple):
    """An entry after something older was brought back; `left_out` belongs to others by now."""

    state: EntryState
    left_out: tuple[str, ...]


def author(telegram_user_id: int) -> str:
    """Return how the versions of an entry name a person."""
    return f"{_TELEGRAM}{telegram_user_id}"


def name_author(session: Session, changed_by: str) -> str:
    """Return what an author is called; one who is nobody on Telegram is called as recorded."""
    if not changed_by.startswith(_TELEGRAM):
        return changed_by
    return roles.name_of(session, int(changed_by.removeprefix(_TELEGRAM)))


def read_entry(session: Session, telegram_user_id: int, key: str) -> EntryState:
    """Return the entry with a key.

    Raises:
        NotAllowedError: The person is no officer.
        EntryMissingError: There is none.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    entry = load_entries(session, [key]).get(key)
    if entry is None:
        raise EntryMissingError(key)
    return state_of(session, entry)


def read_entry_by_id(session: Session, telegram_user_id: int, entry_id: int) -> EntryState:
    """Return the entry of a number.

    Raises:
        NotAllowedError: The person is no officer.
        EntryMissingError: There is none.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    return state_of(session, get_entry(session, entry_id))


def add_entry(session: Session, telegram_user_id: int, fields: Mapping[str, Any]) -> EntryState:
    """Publish a new entry; does not commit.

    Args:
        session: The transaction.
        telegram_user_id: An admin.
        fields: Those of `EntryDraft`; without a key one is made of the area and the title.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: The fields are not an entry, the key is in use, or another entry holds
            one of the phrasings; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    change = Change(author(telegram_user_id), Origin.CURATOR)
    state = write_new(session, fields, change)
    audit.record(session, telegram_user_id, "add entry", f"entry {state.draft.key}")
    return state


def edit_entry(
    session: Session,
    telegram_user_id: int,
    entry_id: int,
    base_version: int,
    changes: Mapping[str, Any],
) -> EntryState:
    """Change some fields of an entry, unless somebody else has changed it meanwhile.

    Changes that change nothing make no version. Does not commit.

    Args:
        session: The transaction.
        telegram_user_id: An admin.
        entry_id: Which entry, of any status; the status stays.
        base_version: The version that the person was shown.
        changes: Any of `EDITABLE`.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        ChangedMeanwhileError: It is at another version by now; nothing was changed.
        KnowledgeError: The result is no entry, or another entry holds one of its phrasings.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    entry = get_entry(session, entry_id)
    refuse_changed(entry, base_version)
    before = draft_of(entry)
    after = check_fields(before.model_dump() | _with_review(changes))
    if all(getattr(after, name) == getattr(before, name) for name in changes):
        return state_of(session, entry)
    state = _write_over(session, entry, after, telegram_user_id)
    audit.record(
        session, telegram_user_id, "edit entry", f"entry {entry.key}", ", ".join(sorted(changes))
    )
    return state


def retire_entry(
    session: Session, telegram_user_id: int, entry_id: int, base_version: int
) -> EntryState:
    """Withdraw a published entry; a retired one stays as it is.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        UnfitEntryError: It is a draft, which is rejected instead.
        ChangedMeanwhileError: It is at another version by now; nothing was changed.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    entry = get_entry(session, entry_id)
    if entry.status is EntryStatus.RETIRED:
        return state_of(session, entry)
    if entry.status is EntryStatus.DRAFT:
        raise UnfitEntryError(entry.key)
    refuse_changed(entry, base_version)
    retired = draft_of(entry).model_copy(update={"status": EntryStatus.RETIRED.value})
    change = Change(author(telegram_user_id), Origin.CURATOR)
    write_entries(session, [retired], {entry.key: entry}, change)
    audit.record(session, telegram_user_id, "retire entry", f"entry {entry.key}")
    return state_of(session, entry)


def restore_entry(session: Session, telegram_user_id: int, entry_id: int) -> Restored:
    """Publish a retired entry again; a published one stays as it is.

    Phrasings that other entries have been given meanwhile are left to them.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        UnfitEntryError: It is a draft, which is approved instead.
        KnowledgeError: Others hold all of its phrasings.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    entry = get_entry(session, entry_id)
    if entry.status is EntryStatus.PUBLISHED:
        return Restored(state_of(session, entry), ())
    if entry.status is EntryStatus.DRAFT:
        raise UnfitEntryError(entry.key)
    content = _newest(session, entry).content | {"status": EntryStatus.PUBLISHED.value}
    restored = write_free(session, entry, content, telegram_user_id)
    audit.record(session, telegram_user_id, "restore entry", f"entry {entry.key}")
    return restored


def get_entry(session: Session, entry_id: int) -> Entry:
    """Return an entry.

    Raises:
        EntryMissingError: There is none.
    """
    entry = session.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is None:
        raise EntryMissingError(str(entry_id))
    return entry


def refuse_changed(entry: Entry, base_version: int) -> None:
    """Do nothing for an entry at a version.

    Raises:
        ChangedMeanwhileError: It is at another.
    """
    if entry.version != base_version:
        raise ChangedMeanwhileError(entry=entry.key, version=entry.version)


def write_new(session: Session, fields: Mapping[str, Any], change: Change) -> EntryState:
    """Write an entry that is not there yet; see `add_entry` for what is refused."""
    title, area = str(fields.get("title", "")), str(fields.get("area", ""))
    key = fields.get("key") or _free_key(session, area, title)
    draft = check_fields({**_new_defaults(), **fields, "key": key})
    if load_entries(session, [draft.key]):
        raise KnowledgeError(
            [Fault(draft.key, "key", "is in use", "key_taken", {"entry": draft.key})]
        )
    refuse_taken_phrasings(session, [draft])
    write_entries(session, [draft], {}, change)
    return state_of(session, load_entries(session, [draft.key])[draft.key])


def check_new(session: Session, telegram_user_id: int, fields: Mapping[str, Any]) -> EntryDraft:
    """Return a new entry that could be saved, under a key of no meaning; writes nothing.

    Raises:
        NotAllowedError: The person is no officer.
        KnowledgeError: It could not be saved as it is; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    draft = check_fields({**_new_defaults(), **fields, "key": NEW_KEY})
    refuse_taken_phrasings(session, [draft])
    return draft


def _new_defaults() -> dict[str, Any]:
    return {"grade": "none", "reviewed_on": local_date(utc_now())}


def _write_over(
    session: Session, entry: Entry, draft: EntryDraft, telegram_user_id: int
) -> EntryState:
    """Write a person's draft over an entry.

    Raises:
        KnowledgeError: Another entry holds one of the phrasings.
    """
    refuse_taken_phrasings(session, [draft])
    change = Change(author(telegram_user_id), Origin.CURATOR)
    write_entries(session, [draft], {entry.key: entry}, change)
    return state_of(session, entry)


def write_free(
    session: Session, entry: Entry, content: Mapping[str, Any], telegram_user_id: int
) -> Restored:
    """Write older content over an entry, without phrasings that others hold by now.

    Raises:
        KnowledgeError: Nothing is left to find the entry by.
    """
    draft = check_fields(content)
    owners = find_owners(session, [draft])
    keyed = list(zip(match_keys(draft), draft.phrasings, strict=True))
    kept = [text for key, text in keyed if key not in owners]
    if not kept:
        refuse_taken_phrasings(session, [draft])
    free = draft.model_copy(update={"phrasings": tuple(kept)})
    left_out = tuple(text for key, text in keyed if key in owners)
    return Restored(_write_over(session, entry, free, telegram_user_id), left_out)


def state_of(session: Session, entry: Entry) -> EntryState:
    """Return an entry as it stands in this transaction."""
    newest = _newest(session, entry)
    return EntryState(
        entry_id=entry.id,
        version=entry.version,
        draft=draft_of(entry),
        origin=entry.origin,
        changed_by=newest.changed_by,
        changed_by_name=name_author(session, newest.changed_by),
        changed_at=newest.changed_at,
    )


def _newest(session: Session, entry: Entry) -> EntryVersion:
    return session.scalars(
        select(EntryVersion)
        .where(EntryVersion.entry_id == entry.id)
        .order_by(EntryVersion.version.desc())
        .limit(1)
    ).one()


def _with_review(changes: Mapping[str, Any]) -> dict[str, Any]:
    is_review = bool(_REVIEWED & changes.keys())
    return {**({"reviewed_on": local_date(utc_now())} if is_review else {}), **changes}


def _free_key(session: Session, area: str, title: str) -> str:
    """Return a key that can be read aloud: the area and the first words, in Latin letters."""
    words = re.findall("[a-z0-9]+", romanize(normalize(title)))[:_KEY_WORDS]
    start = f"{area}.{'_'.join(words) or 'entry'}"[:_KEY_LENGTH].strip("._")
    number = 1
    key = start
    while load_entries(session, [key]):
        number += 1
        key = f"{start}_{number}"
    return key
