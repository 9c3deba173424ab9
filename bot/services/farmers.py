"""The people who write to the bot: their language, and whether they can be reached."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Farmer

LANGUAGES = ("si", "en", "ta")


class Asker(NamedTuple):
    """Who wrote (`telegram_user_id`), where to answer (`chat_id`), and Telegram's language hint."""

    telegram_user_id: int
    chat_id: int
    language: str | None = None


def get_farmer(session: Session, asker: Asker) -> Farmer:
    """Return the farmer, made at the first message; who writes again is reachable again."""
    farmer = session.scalar(select(Farmer).where(Farmer.telegram_user_id == asker.telegram_user_id))
    if farmer is None:
        farmer = Farmer(telegram_user_id=asker.telegram_user_id)
        session.add(farmer)
    farmer.is_reachable = True
    farmer.last_seen_at = utc_now()
    session.flush()
    return farmer


def list_languages(session: Session, telegram_user_ids: Collection[int]) -> dict[int, str]:
    """Return the language of each person who is known."""
    known = select(Farmer).where(Farmer.telegram_user_id.in_(telegram_user_ids))
    return {farmer.telegram_user_id: farmer.language for farmer in session.scalars(known)}


def read_language(session: Session, telegram_user_id: int) -> str:
    """Return the language that a person chose; Sinhala for one who never did."""
    chosen = select(Farmer.language).where(Farmer.telegram_user_id == telegram_user_id)
    return session.scalar(chosen) or LANGUAGES[0]


def choose_language(session: Session, asker: Asker, language: str) -> None:
    """Speak to a person in one of `LANGUAGES` from now on."""
    get_farmer(session, asker).language = language


def mark_unreachable(session: Session, telegram_user_id: int) -> None:
    """Record that the person has blocked the bot, so that nothing more is sent unasked."""
    _mark(session, telegram_user_id, is_reachable=False)


def mark_reachable(session: Session, telegram_user_id: int) -> None:
    """Record that the person lets the bot write again."""
    _mark(session, telegram_user_id, is_reachable=True)


def _mark(session: Session, telegram_user_id: int, is_reachable: bool) -> None:
    person = update(Farmer).where(Farmer.telegram_user_id == telegram_user_id)
    session.execute(person.values(is_reachable=is_reachable))
