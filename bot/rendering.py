"""From an outcome to the text and buttons of a Telegram message."""

import html
from collections.abc import Callable
from typing import NamedTuple

from telegram import InlineKeyboardMarkup
from telegram.constants import MessageLimit

from bot.i18n import Words
from bot.keyboards.answers import rating_keyboard, suggestion_keyboard
from bot.keyboards.escalations import withdraw_keyboard
from bot.services.answering import Outcome
from bot.services.media import Media
from bot.services.texts import straight

LIMIT = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_LIMIT = int(MessageLimit.CAPTION_LENGTH)
#: Where a long text may be cut, the best place first.
_BREAKS = ("\n\n", "\n", ". ", " ")


class Attachment(NamedTuple):
    """A photo, a voice note or another file, which is a message of its own.

    Attributes:
        kind: What it is sent as: "photo", "voice", "audio", "video", "video_note", "animation",
            "document".
        content: Telegram's id of a file that it knows; or what makes the bytes, called in a
            thread of its own when it is sent. If that returns None, the caption goes alone, as
            text.
        caption: Escaped HTML of at most `CAPTION_LIMIT` units.
        known: Telegram's id of the same file sent before; if it is refused, `content` is sent.
        keep: A service function that is told Telegram's id of the file once it is sent.
        excuse: Escaped HTML that goes instead when there are no bytes, or nobody takes them.
    """

    kind: str
    content: str | Callable[[], bytes | None]
    caption: str = ""
    known: str | None = None
    keep: Callable[..., object] | None = None
    excuse: str = ""


#: One message: escaped HTML, or a file with its caption.
Part = str | Attachment


class Rendered(NamedTuple):
    """What is ready to send: the messages in order; the keyboard is for the last."""

    parts: tuple[Part, ...]
    keyboard: InlineKeyboardMarkup | None = None


def render(
    words: Words,
    outcome: Outcome,
    script: str = "",
    heading: str = "",
    has_team: bool = True,
) -> Rendered:
    """Render an outcome.

    Args:
        words: Govi's own, in what the person reads.
        outcome: What is owed.
        script: The question's script; to one in "tamil" our own sentences are Tamil too.
        heading: A line to put above, such as a question that a button asked.
        has_team: Whether there is anybody who could look at what is passed on.
    """
    above = f"{heading}\n\n" if heading else ""
    if outcome.decision == "answer" and outcome.answer is not None:
        return render_rated(words, above + outcome.answer, outcome.reply_id)
    words = words.into("ta" if script == "tamil" else "")
    if outcome.decision == "suggest":
        keyboard = suggestion_keyboard(words, outcome)
        return render_text(above + words.text("ask.suggest"), keyboard)
    if outcome.ask_id is None:
        return render_text(above + words.text("ask.fallback"))
    text = words.text("ask.passed_on" if has_team else "ask.kept", number=outcome.ask_id)
    return render_text(above + text, withdraw_keyboard(words, outcome.ask_id))


def render_rated(
    words: Words, text: str, reply_id: int, media: Media | None = None, excuse: str = ""
) -> Rendered:
    """Render an answer with 👍 and 👎; one that is shown or said by a file cannot be read out.

    `excuse` is the plain text that goes instead if Telegram does not take the file.
    """
    if media is None:
        return render_text(text, rating_keyboard(words, reply_id))
    keyboard = rating_keyboard(words, reply_id, is_read_out=False)
    return render_file(media.kind, media.file_id, text, keyboard, excuse=excuse)


def render_text(text: str, keyboard: InlineKeyboardMarkup | None = None) -> Rendered:
    """Render a plain text: escaped, and cut where Telegram would refuse its length."""
    return Rendered(split_html(text), keyboard)


def render_photo(
    content: str | Callable[[], bytes | None],
    text: str,
    keyboard: InlineKeyboardMarkup | None = None,
) -> Rendered:
    """Render a picture with a plain text; as `render_file`."""
    return render_file("photo", content, text, keyboard)


def render_file(
    kind: str,
    content: str | Callable[[], bytes | None],
    text: str,
    keyboard: InlineKeyboardMarkup | None = None,
    *,
    excuse: str = "",
) -> Rendered:
    """Render a file with a plain text: as its caption, or below it when that does not fit.

    `excuse` is a short plain text that goes instead of the file if Telegram does not take it.
    """
    captions = split_html(text, CAPTION_LIMIT)
    if len(captions) == 1 and kind != "video_note":  # which alone has none
        instead = "".join(split_html(f"{text}\n\n{excuse}")) if excuse else ""
        return Rendered((Attachment(kind, content, captions[0], excuse=instead),), keyboard)
    instead = "".join(split_html(excuse))
    return Rendered((Attachment(kind, content, excuse=instead), *split_html(text)), keyboard)


def split_html(text: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Escape a text and cut it into messages of at most `limit` UTF-16 units.

    What would turn its direction is left out. Cuts fall between paragraphs, lines, sentences or
    words where that is possible, and never inside an entity, a character or what a joiner holds
    together.
    """
    parts: list[str] = []
    rest = straight(text).strip()
    while rest:
        length = _longest_prefix(rest, limit)
        if length < len(rest):
            length = _break_before(rest, length)
        parts.append(html.escape(rest[:length].strip(), quote=False))
        rest = rest[length:].strip()
    return tuple(parts)


def _longest_prefix(text: str, limit: int) -> int:
    """Count the characters that fit into `limit` UTF-16 units once they are escaped."""
    used = 0
    for count, char in enumerate(text):
        used += len(html.escape(char, quote=False).encode("utf-16-le", "surrogatepass")) // 2
        if used > limit:
            return max(count, 1)
    return len(text)


def _break_before(text: str, length: int) -> int:
    for mark in _BREAKS:
        place = text.rfind(mark, length // 2, length)
        if place > 0:
            return place + len(mark.rstrip(" "))
    while length > 1 and (_is_joined(text[length]) or text[length - 1] == "\u200d"):
        length -= 1
    return length


def _is_joined(char: str) -> bool:
    """Whether a character belongs to the letter before it: a vowel sign, virama or joiner."""
    return "\u0dca" <= char <= "\u0df3" or char == "\u200d"
