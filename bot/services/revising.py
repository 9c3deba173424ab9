"""Edits of a whole entry at once: what they change, and what others changed meanwhile."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bot.db.models import Role
from bot.knowledge import EntryDraft, check_fields
from bot.services import roles
from bot.services.curation import draft_of, refuse_taken_phrasings
from bot.services.editing import EDITABLE, EntryState, edit_entry, get_entry, state_of
from bot.services.history import FieldChange, compare, read_version

_LISTS = ("phrasings", "keywords")


class Checked(NamedTuple):
    """An edit that could be saved: the entry as it would be, and what that changes."""

    state: EntryState
    draft: EntryDraft
    changes: tuple[FieldChange, ...]


class Merged(NamedTuple):
    """A person's edit, put on top of what somebody else has saved since they began.

    Attributes:
        state: The entry as it stands now.
        fields: What the person wrote; fields that they left alone are as the other left them, and
            of lists both keep what they added and took out.
        theirs: What the other has changed.
        clashes: Fields that both changed; `fields` holds the person's own.
    """

    state: EntryState
    fields: Mapping[str, str]
    theirs: tuple[FieldChange, ...]
    clashes: tuple[str, ...]


def to_text(draft: EntryDraft) -> dict[str, str]:
    """Return the editable fields as a form holds them: lists are one item a line."""
    content = draft.model_dump(mode="json")
    return {name: _as_text(content[name]) for name in EDITABLE}


def check_edit(
    session: Session, telegram_user_id: int, entry_id: int, fields: Mapping[str, str]
) -> Checked:
    """Return what an edit would make of an entry; writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        KnowledgeError: It could not be saved as it is; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    entry = get_entry(session, entry_id)
    before = draft_of(entry)
    after = check_fields(before.model_dump() | dict(fields))
    refuse_taken_phrasings(session, [after])
    changes = compare(before.model_dump(mode="json"), after.model_dump(mode="json"))
    return Checked(state_of(session, entry), after, tuple(changes))


def save_edit(
    session: Session,
    telegram_user_id: int,
    entry_id: int,
    base_version: int,
    fields: Mapping[str, str],
) -> EntryState:
    """Save an edit; a field that it leaves as it was counts as not touched. Does not commit.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        ChangedMeanwhileError: It is at another version than the person was shown; see `merge`.
        KnowledgeError: It cannot be saved; every fault is named.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    before = draft_of(get_entry(session, entry_id))
    after = check_fields(before.model_dump() | dict(fields))
    touched = {n: getattr(after, n) for n in fields if getattr(after, n) != getattr(before, n)}
    return edit_entry(session, telegram_user_id, entry_id, base_version, touched)


def merge(
    session: Session,
    telegram_user_id: int,
    entry_id: int,
    base_version: int,
    fields: Mapping[str, str],
) -> Merged:
    """Put an edit on top of what was saved since its person began; writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        VersionMissingError: It never had the version that the edit began at.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    state = state_of(session, get_entry(session, entry_id))
    base = read_version(session, telegram_user_id, entry_id, base_version)
    now = state.draft.model_dump(mode="json")
    merged: dict[str, str] = {}
    clashes = []
    for name, mine in fields.items():
        old, new = _as_text(base.get(name)), _as_text(now[name])
        if mine == old or new == old:
            merged[name] = new if mine == old else mine
        elif name in _LISTS:
            merged[name] = _merge_lines(old, mine, new)
        else:
            merged[name] = mine
            clashes += [name] if mine != new else []
    return Merged(state, merged, tuple(compare(base, now)), tuple(clashes))


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return "" if value is None else str(value)


def _merge_lines(base: str, mine: str, theirs: str) -> str:
    old, own = base.splitlines(), mine.splitlines()
    kept = [line for line in theirs.splitlines() if line in own or line not in old]
    return "\n".join([*kept, *(line for line in own if line not in old and line not in kept)])
