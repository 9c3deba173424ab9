"""Seasonal tips to the farmers who asked for them: an approved answer in its season."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Entry, EntryStatus, Farmer, Lane, Phrasing
from bot.services import outbox
from bot.services.farmers import Asker, get_farmer

#: Only what a named source says is sent unasked.
SOURCED = ("A", "B")


class TipText(NamedTuple):
    """The words of a tip; `question` is how farmers ask for what it tells."""

    question: str
    answer: str
    source: str


def wants_tips(session: Session, telegram_user_id: int) -> bool:
    """Whether a person has asked for tips."""
    since = select(Farmer.tips_since).where(Farmer.telegram_user_id == telegram_user_id)
    return session.scalar(since) is not None


def choose_tips(session: Session, asker: Asker, are_wanted: bool, now: datetime) -> None:
    """Send a person tips from now on, or none; does not commit."""
    farmer = get_farmer(session, asker)
    if not are_wanted:
        farmer.tips_since = None
    elif farmer.tips_since is None:
        farmer.tips_since = now


def find_tip(session: Session, entry_key: str, today: date) -> int | None:
    """Return the id of the entry, if its answer may be sent unasked: published, sourced, valid."""
    entry = session.scalar(select(Entry).where(Entry.key == entry_key))
    return entry.id if entry is not None and _is_fit(entry, today) else None


def post_tip(
    session: Session, entry_id: int, season: str, day: date, after_id: int, limit: int
) -> tuple[int, int | None]:
    """Owe a tip to the next farmers who want tips, each once a day and entry; does not commit.

    Args:
        session: The transaction; short, so that questions are answered between two of them.
        entry_id: What is told.
        season: "maha" or "yala".
        day: The day of the tip.
        after_id: Where the last call stopped, 0 at first.
        limit: How many farmers to take.

    Returns:
        How many messages are owed, and where to go on; None at the end.
    """
    farmers = session.execute(
        select(Farmer.id, Farmer.telegram_user_id)
        .where(Farmer.id > after_id, Farmer.tips_since.is_not(None), Farmer.is_reachable)
        .order_by(Farmer.id)
        .limit(limit)
    ).all()
    posted = [
        outbox.post(
            session,
            chat_id,
            "tip",
            {"entry_id": entry_id, "season": season},
            lane=Lane.BULK,
            once_key=f"tip:{day}:{entry_id}:{farmer_id}",
        )
        for farmer_id, chat_id in farmers
    ]
    count = sum(message is not None for message in posted)
    return count, farmers[-1].id if len(farmers) == limit else None


def read_tip(session: Session, telegram_user_id: int, entry_id: int, today: date) -> TipText | None:
    """Return the words of a tip, unless it is not wanted or not to be told any more."""
    entry = session.get(Entry, entry_id)
    if entry is None or not _is_fit(entry, today) or not wants_tips(session, telegram_user_id):
        return None
    first = (
        select(Phrasing.text)
        .where(Phrasing.entry_id == entry_id, Phrasing.retired_at.is_(None))
        .order_by(Phrasing.id)
        .limit(1)
    )
    return TipText(session.scalar(first) or "", entry.answer, entry.source)


def _is_fit(entry: Entry, today: date) -> bool:
    is_valid = entry.valid_until is None or entry.valid_until >= today
    is_sourced = entry.grade in SOURCED and bool(entry.source.strip())
    return entry.status is EntryStatus.PUBLISHED and is_sourced and is_valid
