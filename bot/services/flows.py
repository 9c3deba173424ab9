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
        flow.before = {name: getattr(flow, name) for name in _STAND}
    flow.name, flow.step, flow.data, flow.update_id = name, step, dict(data), update_id
    flow.updated_at = utc_now()
    session.flush()


def find_stand(session: Session, telegram_user_id: int) -> Stand | None:
    """Return where a person stands; None outside any dialogue, or when it was left alone."""
    flow = session.get(Flow, telegram_user_id)
    if flow is None or flow.updated_at < utc_now() - FORGOTTEN_AFTER:
        return None
    return Stand(flow.name, flow.step, flow.data, flow.update_id)


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


def leave(session: Session, telegram_user_id: int) -> bool:
    """End a person's dialogue; return whether there was one."""
    flow = session.get(Flow, telegram_user_id)
    if flow is None:
        return False
    session.delete(flow)
    session.flush()
    return True
