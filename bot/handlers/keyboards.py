"""Buttons, and the callback data behind them: ids only, never text, at most 64 bytes."""

import re
from dataclasses import dataclass
from typing import Literal

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.errors import RequestError
from bot.i18n import Catalogue
from bot.services.answering import Outcome

Action = Literal["choose", "none", "up", "down", "example"]

#: Version of the format; a button of another version is answered as out of date.
_VERSION = "1"
_LETTERS: dict[Action, str] = {"choose": "c", "none": "n", "up": "u", "down": "d", "example": "e"}
_ACTIONS = {letter: action for action, letter in _LETTERS.items()}
_IDS: dict[Action, int] = {"choose": 2, "none": 1, "up": 1, "down": 1, "example": 0}
_SHAPE = re.compile(r"1:([cnude])((?::[0-9]{1,18}){0,2})", re.ASCII)
#: Telegram cuts longer labels on narrow phones.
_LABEL_LIMIT = 60


class CallbackDataError(RequestError):
    """The button's data is not ours, or of an older version."""


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button: what it asks for, and the ids that it carries."""

    action: Action
    ids: tuple[int, ...] = ()


def encode(action: Action, *ids: int) -> str:
    """Write callback data.

    >>> encode("choose", 12, 7)
    '1:c:12:7'
    """
    return ":".join([_VERSION, _LETTERS[action], *map(str, ids)])


def decode(data: object) -> Press:
    """Read callback data.

    Raises:
        CallbackDataError: It is anything but what `encode` writes.
    """
    match = _SHAPE.fullmatch(data) if isinstance(data, str) else None
    if match is None:
        raise CallbackDataError
    action = _ACTIONS[match[1]]
    ids = tuple(int(part) for part in match[2].split(":")[1:])
    if len(ids) != _IDS[action]:
        raise CallbackDataError
    return Press(action, ids)


def feedback_keyboard(reply_id: int, catalogue: Catalogue, language: str) -> InlineKeyboardMarkup:
    """Return 👍 and 👎 for an answer."""
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(
                    catalogue.text("button.up", language), callback_data=encode("up", reply_id)
                ),
                InlineKeyboardButton(
                    catalogue.text("button.down", language), callback_data=encode("down", reply_id)
                ),
            ]
        ]
    )


def suggestion_keyboard(
    outcome: Outcome, catalogue: Catalogue, language: str
) -> InlineKeyboardMarkup:
    """Return one button a suggested question, and "none of these"."""
    rows = [
        [
            InlineKeyboardButton(
                _shorten(suggestion.phrasing),
                callback_data=encode("choose", outcome.question_id, suggestion.entry_id),
            )
        ]
        for suggestion in outcome.suggestions
    ]
    none = InlineKeyboardButton(
        catalogue.text("button.none_of_these", language),
        callback_data=encode("none", outcome.question_id),
    )
    return InlineKeyboardMarkup([*rows, [none]])


def example_keyboard(catalogue: Catalogue, language: str) -> InlineKeyboardMarkup:
    """Return the example question of the welcome; pressing it asks it."""
    label = catalogue.text("start.example", language)
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(_shorten(label), callback_data=encode("example"))]]
    )


def _shorten(label: str) -> str:
    if len(label) <= _LABEL_LIMIT:
        return label
    return label[: _LABEL_LIMIT - 1].rsplit(" ", 1)[0] + "…"
