"""Guided dialogues: where a person stands, kept in the database so that a restart loses nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Flow

#: A dialogue left alone for so long is over; the next message is an ordinary question again.
FORGOTTEN_AFTER = timedelta(hours=24)

#: What says where somebody stands.
_STAND = ("name", "step", "data", "update_id")
#: The name of no dialogue: the person's last one is over, and which update ended it is known.
_NOWHERE = ""


@dataclass(frozen=True, slots=True)
class Stand:
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
    flow = session.get(Flow, telegram_user_id)
    if flow is None:
        flow = Flow(telegram_user_id=telegram_user_id)
        session.add(flow)
    elif update_id is None or flow.update_id != update_id:
        flow.before = _snapshot(flow)
    flow.name, flow.step, flow.data, flow.update_id = name, step, dict(data), update_id
    flow.updated_at = utc_now()
    session.flush()


def find_stand(
    session: Session, telegram_user_id: int, update_id: int | None = None
) -> Stand | None:
    """Return where a person stands; None outside any dialogue, or when it was left alone.

    For an update that is handled again, where it found the person: what it led to was perhaps never
    said.
    """
    flow = session.get(Flow, telegram_user_id)
    if flow is None or flow.updated_at < utc_now() - FORGOTTEN_AFTER:
        return None
    is_again = update_id is not None and flow.update_id == update_id
    stand = flow.before if is_again else _snapshot(flow)
    return Stand(**stand) if stand else None


def _snapshot(flow: Flow) -> dict[str, Any] | None:
    if flow.name == _NOWHERE:
        return None
    return {name: getattr(flow, name) for name in _STAND}


def go_back(session: Session, telegram_user_id: int, update_id: int) -> None:
    """Put a person back where they stood before an update that is handled again, if it moved them.

    It leads on from there once more, to the same place.
    """
    flow = session.get(Flow, telegram_user_id)
    if flow is None or flow.update_id != update_id:
        return
    if flow.before is None:
        session.delete(flow)
    else:
        for name in _STAND:
            setattr(flow, name, flow.before[name])
        flow.before = None
    session.flush()


def leave(session: Session, telegram_user_id: int, update_id: int | None = None) -> bool:
    """End a person's dialogue; return whether there was one.

    With its `update_id` an update that is handled again is still known to have belonged to it.
    """
    flow = session.get(Flow, telegram_user_id)
    if flow is None:
        return False
    was_somewhere = flow.name != _NOWHERE
    if update_id is None:
        session.delete(flow)
    elif was_somewhere:
        flow.before = _snapshot(flow)
        flow.name, flow.step, flow.data, flow.update_id = _NOWHERE, "", {}, update_id
        flow.updated_at = utc_now()
    session.flush()
    return was_somewhere
