"""Buttons by which a person asks for seasonal tips, or for no more of them."""

import re

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Words

#: What the handler takes; anything else, and any later version, is out of date.
CHOOSE_TIPS = re.compile(r"t1:(on|off)\Z")


def start_keyboard(words: Words) -> InlineKeyboardMarkup:
    """Return the button that asks for tips."""
    return _keyboard(words.text("tip.start"), "t1:on")


def stop_keyboard(words: Words) -> InlineKeyboardMarkup:
    """Return the button that stops them; it is under each of them."""
    return _keyboard(words.text("tip.stop"), "t1:off")


def _keyboard(label: str, data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)]])
