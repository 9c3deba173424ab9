"""Guided dialogues of admins: what they have given so far, and saving it in one transaction.

A button under a preview names the update that led to it (`Stand.update_id`), so that one of an
earlier dialogue, or one pressed twice, finds nothing to save.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Entry, Origin, Role
from bot.errors import ChangedMeanwhileError, StaleButtonError
from bot.knowledge import EntryDraft, check_fields, match_keys
from bot.local_time import local_date
from bot.services import audit, flows, roles
from bot.services.curation import (
    ImportReport,
    draft_of,
    export_entries,
    import_slice,
    load_entries,
    preview_import,
    refuse_taken_phrasings,
)
from bot.services.editing import (
    EntryState,
    add_entry,
    author,
    edit_entry,
    read_entry_by_id,
)
from bot.services.flows import Stand
from bot.services.history import FieldChange, compare
from bot.services.proposals import Pending, approve, reject

ADD, EDIT, IMPORT, REJECT, CORRECT = "add", "edit", "import", "reject", "correct"
PREVIEW = "preview"
#: What a new entry is asked for, in this order; the rest follows.
ADDED = ("title", "answer", "phrasings", "source", "area")
#: Entries written in one transaction, which takes a fraction of a second.
PART = 100


@dataclass(frozen=True, slots=True)
class Revision:
    """An edit that waits to be saved: the entry as it stands now, and what is to be changed."""

    state: EntryState
    field: str
    value: Any


def enter(
    session: Session,
    telegram_user_id: int,
    name: str,
    step: str,
    data: Mapping[str, Any],
    update_id: int,
) -> None:
    """Begin or go on in a dialogue of admins.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    flows.enter(session, telegram_user_id, name, step, data, update_id)


def find_waiting(
    session: Session, telegram_user_id: int, name: str, step: str, update_id: int | None = None
) -> Stand:
    """Return where a person stands, if it is where a button was shown.

    Args:
        session: The transaction; nothing is written.
        telegram_user_id: Who pressed.
        name: The dialogue.
        step: What was asked for there.
        update_id: What led there; None lets any button of this step do.

    Raises:
        StaleButtonError: The person has gone on, or left.
    """
    stand = flows.find_stand(session, telegram_user_id)
    if stand is None or (stand.name, stand.step) != (name, step):
        raise StaleButtonError
    if update_id is not None and stand.update_id != update_id:
        raise StaleButtonError
    return stand


def save_added(session: Session, telegram_user_id: int, update_id: int) -> EntryState:
    """Add the entry whose preview was shown, and leave the dialogue.

    Raises:
        StaleButtonError: Nothing waits there to be saved.
        NotAllowedError: The person is no admin.
        KnowledgeError: It cannot be saved; the dialogue stays.
    """
    stand = find_waiting(session, telegram_user_id, ADD, PREVIEW, update_id)
    added = add_entry(session, telegram_user_id, {name: stand.data[name] for name in ADDED})
    flows.leave(session, telegram_user_id)
    return added


def revise(session: Session, telegram_user_id: int, data: Mapping[str, Any]) -> Revision:
    """Return an edit as it would change its entry now.

    Args:
        session: The transaction; nothing is written.
        telegram_user_id: An officer or admin.
        data: Of the dialogue "edit": `entry_id`, `field`, and either `value` or, for a list,
            what to `add` and to `remove`; so two admins may both add phrasings.

    Raises:
        NotAllowedError: The person is no officer.
        EntryMissingError: The entry is not there.
    """
    state = read_entry_by_id(session, telegram_user_id, data["entry_id"])
    if "value" in data:
        return Revision(state, data["field"], data["value"])
    present: Sequence[str] = getattr(state.draft, data["field"])
    kept = [each for each in present if each not in data["remove"]]
    fresh = [each for each in data["add"] if each not in kept]
    return Revision(state, data["field"], [*kept, *fresh])


def check_added(session: Session, telegram_user_id: int, data: Mapping[str, Any]) -> EntryDraft:
    """Return the entry that the dialogue "add" has gathered, under a key of no meaning.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: It could not be saved as it is; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    fields = {name: data[name] for name in ADDED}
    today = local_date(utc_now())
    draft = check_fields({**fields, "key": "new", "grade": "none", "reviewed_on": today})
    refuse_taken_phrasings(session, [draft])
    return draft


def check_edited(
    session: Session, telegram_user_id: int, data: Mapping[str, Any]
) -> tuple[Revision, tuple[FieldChange, ...]]:
    """Return an edit and what it would change; writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: The entry is not there.
        KnowledgeError: It could not be saved as it is; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    revision = revise(session, telegram_user_id, data)
    before = revision.state.draft
    after = check_fields(before.model_dump() | {revision.field: revision.value})
    refuse_taken_phrasings(session, [after])
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return revision, tuple(compare(old, new))


def save_edited(session: Session, telegram_user_id: int, update_id: int) -> EntryState:
    """Save the edit whose preview was shown, and leave the dialogue.

    Raises:
        StaleButtonError: Nothing waits there to be saved.
        NotAllowedError: The person is no admin.
        ChangedMeanwhileError: Somebody else has changed the entry since; the dialogue stays.
        KnowledgeError: It cannot be saved; the dialogue stays.
    """
    stand = find_waiting(session, telegram_user_id, EDIT, PREVIEW, update_id)
    revision = revise(session, telegram_user_id, stand.data)
    changes = {revision.field: revision.value}
    version = stand.data["version"]
    saved = edit_entry(session, telegram_user_id, revision.state.entry_id, version, changes)
    flows.leave(session, telegram_user_id)
    return saved


def approve_corrected(
    session: Session,
    telegram_user_id: int,
    stand: Stand,
    phrasing: str,
    self_approval: bool,
    *,
    update_id: int,
) -> EntryState:
    """Approve a proposed phrasing as it was corrected, and leave the dialogue; see `approve`."""
    proposal_id = stand.data["proposal_id"]
    state = approve(session, telegram_user_id, proposal_id, self_approval, phrasing)
    _leave_decided(session, telegram_user_id, proposal_id, update_id)
    return state


def reject_because(
    session: Session,
    telegram_user_id: int,
    stand: Stand,
    reason: str | None,
    *,
    update_id: int | None = None,
) -> Pending:
    """Turn a proposal down, and leave the dialogue that asked for the reason; see `reject`."""
    proposal_id = stand.data["proposal_id"]
    rejected = reject(session, telegram_user_id, proposal_id, reason)
    _leave_decided(session, telegram_user_id, proposal_id, update_id)
    return rejected


def _leave_decided(
    session: Session, telegram_user_id: int, proposal_id: int, update_id: int | None
) -> None:
    """Leave a dialogue about a proposal; one that the person has begun since goes on."""
    stand = flows.find_stand(session, telegram_user_id)
    if stand is None or stand.name not in (CORRECT, REJECT):
        return
    if stand.data["proposal_id"] == proposal_id:
        flows.leave(session, telegram_user_id, update_id)


def list_areas(session: Session, telegram_user_id: int) -> list[str]:
    """Return the areas in use, the largest first.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return list_used_areas(session)


def list_used_areas(session: Session) -> list[str]:
    """Return the areas in use, the largest first; whether anybody may ask is for the caller."""
    count = func.count(Entry.id)
    rows = select(Entry.area).group_by(Entry.area).order_by(count.desc(), Entry.area)
    return list(session.scalars(rows))


def preview_upload(
    session: Session, telegram_user_id: int, drafts: Sequence[EntryDraft]
) -> ImportReport:
    """Return what importing a file would do; writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: An entry outside the file holds a phrasing of one inside.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return preview_import(session, drafts)


def plan_import(
    session: Session,
    telegram_user_id: int,
    drafts: Sequence[EntryDraft],
    seen_revision: int | None = None,
) -> list[list[EntryDraft]]:
    """Return what of a file is to be written, in parts for `import_part`; writes nothing.

    Entries that gain no phrasing come first: an entry whose phrasing had gone to another before
    its turn came would look unchanged.

    Args:
        session: The transaction.
        telegram_user_id: An admin.
        drafts: The whole file.
        seen_revision: Of the knowledge base when the person was told what the file would change;
            what is in already, from an attempt that was broken off, may be newer.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: An entry outside the file holds a phrasing of one inside.
        ChangedMeanwhileError: The file would overwrite what somebody has changed since.
    """
    report = preview_upload(session, telegram_user_id, drafts)
    existing = load_entries(session, [draft.key for draft in drafts])
    held = {key: set(match_keys(draft_of(entry))) for key, entry in existing.items()}
    touched = {*report.added, *report.changed}
    for key in sorted(touched & existing.keys()):
        if seen_revision is not None and existing[key].revision > seen_revision:
            raise ChangedMeanwhileError(entry=key, version=existing[key].version)
    ordered = sorted(
        (draft for draft in drafts if draft.key in touched),
        key=lambda draft: not held.get(draft.key, set()).issuperset(match_keys(draft)),
    )
    return [ordered[start : start + PART] for start in range(0, len(ordered), PART)]


def import_part(
    session: Session,
    telegram_user_id: int,
    drafts: Sequence[EntryDraft],
    keys: frozenset[str],
) -> ImportReport:
    """Import a part of a file whose whole was previewed; doing it twice changes nothing more.

    A large file goes in parts, so that farmers' questions are recorded in between.

    Args:
        session: The transaction.
        telegram_user_id: An admin.
        drafts: The part.
        keys: Those of the whole file; phrasings may move between its entries.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: An entry outside the file holds a phrasing of the part.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    report = import_slice(session, drafts, keys, Origin.IMPORT, author(telegram_user_id))
    if report.added or report.changed:
        told = f"{len(report.added)} added, {len(report.changed)} changed"
        audit.record(session, telegram_user_id, "import entries", "knowledge", told)
    return report


def read_all(session: Session, telegram_user_id: int) -> list[EntryDraft]:
    """Return every entry of any status, for an export.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    audit.record(session, telegram_user_id, "export entries", "knowledge")
    return export_entries(session)
