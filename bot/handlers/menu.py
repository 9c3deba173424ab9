"""The command menu beside the text field."""

import logging

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.i18n import Catalogue

logger = logging.getLogger(__name__)

COMMANDS = ("start", "help")

_SCOPES: tuple[tuple[BotCommandScope, tuple[str, ...]], ...] = (
    (BotCommandScopeDefault(), COMMANDS),
    (BotCommandScopeAllPrivateChats(), COMMANDS),
    (BotCommandScopeAllGroupChats(), ("help",)),
)


async def set_menus(bot: ExtBot[None], catalogue: Catalogue) -> None:
    """Set the menu of every scope; a bot without menus still answers, so failing is only logged."""
    try:
        for scope, names in _SCOPES:
            menu = [BotCommand(name, catalogue.text(f"menu.{name}")) for name in names]
            await bot.set_my_commands(menu, scope=scope)
    except TelegramError as error:
        logger.warning("command menus not set", extra={"reason": str(error)})
