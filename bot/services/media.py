"""Photos, voice notes and other recordings: kept by Telegram's file id, looked at by officers."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.models import Ask, Attachment, Note, Question, Role
from bot.errors import MediaMissingError
from bot.services import audit, roles


class Media(NamedTuple):
    """A file that a message carries.

    Attributes:
        kind: "photo", "voice", "audio", "video", "video_note", "animation" or "document".
        file_id: Telegram's id of it, valid for this bot only.
        album_id: Telegram's name for the album that the message is part of.
        seconds: Length of a recording; None where there is none.
        attachment_id: Of what farmers sent, its number once it is kept.
        note_id: Of what an officer answered with, the number of that answer.
    """

    kind: str
    file_id: str
    album_id: str | None = None
    seconds: int | None = None
    attachment_id: int | None = None
    note_id: int | None = None

    @property
    def is_slip(self) -> bool:
        """Whether it is a voice note that was let go of before anything was said."""
        return self.kind == "voice" and self.seconds is not None and self.seconds <= SLIP_SECONDS


SLIP_SECONDS = 1


def media_of(note: Note) -> Media | None:
    """Return the file that an officer answered with, if any."""
    if note.file_kind is None or note.file_id is None:
        return None
    return Media(note.file_kind, note.file_id, note_id=note.id)


def attach(session: Session, question: Question, media: Media, message_id: int) -> None:
    """Keep a file with a question, once a message; does not commit."""
    session.flush()
    known = select(Attachment.id).where(
        Attachment.question_id == question.id,
        Attachment.message_id == message_id,
        Attachment.file_id == media.file_id,
    )
    if session.scalar(known) is None:
        session.add(
            Attachment(
                question_id=question.id,
                kind=media.kind,
                file_id=media.file_id,
                message_id=message_id,
            )
        )
        question.album_id = media.album_id or question.album_id
        session.flush()
        session.expire(question, ["attachments"])


def take_along(session: Session, before: Sequence[Question], question: Question) -> None:
    """Let what came in other messages with what was asked before belong to another question."""
    session.execute(
        update(Attachment)
        .where(
            Attachment.question_id.in_([each.id for each in before]),
            Attachment.message_id != question.message_id,
        )
        .values(question_id=question.id)
    )
    session.expire(question, ["attachments"])


def list_media(question: Question) -> tuple[Media, ...]:
    """Return what a farmer sent with a question, or later in addition, oldest first."""
    return tuple(_sent(each) for each in question.attachments)


def kind_of(session: Session, escalation_id: int, text: str) -> str:
    """Return what an escalation without words began with: "photo", "voice" and so on.

    One with words is "text", as is one whose askers wanted to be forgotten.
    """
    first = (
        select(Question.kind)
        .join(Ask, Ask.question_id == Question.id)
        .where(Ask.escalation_id == escalation_id, Ask.withdrawn_at.is_(None))
        .order_by(Ask.id)
        .limit(1)
    )
    return "text" if text else session.scalar(first) or "text"


def is_taken_back(question: Question) -> bool:
    """Whether its farmer wants no answer to a question any more: then nobody looks at what came."""
    return question.ask is not None and question.ask.withdrawn_at is not None


def find_sent(session: Session, officer_id: int, attachment_id: int) -> Media:
    """Return where a farmer's photo or recording is; whoever shows it records that.

    Raises:
        NotAllowedError: The person is no officer.
        MediaMissingError: There is none of this number, or its farmer has taken it back.
    """
    roles.require(session, officer_id, Role.OFFICER)
    attachment = session.get(Attachment, attachment_id)
    if attachment is None or is_taken_back(attachment.question):
        raise MediaMissingError(str(attachment_id))
    return _sent(attachment)


def find_answered(session: Session, officer_id: int, note_id: int) -> Media:
    """Return where the photo or recording is that an officer answered with; as `find_sent`.

    Raises:
        NotAllowedError: The person is no officer.
        MediaMissingError: There is no such answer, or it was in words alone.
    """
    roles.require(session, officer_id, Role.OFFICER)
    note = session.get(Note, note_id)
    media = media_of(note) if note is not None else None
    if media is None:
        raise MediaMissingError(str(note_id))
    return media


def record_look(session: Session, officer_id: int, media: Media) -> None:
    """Record that somebody looks at a photo or listens to a recording. Does not commit.

    Raises:
        NotAllowedError: The person is no officer.
        MediaMissingError: It is not there any more.
    """
    roles.require(session, officer_id, Role.OFFICER)
    attachment = session.get(Attachment, media.attachment_id or 0)
    note = session.get(Note, media.note_id or 0)
    if attachment is not None:
        subject, which = f"question {attachment.question_id}", f"attachment {attachment.id}"
    elif note is not None:
        subject, which = f"escalation {note.escalation_id}", f"note {note.id}"
    else:
        raise MediaMissingError(str(media.attachment_id or media.note_id))
    audit.record(session, officer_id, "read media", subject, which)


def _sent(attachment: Attachment) -> Media:
    return Media(attachment.kind, attachment.file_id, attachment_id=attachment.id)
