"""/language: what a person wants to read."""

import re
from typing import Any

from telegram import CallbackQuery, Update
from telegram.ext import BaseHandler, CommandHandler

from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded, in_private
from bot.handlers.incoming import ADDRESSED, read_asker
from bot.handlers.menu import renew_menu
from bot.handlers.pressing import answer_press, show_instead
from bot.handlers.registering import on_button
from bot.handlers.replying import reply
from bot.keyboards.people import PICK_LANGUAGE, language_keyboard
from bot.rendering import render_text
from bot.services.farmers import choose_language


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [
        CommandHandler("language", ask_language, filters=ADDRESSED),
        on_button(PICK_LANGUAGE, pick_language, is_private=True),
    ]


@guarded
@in_private
async def ask_language(update: Update, context: GoviContext) -> None:
    """Offer the languages."""
    await reply(update, context, context.text("language.ask"), language_keyboard(context.catalogue))


async def pick_language(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Speak the chosen language from now on, in the menu too."""
    asker = read_asker(update)
    await context.run(choose_language, asker, match[1])
    context.language = match[1]
    await answer_press(query, context.text("language.chosen"))
    await show_instead(query, render_text(context.text("language.chosen")))
    await renew_menu(context, asker.telegram_user_id)
