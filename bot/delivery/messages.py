"""What each kind of outbox row says: one entry in `KINDS` a kind."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from bot.db.engine import OUT_OF_REACH
from bot.delivery import escalation_messages, job_messages
from bot.delivery.kinds import Kind, Letter, number_of
from bot.errors import GoviError
from bot.i18n import Catalogue, Words
from bot.i18n.catalogue import MAIN_LANGUAGE
from bot.keyboards.escalations import heard_keyboard, withdraw_keyboard
from bot.rendering import Attachment, Rendered, render, render_text
from bot.services.answering import OwedReply, read_owed_reply
from bot.services.farmers import list_languages
from bot.services.hearsay import Heard, read_heard
from bot.services.outbox import LeasedMessage
from bot.services.reading_out import Spoken, keep_recording, read_spoken
from bot.services.remarks import Remark
from bot.speech import speak_or_none

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class UnknownKindError(GoviError):
    """The row was written by a newer release, or its renderer was never registered."""


def compose(
    session: "Session", catalogue: Catalogue, messages: Sequence[LeasedMessage]
) -> list[Rendered | Exception | None]:
    """Render messages from what the database says now; an error stands for what it hit alone.

    Raises:
        OUT_OF_REACH: Nothing more can be read.
    """
    languages = list_languages(session, [message.chat_id for message in messages])
    return [
        _compose(
            session,
            message,
            Words(catalogue, languages.get(message.chat_id, MAIN_LANGUAGE)),
        )
        for message in messages
    ]


def _compose(
    session: "Session", message: LeasedMessage, words: Words
) -> Rendered | Exception | None:
    try:
        kind = KINDS.get(message.kind)
        if kind is None:
            raise UnknownKindError(f"nothing renders outbox messages of kind {message.kind!r}")
        found = kind.read(session, message) if kind.read else None
        if kind.read and found is None:
            return None
        return kind.render(Letter(message, words, found))
    except OUT_OF_REACH:
        raise
    except Exception as error:
        return error


def _read_reply(session: "Session", message: LeasedMessage) -> OwedReply:
    return read_owed_reply(session, number_of(message.reply_id))


def _render_reply(letter: Letter) -> Rendered:
    """Answer, suggest, fall back, or ask for words; `with_question` repeats the question above."""
    owed: OwedReply = letter.found
    if owed.outcome.decision == "media":
        return _render_media(letter, owed)
    heading = f"❓ {owed.question}" if letter.data.get("with_question") else ""
    return render(letter.words, owed.outcome, owed.script, heading, owed.has_team)


def _render_media(letter: Letter, owed: OwedReply) -> Rendered:
    """Say that an officer will look at it or listen to it, or kindly that words are needed."""
    number = owed.outcome.ask_id
    if number is not None:
        kind = owed.kind if owed.kind in _OF_THEIR_OWN else "file"
        key = f"media.passed_on.{kind if owed.has_team else 'kept'}"
        text = letter.text(key, number=number)
        return render_text(text, withdraw_keyboard(letter.words, number))
    key = "ask.no_words" if owed.kind == "text" else f"media.{owed.kind}"
    return render_text(letter.text(key))


_OF_THEIR_OWN = ("photo", "voice")


def _read_spoken(session: "Session", message: LeasedMessage) -> Spoken | None:
    return read_spoken(session, number_of(message.reply_id))


def _render_spoken(letter: Letter) -> Rendered:
    """Read an answer out; Telegram has the recording if anybody ever heard the same words."""
    spoken: Spoken = letter.found
    recording = Attachment(
        "voice",
        partial(speak_or_none, spoken.text),
        known=spoken.file_id,
        keep=partial(keep_recording, digest=spoken.digest),
        excuse=letter.text("listen.failed"),
    )
    return Rendered((recording,))


def _read_heard(session: "Session", message: LeasedMessage) -> Heard | None:
    return read_heard(session, number_of(message.reply_id))


def _render_heard(letter: Letter) -> Rendered:
    """Ask whether a voice note says what was understood."""
    heard: Heard = letter.found
    text = letter.text("heard.ask", words=heard.words)
    return render_text(text, heard_keyboard(letter.words, heard.question_id))


def _render_remark(letter: Letter) -> Rendered:
    """Say something back to small talk, or what helps in an emergency."""
    remark = Remark(**letter.data)
    return render_text(letter.words.into(remark.language).text(remark.text_key))


def _render_set_aside(letter: Letter) -> Rendered:
    """Tell an admin that an update or a message was given up, and how to look at it."""
    key = f"operation.set_aside_{letter.data['queue']}"
    return render_text(letter.text(key, number=letter.data["number"]))


KINDS: dict[str, Kind] = {
    "set_aside": Kind(_render_set_aside),
    "reply": Kind(_render_reply, _read_reply),
    "remark": Kind(_render_remark),
    "heard": Kind(_render_heard, _read_heard),
    "spoken": Kind(_render_spoken, _read_spoken),
    **escalation_messages.KINDS,
    **job_messages.KINDS,
}
