"""Numbered buttons of the team: callback data is a prefix, a verb, and numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.excerpts import excerpt

#: Of curation's own buttons; others have theirs.
PREFIX = "k1"
LABEL_LIMIT = 40
_DATA = re.compile(r"(\w+:\w+)((?::[0-9]{1,18})*)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shape:
    """What callback data of a verb with so many numbers looks like; nothing else fits."""

    verb: str
    count: int
    prefix: str = PREFIX

    def __call__(self, data: object) -> bool:
        """Whether callback data fits, as PTB asks."""
        return self.numbers(str(data)) is not None

    def numbers(self, data: str) -> list[int] | None:
        """Return the numbers of what fits; None of anything else.

        >>> Shape("as", 1).numbers("k1:as:7")
        [7]
        """
        found = _DATA.match(data)
        if found is None or found[1] != f"{self.prefix}:{self.verb}":
            return None
        numbers = [int(number) for number in found[2].split(":")[1:]]
        return numbers if len(numbers) == self.count else None


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
    lines = in_lines(list(buttons), width)
    return InlineKeyboardMarkup(lines) if lines else None


def in_lines(
    buttons: Sequence[InlineKeyboardButton], width: int
) -> list[Sequence[InlineKeyboardButton]]:
    """Return buttons parted into lines of `width`."""
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]
