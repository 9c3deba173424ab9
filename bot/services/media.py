"""Photos, voice notes and other recordings: kept by Telegram's file id, looked at by officers."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Attachment, Note, Question, Role
from bot.errors import MediaMissingError
from bot.services import audit, holds, roles
from bot.services.texts import sound_of, storable


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a message carries.

    Attributes:
        kind: "photo", "voice", "audio", "video", "video_note" or "document".
        file_id: Telegram's id of it, valid for this bot only.
        album_id: Telegram's name for the album that the message is part of.
        seconds: Length of a recording; None where there is none.
        attachment_id: Of what farmers sent, its number once it is kept.
    """

    kind: str
    file_id: str
    album_id: str | None = None
    seconds: int | None = None
    attachment_id: int | None = None

    @property
    def is_slip(self) -> bool:
        """Whether it is a voice note that was let go of before anything was said."""
        return self.kind == "voice" and self.seconds is not None and self.seconds <= SLIP_SECONDS


SLIP_SECONDS = 1


def media_of(note: Note) -> Media | None:
    """Return the file that an officer answered with, if any."""
    if note.file_kind is None or note.file_id is None:
        return None
    return Media(note.file_kind, note.file_id)


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
        question.album_id = question.album_id or media.album_id
        session.flush()
        session.expire(question, ["attachments"])


def list_media(question: Question) -> tuple[Media, ...]:
    """Return what a farmer sent with a question, or later in addition, oldest first."""
    return tuple(
        Media(each.kind, each.file_id, attachment_id=each.id) for each in question.attachments
    )


def read_media(session: Session, officer_id: int, attachment_id: int) -> Media:
    """Return where a farmer's photo or recording is; that it was looked at is recorded.

    Does not commit.

    Raises:
        NotAllowedError: The person is no officer.
        MediaMissingError: There is none of this number, or its farmer has taken it back.
    """
    roles.require(session, officer_id, Role.OFFICER)
    attachment = session.get(Attachment, attachment_id)
    if attachment is None or _is_taken_back(attachment.question):
        raise MediaMissingError(str(attachment_id))
    subject = f"question {attachment.question_id}"
    audit.record(session, officer_id, "read media", subject, f"attachment {attachment_id}")
    return Media(attachment.kind, attachment.file_id, attachment_id=attachment_id)


def _is_taken_back(question: Question) -> bool:
    return question.ask is not None and question.ask.withdrawn_at is not None


def join_album(session: Session, chat_id: int, message_id: int, media: Media, caption: str) -> bool:
    """Add a later message of an album to the question that its first one became.

    A caption that comes only now becomes the question's words. Does not commit.

    Returns:
        Whether there was such a question; if not, the message is the album's first.
    """
    if media.album_id is None:
        return False
    question = session.scalar(
        select(Question)
        .where(Question.album_id == media.album_id, Question.chat_id == chat_id)
        .order_by(Question.id)
        .limit(1)
    )
    if question is None:
        return False
    attach(session, question, media, message_id)
    if caption and not question.text:
        question.text, question.folded = storable(caption), sound_of(caption)
        if question.ask is not None:
            holds.retitle(session, question.ask.escalation)
    return True
