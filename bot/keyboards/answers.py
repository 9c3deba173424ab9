"""Buttons under replies of Govi's own: to rate, to choose, to listen, to try."""

import re
from typing import NamedTuple

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import speech
from bot.excerpts import excerpt
from bot.i18n import Words
from bot.services.answering import Outcome

#: Telegram cuts longer labels on narrow telephones.
LABEL_LIMIT = 60
_SHAPE = re.compile(r"1:([crudel])((?::[0-9]{1,18}){0,2})", re.ASCII)


class Choose(NamedTuple):
    """Answer the question with this suggested entry."""

    question_id: int
    entry_id: int


class Refuse(NamedTuple):
    """None of the suggestions."""

    question_id: int


class Rate(NamedTuple):
    """👍 or 👎 for an answer."""

    reply_id: int
    is_helpful: bool


class AskExample(NamedTuple):
    """Ask the example question of the welcome."""


class Listen(NamedTuple):
    """Hear an answer."""

    reply_id: int


Press = Choose | Refuse | Rate | AskExample | Listen


def encode(press: Press) -> str:
    """Write callback data.

    >>> encode(Choose(question_id=12, entry_id=7))
    '1:c:12:7'
    """
    match press:
        case Choose():
            return f"1:c:{press.question_id}:{press.entry_id}"
        case Refuse():
            return f"1:r:{press.question_id}"
        case Rate():
            return f"1:{'u' if press.is_helpful else 'd'}:{press.reply_id}"
        case AskExample():
            return "1:e"
        case Listen():
            return f"1:l:{press.reply_id}"


def decode(data: str) -> Press | None:
    """Read callback data; None for anything but what `encode` writes."""
    match = _SHAPE.fullmatch(data)
    if match is None:
        return None
    ids = [int(part) for part in match[2].split(":")[1:]]
    match match[1], ids:
        case "c", [question_id, entry_id]:
            return Choose(question_id, entry_id)
        case "r", [question_id]:
            return Refuse(question_id)
        case "u" | "d", [reply_id]:
            return Rate(reply_id, match[1] == "u")
        case "e", []:
            return AskExample()
        case "l", [reply_id]:
            return Listen(reply_id)
    return None


def rating_keyboard(
    words: Words, reply_id: int, *, is_read_out: bool = True
) -> InlineKeyboardMarkup:
    """Return 👍 and 👎 for an answer, and 🔊 where answers can be listened to."""
    rating = [
        _button(words.text("button.helpful"), Rate(reply_id, is_helpful=True)),
        _button(words.text("button.not_helpful"), Rate(reply_id, is_helpful=False)),
    ]
    if not is_read_out or not speech.can_speak():
        return InlineKeyboardMarkup([rating])
    listening = _button(words.text("button.listen"), Listen(reply_id))
    return InlineKeyboardMarkup([rating, [listening]])


def rated_keyboard(shown: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    """Return what stays of the buttons under an answer that was rated: 🔊, if it is there."""
    rows = shown.inline_keyboard if shown else ()
    left = [row for row in rows if isinstance(decode(str(row[0].callback_data)), Listen)]
    return InlineKeyboardMarkup(left) if left else None


def suggestion_keyboard(words: Words, outcome: Outcome) -> InlineKeyboardMarkup:
    """Return one button a suggested question, best first, and "none of these"."""
    rows = [
        [_button(each.phrasing, Choose(outcome.question_id, each.entry_id))]
        for each in outcome.suggestions
    ]
    none = _button(words.text("button.none_of_these"), Refuse(outcome.question_id))
    return InlineKeyboardMarkup([*rows, [none]])


def example_keyboard(words: Words) -> InlineKeyboardMarkup:
    """Return the example question; pressing it asks it."""
    question = words.text("start.example_question")
    label = words.text("start.example_button", question=question)
    return InlineKeyboardMarkup([[_button(label, AskExample())]])


def _button(label: str, press: Press) -> InlineKeyboardButton:
    return InlineKeyboardButton(excerpt(label, LABEL_LIMIT), callback_data=encode(press))
