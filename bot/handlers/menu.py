"""The command menu beside the text field: one for everybody, and one of their own for officers."""

import asyncio
import logging
from collections.abc import Iterable

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot import speech
from bot.handlers.context import GoviContext
from bot.i18n import Catalogue, Words
from bot.services.roles import Member, Role, find_member

logger = logging.getLogger(__name__)

FARMERS = ("start", "help", "mine", "listen", "language", "tips", "privacy")
OFFICERS = ("queue", "find", "team", "console", "cancel")
ADMINS = (
    "drafts", "stats", "add", "edit", "retire", "restore", "history", "try", "import", "export",
    "role",
)  # fmt: skip

_SCOPES: tuple[tuple[BotCommandScope, tuple[str, ...]], ...] = (
    (BotCommandScopeDefault(), FARMERS),
    (BotCommandScopeAllPrivateChats(), FARMERS),
    (BotCommandScopeAllGroupChats(), ("help",)),
)


async def set_menus(bot: ExtBot[None], catalogue: Catalogue, members: Iterable[Member]) -> None:
    """Set the menu of every scope and of everyone with a role.

    A bot without menus still answers, so failing is only logged. An officer who has not written
    to the bot yet has no chat to set a menu for; /start sets it.
    """
    try:
        for scope, names in _SCOPES:
            await bot.set_my_commands(_menu(Words(catalogue), names), scope=scope)
    except TelegramError as error:
        logger.warning("command menus not set", extra={"reason": str(error)})
    await asyncio.gather(*(_set_own(bot, catalogue, member) for member in members))


async def renew_menu(context: GoviContext, telegram_user_id: int) -> None:
    """Give a person the menu of what they hold now; failing is only logged."""
    member = await context.read(find_member, telegram_user_id)
    if member is not None:
        await _set_own(context.bot, context.catalogue, member)
        return
    try:
        await context.bot.delete_my_commands(BotCommandScopeChat(telegram_user_id))
    except TelegramError as error:
        _log(telegram_user_id, error)


async def _set_own(bot: ExtBot[None], catalogue: Catalogue, member: Member) -> None:
    names = FARMERS + OFFICERS + (ADMINS if member.role is Role.ADMIN else ())
    try:
        await bot.set_my_commands(
            _menu(Words(catalogue, member.language), names),
            scope=BotCommandScopeChat(member.telegram_user_id),
        )
    except TelegramError as error:
        _log(member.telegram_user_id, error)


def _menu(words: Words, names: Iterable[str]) -> list[BotCommand]:
    return [
        BotCommand(name, words.text(f"menu.{name}"))
        for name in names
        if name != "listen" or speech.can_speak()
    ]


def _log(telegram_user_id: int, error: TelegramError) -> None:
    facts = {"user_id": telegram_user_id, "reason": str(error)}
    logger.warning("a person's command menu not set", extra=facts)
