"""Officers, and farmers' questions that wait for them."""

from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Escalation, OutgoingMessage, Question, Role, RoleGrant
from bot.services.escalating import escalate
from retrieval.likeness import pack
from tests.services.asking import ask, farmer

SUNIL, MALA, ADMIN = 2001, 2002, 3001
NAMES = {SUNIL: "සුනිල්", MALA: "මාලා", ADMIN: "කමල්"}


def appoint(session: Session, telegram_user_id: int, role: Role = Role.OFFICER) -> int:
    """Give a person a role and a name; return their id."""
    name = NAMES.get(telegram_user_id)
    session.add(
        RoleGrant(telegram_user_id=telegram_user_id, role=role, granted_by="test", name=name)
    )
    session.flush()
    return telegram_user_id


def question_of(session: Session, telegram_user_id: int, text: str, **fields: Any) -> Question:
    """Store a question that a farmer typed in their private chat."""
    number = session.query(Question).count() + 100
    places = {"chat_id": telegram_user_id, "message_id": number}
    return ask(session, text, farmer=farmer(session, telegram_user_id), **(places | fields))


def vector(*numbers: float) -> dict[str, Any]:
    """A question's embedding, as fields of the question."""
    return {"vector": pack(np.array(numbers, dtype=np.float32)), "model_id": "m"}


def pass_on(
    session: Session, text: str, *farmers: int, reason: str = "fallback", **fields: Any
) -> Escalation:
    """Let farmers ask the same in one escalation."""
    groups = [
        escalate(session, question_of(session, each, text, **fields), reason)
        for each in farmers or (11,)
    ]
    return groups[-1]


def kinds_owed(session: Session, chat_id: int) -> list[str]:
    """What a chat is owed, in order."""
    owed = select(OutgoingMessage.kind).where(OutgoingMessage.chat_id == chat_id)
    return list(session.scalars(owed.order_by(OutgoingMessage.id)))
