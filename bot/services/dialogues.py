"""Guided dialogues: where a person stands, kept in the database so that a restart loses nothing.

A button under what a dialogue has shown names the update that led there (`Stand.update_id`), so
that one of an earlier dialogue, or one pressed twice, finds nothing to save or send.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Dialogue
from bot.errors import StaleButtonError

#: A dialogue left alone for so long is over; the next message is an ordinary question again.
FORGOTTEN_AFTER = timedelta(hours=24)
#: The step in which what was given is shown, before it is saved or sent.
PREVIEW = "preview"
#: What says where somebody stands.
_STAND = ("name", "step", "data", "update_id")
#: The name of no dialogue: the person's last one is over, and which update ended it is known.
_NOWHERE = ""


class Stand(NamedTuple):
    """Where a person stands: the dialogue, what is asked for now, and what was given so far."""

    name: str
    step: str
    data: Mapping[str, Any]
    #: The update that led here, if whoever entered it said so.
    update_id: int | None = None


def enter(
    session: Session,
    telegram_user_id: int,
    name: str,
    step: str,
    data: Mapping[str, Any],
    update_id: int | None = None,
) -> None:
    """Begin a dialogue or move on in it; another one that the person was in is left.

    With its `update_id` an update that is handled again is not taken for the next step's answer;
    see `go_back`.
    """
    row = session.get(Dialogue, telegram_user_id)
    if row is None:
        row = Dialogue(telegram_user_id=telegram_user_id)
        session.add(row)
    elif update_id is None or row.update_id != update_id:
        row.before = _snapshot(row)
    row.name, row.step, row.data, row.update_id = name, step, dict(data), update_id
    row.updated_at = utc_now()
    session.flush()


def find_stand(
    session: Session, telegram_user_id: int, update_id: int | None = None
) -> Stand | None:
    """Return where a person stands; None outside any dialogue, or when it was left alone.

    For an update that is handled again, where it found the person: what it led to was perhaps never
    said.
    """
    row = session.get(Dialogue, telegram_user_id)
    if row is None or row.updated_at < utc_now() - FORGOTTEN_AFTER:
        return None
    is_again = update_id is not None and row.update_id == update_id
    stand = row.before if is_again else _snapshot(row)
    return Stand(**stand) if stand else None


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
    stand = find_stand(session, telegram_user_id)
    if stand is None or (stand.name, stand.step) != (name, step):
        raise StaleButtonError
    if update_id is not None and stand.update_id != update_id:
        raise StaleButtonError
    return stand


def _snapshot(row: Dialogue) -> dict[str, Any] | None:
    if row.name == _NOWHERE:
        return None
    return {name: getattr(row, name) for name in _STAND}


def go_back(session: Session, telegram_user_id: int, update_id: int) -> None:
    """Put a person back where they stood before an update that is handled again, if it moved them.

    It leads on from there once more, to the same place.
    """
    row = session.get(Dialogue, telegram_user_id)
    if row is None or row.update_id != update_id:
        return
    if row.before is None:
        session.delete(row)
    else:
        for name in _STAND:
            setattr(row, name, row.before[name])
        row.before = None
    session.flush()


def leave(session: Session, telegram_user_id: int, update_id: int | None = None) -> bool:
    """End a person's dialogue; return whether there was one.

    With its `update_id` an update that is handled again is still known to have belonged to it.
    """
    row = session.get(Dialogue, telegram_user_id)
    if row is None:
        return False
    was_somewhere = row.name != _NOWHERE
    if update_id is None:
        session.delete(row)
    elif was_somewhere:
        row.before = _snapshot(row)
        row.name, row.step, row.data, row.update_id = _NOWHERE, "", {}, update_id
        row.updated_at = utc_now()
    session.flush()
    return was_somewhere
