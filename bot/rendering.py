"""From an outcome to the text and buttons of a Telegram message."""

import html
import re
from dataclasses import dataclass

from telegram import InlineKeyboardMarkup
from telegram.constants import MessageLimit

from bot.handlers.keyboards import feedback_keyboard, suggestion_keyboard
from bot.i18n import Catalogue
from bot.services.answering import Outcome

LIMIT = int(MessageLimit.MAX_TEXT_LENGTH)
#: Where a long text may be cut, the best place first.
_BREAKS = ("\n\n", "\n", ". ", " ")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to send: HTML parts in order; the keyboard belongs under the last."""

    parts: tuple[str, ...]
    keyboard: InlineKeyboardMarkup | None = None


def render(outcome: Outcome, catalogue: Catalogue, language: str) -> Rendered:
    """Render an outcome in a language; everything stored or typed is escaped."""
    if outcome.decision == "answer" and outcome.answer is not None:
        keyboard = feedback_keyboard(outcome.reply_id, catalogue, language)
        return Rendered(split_html(outcome.answer), keyboard)
    if outcome.decision == "suggest":
        keyboard = suggestion_keyboard(outcome, catalogue, language)
        return Rendered(split_html(catalogue.text("ask.suggest", language)), keyboard)
    return Rendered(split_html(catalogue.text("ask.fallback", language)))


def split_html(text: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Escape a text and cut it into messages of at most `limit` UTF-16 units.

    Cuts fall between paragraphs, lines, sentences or words where that is possible, and never
    inside an entity or a character.
    """
    parts: list[str] = []
    rest = text.strip()
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
        used += len(html.escape(char, quote=False).encode("utf-16-le")) // 2
        if used > limit:
            return count
    return len(text)


def _break_before(text: str, length: int) -> int:
    for mark in _BREAKS:
        place = text.rfind(mark, length // 2, length)
        if place > 0:
            return place + len(mark.rstrip(" "))
    joined = re.search(r"[\u0d80-\u0dff\u200d]+$", text[:length])
    return joined.start() if joined and joined.start() > length // 2 else length
