"""Guided dialogues of admins: what they have given so far, and saving it in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bot.db.models import Role
from bot.knowledge import check_fields
from bot.services import dialogues, roles
from bot.services.curation import refuse_taken_phrasings
from bot.services.dialogues import PREVIEW, find_waiting
from bot.services.editing import (
    PARTS,
    EntryState,
    add_entry,
    edit_entry,
    read_entry_by_id,
)
from bot.services.history import FieldChange, compare
from bot.services.proposals import Pending, approve, reject

ADD, EDIT, IMPORT, REJECT, CORRECT = "add", "edit", "import", "reject", "correct"


class PendingEdit(NamedTuple):
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
    dialogues.enter(session, telegram_user_id, name, step, data, update_id)


def save_added(session: Session, telegram_user_id: int, update_id: int) -> EntryState:
    """Add the entry whose preview was shown, and leave the dialogue.

    Raises:
        NotAllowedError: The person is no admin.
        StaleButtonError: Nothing waits there to be saved.
        KnowledgeError: It cannot be saved; the dialogue stays.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    stand = find_waiting(session, telegram_user_id, ADD, PREVIEW, update_id)
    added = add_entry(session, telegram_user_id, {name: stand.data[name] for name in PARTS})
    dialogues.leave(session, telegram_user_id)
    return added


def read_edit(session: Session, telegram_user_id: int, data: Mapping[str, Any]) -> PendingEdit:
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
        return PendingEdit(state, data["field"], data["value"])
    present: Sequence[str] = getattr(state.draft, data["field"])
    kept = [each for each in present if each not in data["remove"]]
    fresh = [each for each in data["add"] if each not in kept]
    return PendingEdit(state, data["field"], [*kept, *fresh])


def check_edited(
    session: Session, telegram_user_id: int, data: Mapping[str, Any]
) -> tuple[PendingEdit, tuple[FieldChange, ...]]:
    """Return an edit and what it would change; writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: The entry is not there.
        KnowledgeError: It could not be saved as it is; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    edit = read_edit(session, telegram_user_id, data)
    before = edit.state.draft
    after = check_fields(before.model_dump() | {edit.field: edit.value})
    refuse_taken_phrasings(session, [after])
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return edit, tuple(compare(old, new))


def save_edited(session: Session, telegram_user_id: int, update_id: int) -> EntryState:
    """Save the edit whose preview was shown, and leave the dialogue.

    Raises:
        NotAllowedError: The person is no admin.
        StaleButtonError: Nothing waits there to be saved.
        ChangedMeanwhileError: Somebody else has changed the entry since; the dialogue stays.
        KnowledgeError: It cannot be saved; the dialogue stays.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    stand = find_waiting(session, telegram_user_id, EDIT, PREVIEW, update_id)
    edit = read_edit(session, telegram_user_id, stand.data)
    changes = {edit.field: edit.value}
    version = stand.data["version"]
    saved = edit_entry(session, telegram_user_id, edit.state.entry_id, version, changes)
    dialogues.leave(session, telegram_user_id)
    return saved


def approve_corrected(
    session: Session,
    telegram_user_id: int,
    proposal_id: int,
    phrasing: str,
    self_approval: bool,
    *,
    update_id: int,
) -> EntryState:
    """Approve a proposed phrasing as it was corrected, and leave the dialogue; see `approve`."""
    state = approve(session, telegram_user_id, proposal_id, self_approval, phrasing)
    _leave_decided(session, telegram_user_id, proposal_id, update_id)
    return state


def reject_because(
    session: Session,
    telegram_user_id: int,
    proposal_id: int,
    reason: str | None,
    *,
    update_id: int | None = None,
) -> Pending:
    """Turn a proposal down, and leave the dialogue that asked for the reason; see `reject`."""
    rejected = reject(session, telegram_user_id, proposal_id, reason)
    _leave_decided(session, telegram_user_id, proposal_id, update_id)
    return rejected


def _leave_decided(
    session: Session, telegram_user_id: int, proposal_id: int, update_id: int | None
) -> None:
    """Leave a dialogue about a proposal; one that the person has begun since goes on."""
    stand = dialogues.find_stand(session, telegram_user_id)
    if stand is None or stand.name not in (CORRECT, REJECT):
        return
    if stand.data["proposal_id"] == proposal_id:
        dialogues.leave(session, telegram_user_id, update_id)
