"""Numbered buttons of the team: callback data is a prefix, a verb, and numbers."""

import re
from collections.abc import Iterable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.excerpts import excerpt

#: Of curation's own buttons; others have theirs.
PREFIX = "k1"
LABEL_LIMIT = 40
_NUMBER = ":([0-9]{1,18})"


def shape(verb: str, count: int, prefix: str = PREFIX) -> re.Pattern[str]:
    """Return what callback data of a verb with so many numbers looks like; nothing else fits."""
    return re.compile(rf"{prefix}:{verb}{_NUMBER * count}\Z", re.ASCII)


def button(label: str, verb: str, *numbers: int, prefix: str = PREFIX) -> InlineKeyboardButton:
    """Return a button; a long label is cut.

    >>> button("Save", "as", 7).callback_data
    'k1:as:7'
    """
    data = ":".join([prefix, verb, *map(str, numbers)])
    return InlineKeyboardButton(excerpt(label, LABEL_LIMIT), callback_data=data)


def column(buttons: Iterable[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Return buttons one below another; None without any."""
    return rows(buttons, 1)


def rows(buttons: Iterable[InlineKeyboardButton], width: int) -> InlineKeyboardMarkup | None:
    """Return buttons in rows of `width`; None without any."""
    whole: Sequence[InlineKeyboardButton] = list(buttons)
    lines = [whole[start : start + width] for start in range(0, len(whole), width)]
    return InlineKeyboardMarkup(lines) if lines else None
