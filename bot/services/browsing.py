"""The knowledge base as a list to page through."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Entry, EntryStatus, Phrasing, Role
from bot.local_time import local_date
from bot.paging import count_pages, nearest_page
from bot.services import roles

PAGE = 50


class EntryFilter(NamedTuple):
    """Which entries; None takes all. An expired one is published and past its last day."""

    area: str | None = None
    status: str | None = None
    is_expired: bool = False


class ListedEntry(NamedTuple):
    """An entry as a list shows it."""

    entry_id: int
    key: str
    title: str
    area: str
    status: EntryStatus
    grade: str
    phrasings: int
    valid_until: date | None
    updated_at: datetime
    is_expired: bool


class EntryPage(NamedTuple):
    """One page of entries, and how many there are in all."""

    entries: tuple[ListedEntry, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return count_pages(self.total, PAGE)


def list_entries(
    session: Session, telegram_user_id: int, wanted: EntryFilter, page: int = 0
) -> EntryPage:
    """Return a page of entries by area and key; the last one for a later one.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    today = local_date(utc_now())
    conditions = tuple(_conditions(wanted, today))
    total = session.scalar(select(func.count(Entry.id)).where(*conditions)) or 0
    page = nearest_page(page, total, PAGE)
    rows = session.scalars(
        select(Entry)
        .where(*conditions)
        .order_by(Entry.area, Entry.key)
        .offset(page * PAGE)
        .limit(PAGE)
    ).all()
    counts = session.execute(
        select(Phrasing.entry_id, func.count())
        .where(Phrasing.entry_id.in_([row.id for row in rows]), Phrasing.retired_at.is_(None))
        .group_by(Phrasing.entry_id)
    )
    known = {entry_id: count for entry_id, count in counts}  # noqa: C416 - dict() loses the types
    return EntryPage(tuple(_listed(row, known.get(row.id, 0), today) for row in rows), total, page)


def count_areas(session: Session, telegram_user_id: int) -> list[tuple[str, int]]:
    """Return every area in use with how many entries it has, by name.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    rows = select(Entry.area, func.count()).group_by(Entry.area).order_by(Entry.area)
    return [(area, count) for area, count in session.execute(rows)]


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


def _conditions(wanted: EntryFilter, today: date) -> Iterator[ColumnElement[bool]]:
    if wanted.area is not None:
        yield Entry.area == wanted.area
    if wanted.status is not None:
        yield Entry.status == wanted.status
    if wanted.is_expired:
        yield Entry.status == EntryStatus.PUBLISHED
        yield Entry.valid_until < today


def _listed(entry: Entry, phrasings: int, today: date) -> ListedEntry:
    return ListedEntry(
        entry_id=entry.id,
        key=entry.key,
        title=entry.title,
        area=entry.area,
        status=entry.status,
        grade=entry.grade,
        phrasings=phrasings,
        valid_until=entry.valid_until,
        updated_at=entry.updated_at,
        is_expired=entry.valid_until is not None and entry.valid_until < today,
    )
