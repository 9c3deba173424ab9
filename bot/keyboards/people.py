"""Buttons about people: language, privacy, and who is on the team."""

import re

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Catalogue
from bot.services.farmers import LANGUAGES
from bot.services.roles import Member

#: What each handler takes; anything else, and any later version, is out of date.
PICK_LANGUAGE = re.compile(rf"p1:l:({'|'.join(LANGUAGES)})\Z")
LET_BE_KEPT = re.compile(r"p1:k:([01])\Z")
FORGET = re.compile(r"p1:f\Z")
KEEP = re.compile(r"p1:n\Z")
SHOW_TEAM = re.compile(r"p1:t:([0-9]{1,4})\Z")
ASK_REMOVAL = re.compile(r"p1:x:([0-9]{1,18})\Z")
REMOVE = re.compile(r"p1:y:([0-9]{1,18})\Z")

LABEL_LIMIT = 40


def language_keyboard(catalogue: Catalogue) -> InlineKeyboardMarkup:
    """Return each language, called what its speakers call it."""
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(catalogue.text(f"language.{code}"), callback_data=f"p1:l:{code}")]
            for code in LANGUAGES
        ]
    )


def consent_keyboard(label: str, is_kept: bool) -> InlineKeyboardMarkup:
    """Return the button that changes what a person has said about their questions."""
    data = f"p1:k:{int(not is_kept)}"
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)]])


def forgetting_keyboard(yes: str, no: str) -> InlineKeyboardMarkup:
    """Return yes and no to erasing everything."""
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(yes, callback_data="p1:f")],
            [InlineKeyboardButton(no, callback_data="p1:n")],
        ]
    )


def team_keyboard(
    members: list[Member], can_remove: bool, page: int, page_count: int
) -> InlineKeyboardMarkup | None:
    """Return a button to remove each of the members shown, and those that turn the page."""
    removing = [[_removal_button(each)] for each in members if can_remove]
    turning = [
        InlineKeyboardButton(label, callback_data=f"p1:t:{to}")
        for label, to in (("◀", page - 1), ("▶", page + 1))
        if 0 <= to < page_count
    ]
    rows = [*removing, *([turning] if turning else [])]
    return InlineKeyboardMarkup(rows) if rows else None


def removal_keyboard(yes: str, no: str, grant_id: int) -> InlineKeyboardMarkup:
    """Return yes and no; no leads back to the list."""
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(yes, callback_data=f"p1:y:{grant_id}")],
            [InlineKeyboardButton(no, callback_data="p1:t:0")],
        ]
    )


def _removal_button(member: Member) -> InlineKeyboardButton:
    label = f"❌ {member.name[:LABEL_LIMIT]}"
    return InlineKeyboardButton(label, callback_data=f"p1:x:{member.grant_id}")
