"""Buttons of the officers' queue."""

import zlib
from collections.abc import Iterable
from functools import partial

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.handlers import registering
from bot.keyboards import numbered
from bot.services.queue import AreaCount

PREFIX = "q1"

on_press = partial(registering.on_press, prefix=PREFIX)


def button(label: str, verb: str, *numbers: int) -> InlineKeyboardButton:
    """Return a button; a long label is cut.

    >>> button("Open", "o", 12).callback_data
    'q1:o:12'
    """
    return numbered.button(label, verb, *numbers, prefix=PREFIX)


def keyboard(lines: Iterable[Iterable[InlineKeyboardButton]]) -> InlineKeyboardMarkup | None:
    """Return buttons in lines; empty lines are left out, None without any button."""
    whole = [list(line) for line in lines]
    filled = [line for line in whole if line]
    return InlineKeyboardMarkup(filled) if filled else None


def code_of(area: str | None) -> int:
    """Return the number that stands for an area in a button; 0 stands for all of them.

    >>> code_of("paddy") == code_of("paddy") != code_of(None)
    True
    """
    return 1 + zlib.crc32((area or "").encode())


def area_of(code: int, areas: Iterable[AreaCount]) -> str | None:
    """Return the area that a number stands for, "" for none, as `queue.list_queue` takes it.

    An area in which nothing waits any more counts as all of them.
    """
    return next((each.area or "" for each in areas if code_of(each.area) == code), None)


def turn(verb: str, page: int, pages: int, *numbers: int) -> list[InlineKeyboardButton]:
    """Return the buttons that turn a page; the page goes behind the other numbers."""
    return [
        button(label, verb, *numbers, to)
        for label, to in (("◀", page - 1), ("▶", page + 1))
        if 0 <= to < pages
    ]
