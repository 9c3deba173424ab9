"""/language: what a person wants to read."""

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler

from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded, in_private
from bot.handlers.incoming import ADDRESSED, read_asker
from bot.handlers.menu import renew_menu
from bot.handlers.pressing import answer_press, show_instead
from bot.handlers.replying import place_of, send
from bot.keyboards.people import PICK_LANGUAGE, language_keyboard
from bot.rendering import render_text
from bot.services.farmers import choose_language


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [
        CommandHandler("language", ask_language, filters=ADDRESSED),
        CallbackQueryHandler(pick_language, pattern=PICK_LANGUAGE),
    ]


@guarded
@in_private
async def ask_language(update: Update, context: GoviContext) -> None:
    """Offer the languages."""
    rendered = render_text(context.text("language.ask"), language_keyboard(context.catalogue))
    await send(context, place_of(update), rendered)


@guarded
@in_private
async def pick_language(update: Update, context: GoviContext) -> None:
    """Speak the chosen language from now on, in the menu too."""
    query, match = update.callback_query, context.match
    if query is None or match is None:
        return
    asker = read_asker(update)
    await context.run(choose_language, asker, match[1])
    context.language = match[1]
    await answer_press(query, context.text("language.chosen"))
    await show_instead(query, render_text(context.text("language.chosen")))
    await renew_menu(context, asker.telegram_user_id)
