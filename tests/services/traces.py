"""What people leave behind, to be forgotten."""

from typing import Any
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Attachment,
    ConsoleSession,
    EscalationState,
    Note,
    Question,
    ReceivedUpdate,
    SignInLink,
)
from bot.services import dialogues, inbox, outbox
from bot.services.media import Media, attach
from tests.services.asking import ask, escalate, farmer, rate
from tests.services.curating import OFFICER

ME, OTHER = 987_654_321, 12
MINE = "මගේ ගොයම මැරෙනවා රහසක්"
#: What a model understood of a voice note, and Telegram's id of it.
HEARD, VOICE = "හඬින් කියපු රහසක්", "file-of-a-voice-note"


def mine(session: Session, text: str = MINE, **fields: Any) -> Question:
    """A question of the person's, under their message 5."""
    own = {"farmer": farmer(session, ME), "chat_id": ME, "message_id": 5}
    question = ask(session, text, **(own | fields))
    attach(session, question, Media("photo", "f1"), 5)
    return question


def theirs(session: Session, text: str = "අනිත් කෙනාගේ") -> Question:
    """A neighbour's question."""
    return ask(session, text, farmer=farmer(session, OTHER), chat_id=OTHER, message_id=6)


def raw(text: str, person: int = ME, chat: int = ME) -> dict[str, Any]:
    """An update as Telegram sends it."""
    message = {"message_id": 5, "from": {"id": person}, "chat": {"id": chat}, "text": text}
    return {"update_id": crc32(f"{chat} {text}".encode()), "message": message}


def live(session: Session) -> None:
    """Everything that a person can leave behind."""
    answered = mine(session, MINE, decision="answer")
    rate(session, answered, is_helpful=False)
    answered.transcript = HEARD
    session.add(Attachment(question=answered, kind="voice", file_id=VOICE, message_id=5))
    group = escalate(session, mine(session), state=EscalationState.CLAIMED)
    group.claimed_by = OFFICER
    note = Note(escalation=group, ask_id=group.asks[0].id, kind="detail", text=MINE)
    session.add(note)
    dialogues.enter(session, ME, "add", "title", {"title": MINE})
    outbox.post(session, ME, "reply", {"text": MINE}, reply_id=answered.replies[0].id)
    outbox.post(session, ME, "officer_answer", {"note_id": 1}, escalation_id=group.id)
    outbox.post(session, ME, "tip")
    session.add(SignInLink(telegram_user_id=ME, token_hash="a link", expires_at=utc_now()))
    session.add(ConsoleSession(telegram_user_id=ME, token_hash="a cookie"))
    inbox.store(session, [raw(MINE), raw(f"{MINE} කණ්ඩායමක", chat=-100)])
    for row in session.scalars(select(ReceivedUpdate)):
        inbox.fail(session, row.update_id, "broken", None)
    session.flush()
