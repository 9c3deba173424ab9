"""Who changed an entry, when and how; any version can be brought back."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import EntryVersion, Role
from bot.errors import VersionMissingError
from bot.knowledge import FIELDS
from bot.services import audit, roles
from bot.services.editing import Restored, get_entry, name_author, refuse_changed, write_free

#: Where a paragraph is cut to be compared: after a sentence or a line.
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


class Version(NamedTuple):
    """One version of an entry; `fields` are those that it changed, all of them for the first."""

    number: int
    changed_by_name: str
    changed_at: datetime
    status: str
    fields: tuple[str, ...]


class FieldChange(NamedTuple):
    """How one field differs between two versions: sentences or items, in reading order."""

    field: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def list_versions(
    session: Session,
    telegram_user_id: int,
    entry_id: int,
    before: int | None = None,
    limit: int = 8,
) -> list[Version]:
    """Return versions, newest first: the newest, or those before a number.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    entry = get_entry(session, entry_id)
    rows = session.scalars(
        select(EntryVersion)
        .where(
            EntryVersion.entry_id == entry.id, EntryVersion.version < (before or entry.version + 1)
        )
        .order_by(EntryVersion.version.desc())
        .limit(limit + 1)  # the last one only to compare with
    ).all()
    older = [*(row.content for row in rows[1:]), {}]
    return [
        Version(
            number=row.version,
            changed_by_name=name_author(session, row.changed_by),
            changed_at=row.changed_at,
            status=row.content["status"],
            fields=tuple(change.field for change in compare(then, row.content)),
        )
        for row, then in zip(rows[:limit], older, strict=False)
    ]


def compare_versions(
    session: Session, telegram_user_id: int, entry_id: int, older: int, newer: int
) -> tuple[FieldChange, ...]:
    """Return how two versions differ, by field; an older number of 0 stands for nothing at all.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        VersionMissingError: It has no such version.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    get_entry(session, entry_id)
    then = _content(session, entry_id, older) if older else {}
    return tuple(compare(then, _content(session, entry_id, newer)))


def read_version(
    session: Session, telegram_user_id: int, entry_id: int, number: int
) -> Mapping[str, Any]:
    """Return what an entry was at a version, as `EntryDraft` dumps it.

    Raises:
        NotAllowedError: The person is no admin.
        VersionMissingError: It has no such version.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return _content(session, entry_id, number)


def restore_version(
    session: Session, telegram_user_id: int, entry_id: int, number: int, base_version: int
) -> Restored:
    """Make an older version's content the newest version; the status stays what it is.

    Phrasings that other entries have been given meanwhile are left to them. Does not commit.

    Raises:
        NotAllowedError: The person is no admin.
        EntryMissingError: There is no such entry.
        VersionMissingError: It has no such version.
        ChangedMeanwhileError: It is at another version than the person was shown.
        KnowledgeError: The content would not be accepted today, or others hold all its phrasings.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    entry = get_entry(session, entry_id)
    refuse_changed(entry, base_version)
    content = _content(session, entry_id, number) | {"status": entry.status.value}
    restored = write_free(session, entry, content, telegram_user_id)
    subject = f"entry {entry.key}"
    audit.record(session, telegram_user_id, "restore version", subject, f"version {number}")
    return restored


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    """Yield the fields that differ between two contents, in the order of `EntryDraft`.

    >>> old = {"title": "Blast", "answer": "Wait. Spray."}
    >>> [(c.field, c.removed, c.added) for c in compare(old, old | {"answer": "Wait. Ask."})]
    [('answer', ('Spray.',), ('Ask.',))]
    """
    for field in FIELDS:
        old, new = _pieces(before.get(field)), _pieces(after.get(field))
        if isinstance(after.get(field), list):
            removed = [each for each in old if each not in new]
            added = [each for each in new if each not in old]
        else:
            removed, added = _differing(old, new)
        if removed or added:
            yield FieldChange(field, tuple(removed), tuple(added))


def _differing(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    removed: list[str] = []
    added: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind != "equal":
            removed += old[start:end]
            added += new[new_start:new_end]
    return removed, added


def _pieces(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [str(each) for each in value]
    return [piece for piece in _SENTENCE.split(str(value)) if piece]


def _content(session: Session, entry_id: int, number: int) -> dict[str, Any]:
    row = session.scalar(
        select(EntryVersion).where(
            EntryVersion.entry_id == entry_id, EntryVersion.version == number
        )
    )
    if row is None:
        raise VersionMissingError(str(number))
    return row.content
