"""Buttons under what is owed about escalations, to farmers and officers."""

import re

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Words
from bot.keyboards.numbered import in_lines
from bot.services.rating import REASONS

#: What each handler takes; anything else, and any later version, is out of date.
WITHDRAW = re.compile(r"f1:w:([0-9]{1,18})\Z", re.ASCII)
WITHDRAW_LISTED = re.compile(r"f1:m:([0-9]{1,18})\Z", re.ASCII)
GIVE_REASON = re.compile(r"f1:r:([0-9]{1,18}):([0-2]):([0-9]{1,18})\Z", re.ASCII)
HEARD = re.compile(r"f1:h:([0-9]{1,18})\Z", re.ASCII)
MISHEARD = re.compile(r"f1:x:([0-9]{1,18})\Z", re.ASCII)


def heard_keyboard(words: Words, question_id: int) -> InlineKeyboardMarkup:
    """Return "yes" and "no" to what was understood of a voice note."""
    buttons = [
        InlineKeyboardButton(words.text(key), callback_data=f"f1:{verb}:{question_id}")
        for key, verb in (("heard.yes", "h"), ("heard.no", "x"))
    ]
    return InlineKeyboardMarkup([buttons])


def withdraw_keyboard(words: Words, ask_id: int) -> InlineKeyboardMarkup:
    """Return the button that takes a question back."""
    label = words.text("passed_on.withdraw")
    return InlineKeyboardMarkup([[_withdraw(label, ask_id)]])


def reason_keyboard(words: Words, reply_id: int, ask_id: int) -> InlineKeyboardMarkup:
    """Return why the answer `reply_id` was no use, and the button that takes the question back."""
    reasons = [
        InlineKeyboardButton(
            words.text(f"passed_on.reason.{reason}"),
            callback_data=f"f1:r:{reply_id}:{number}:{ask_id}",
        )
        for number, reason in enumerate(REASONS)
    ]
    label = words.text("passed_on.withdraw")
    return InlineKeyboardMarkup([reasons, [_withdraw(label, ask_id)]])


def mine_keyboard(words: Words, ask_ids: list[int]) -> InlineKeyboardMarkup | None:
    """Return a button that takes each of the questions back; None without any."""
    rows = [
        [
            InlineKeyboardButton(
                words.text("mine.withdraw", number=ask_id),
                callback_data=f"f1:m:{ask_id}",
            )
        ]
        for ask_id in ask_ids
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def open_keyboard(words: Words, escalation_ids: list[int]) -> InlineKeyboardMarkup:
    """Return a button that opens each escalation in an officer's chat, three a line."""
    buttons = [
        InlineKeyboardButton(
            words.text("notice.open", number=number), callback_data=f"q1:o:{number}"
        )
        for number in escalation_ids
    ]
    return InlineKeyboardMarkup(in_lines(buttons, 3))


def _withdraw(label: str, ask_id: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=f"f1:w:{ask_id}")
