"""Answers as voice messages: who may hear which, and what was recorded before."""

import hashlib
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    EntryStatus,
    Lane,
    Note,
    OutboxStatus,
    OutgoingMessage,
    Question,
    Recording,
    Reply,
)
from bot.errors import StaleButtonError
from bot.services import outbox
from bot.services.farmers import Asker, get_farmer
from bot.services.questions import ANSWERS, refuse_others

#: Part of every digest; a change of the voice or the pace needs another one.
MANNER = "espeak-ng 1"


class Spoken(NamedTuple):
    """An answer to be heard.

    Attributes:
        digest: Names the recording of exactly these words.
        file_id: Telegram's id of the recording, if it was ever sent.
    """

    text: str
    digest: str
    file_id: str | None


def find_answer(session: Session, asker: Asker, message_id: int | None) -> int | None:
    """Return the reply that a message carries, or the asker's latest answer in the chat.

    A message that carries no answer of theirs leads to None.
    """
    answers = select(Reply.id).join(Reply.question).where(
        Reply.kind.in_(ANSWERS),
        Question.farmer_id == get_farmer(session, asker).id,
        Question.chat_id == asker.chat_id,
    )  # fmt: skip
    if message_id is not None:
        answers = answers.where(Reply.message_id == message_id)
    return session.scalar(answers.order_by(Reply.id.desc()).limit(1))


def read_out(session: Session, reply_id: int, asker: Asker, update_id: int) -> None:
    """Owe an answer as a voice message, unless it is on its way already; does not commit.

    Raises:
        NotYoursError: The asker is not the one who got the reply.
        StaleButtonError: It is no answer, or its entry was taken out of use.
    """
    reply = session.get(Reply, reply_id)
    if reply is None or _find_words(session, reply) is None:
        raise StaleButtonError
    question = reply.question
    refuse_others(session, question, asker)
    if question.chat_id is None or _is_coming(session, reply_id):
        return
    outbox.post(
        session,
        question.chat_id,
        "spoken",
        lane=Lane.REPLY,
        reply_id=reply_id,
        under_message_id=reply.message_id,
        topic_id=question.topic_id,
        once_key=f"spoken-{update_id}",
    )


def read_spoken(session: Session, reply_id: int) -> Spoken | None:
    """Return what is to be heard of an answer; None if it was taken out of use meanwhile."""
    text = _find_words(session, session.get_one(Reply, reply_id))
    if text is None:
        return None
    digest = hashlib.sha256(f"{MANNER}\n{text}".encode()).hexdigest()
    known = _find_recording(session, digest)
    return Spoken(text, digest, known.file_id if known else None)


def keep_recording(session: Session, file_id: str, digest: str) -> None:
    """Remember what Telegram calls a recording; does not commit."""
    known = _find_recording(session, digest)
    if known is None:
        session.add(Recording(digest=digest, file_id=file_id))
    else:
        known.file_id = file_id


def _find_recording(session: Session, digest: str) -> Recording | None:
    return session.scalar(select(Recording).where(Recording.digest == digest))


def _is_coming(session: Session, reply_id: int) -> bool:
    waiting = select(OutgoingMessage.id).where(
        OutgoingMessage.reply_id == reply_id,
        OutgoingMessage.kind == "spoken",
        OutgoingMessage.status == OutboxStatus.PENDING,
    )
    return session.scalar(waiting.limit(1)) is not None


def _find_words(session: Session, reply: Reply) -> str | None:
    """Return the answer that a reply carries: an entry's as it stands now, or an officer's."""
    if reply.kind not in ANSWERS:
        return None
    if reply.entry is not None:
        is_shown = reply.entry.status is EntryStatus.PUBLISHED
        return reply.entry.answer if is_shown else None
    # An officer's replies bear the instant of the note that they carry.
    written = select(Note.text).where(Note.kind == "answer", Note.written_at == reply.created_at)
    own = written.join(Ask, Ask.escalation_id == Note.escalation_id).where(
        Ask.question_id == reply.question_id
    )
    words = session.scalar(own.limit(1))
    if words is None:  # it stays where it was written when an asker is split off
        words = session.scalar(written.limit(1))
    return words or None
