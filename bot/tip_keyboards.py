"""Buttons by which a person asks for seasonal tips, or for no more of them."""

import re

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Catalogue

#: What the handler takes; anything else, and any later version, is out of date.
CHOOSE_TIPS = re.compile(r"t1:(on|off)\Z")


def start_keyboard(catalogue: Catalogue, language: str) -> InlineKeyboardMarkup:
    """Return the button that asks for tips."""
    return _keyboard(catalogue.text("tip.start", language), "t1:on")


def stop_keyboard(catalogue: Catalogue, language: str) -> InlineKeyboardMarkup:
    """Return the button that stops them; it is under each of them."""
    return _keyboard(catalogue.text("tip.stop", language), "t1:off")


def _keyboard(label: str, data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)]])
