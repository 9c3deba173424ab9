"""Entries whose answer is out of date by its own word, shown to those who look after them."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.db.models import Entry, EntryStatus, Role
from bot.services import roles
from bot.services.telling import tell_all

_MONDAY = 0


class Expired(NamedTuple):
    """A published entry after its last valid day."""

    key: str
    title: str
    valid_until: date


def post_expired(session: Session, since: date | None, today: date) -> int:
    """Owe every admin the list of entries that expired; return how many entries are on it.

    On it is what expired since the list of `since`, and on Mondays everything that is expired
    still. Does not commit.
    """
    rows = _expired(today).order_by(Entry.id)
    if since is not None and today.weekday() != _MONDAY:
        rows = rows.where(Entry.valid_until >= since)
    entries = list(session.scalars(rows.with_only_columns(Entry.id)))
    if not entries:
        return 0
    tell_all(session, Role.ADMIN, "expired", {"entries": entries}, once=f"expired:{today}")
    return len(entries)


def read_expired(
    session: Session, admin_id: int, entry_ids: Collection[int], today: date
) -> list[Expired]:
    """Return those of some entries that are expired still; none to who is no admin any more."""
    if not roles.has_role(session, admin_id, Role.ADMIN):
        return []
    rows = _expired(today).where(Entry.id.in_(entry_ids)).order_by(Entry.valid_until, Entry.key)
    return [
        Expired(entry.key, entry.title, entry.valid_until)
        for entry in session.scalars(rows)
        if entry.valid_until is not None
    ]


def _expired(today: date) -> Select[Entry]:
    return select(Entry).where(Entry.status == EntryStatus.PUBLISHED, Entry.valid_until < today)
