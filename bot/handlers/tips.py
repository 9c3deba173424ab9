"""/tips: advice in its season, for those who ask for it."""

import re
from typing import Any

from telegram import CallbackQuery, Update
from telegram.ext import BaseHandler, CommandHandler

from bot.db.base import utc_now
from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded, in_private
from bot.handlers.incoming import ADDRESSED, get_user, read_asker
from bot.handlers.pressing import answer_press, remove_buttons
from bot.handlers.registering import on_button
from bot.handlers.replying import place_of, send
from bot.keyboards.tips import CHOOSE_TIPS, start_keyboard, stop_keyboard
from bot.rendering import Rendered, render_text
from bot.services.tips import choose_tips, wants_tips


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [
        CommandHandler("tips", show_tips, filters=ADDRESSED),
        on_button(CHOOSE_TIPS, press_tips, is_private=True),
    ]


@guarded
@in_private
async def show_tips(update: Update, context: GoviContext) -> None:
    """Say whether the person gets tips, with a button for the other; "on" and "off" choose."""
    word = (context.args or [""])[0].lower()
    if word in ("on", "off"):
        await context.run(choose_tips, read_asker(update), word == "on", utc_now())
        await send(context, place_of(update), _chosen(context, word == "on"))
        return
    are_wanted = await context.read(wants_tips, get_user(update).id)
    await send(context, place_of(update), _state(context, are_wanted))


async def press_tips(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Do what the button says; a tip that carries it stays to be read."""
    are_wanted = match[1] == "on"
    await context.run(choose_tips, read_asker(update), are_wanted, utc_now())
    await answer_press(query, context.text("button.chosen"))
    await remove_buttons(query)
    await send(context, place_of(update), _chosen(context, are_wanted))


def _chosen(context: GoviContext, are_wanted: bool) -> Rendered:
    return render_text(context.text("tip.on" if are_wanted else "tip.off"))


def _state(context: GoviContext, are_wanted: bool) -> Rendered:
    if are_wanted:
        keyboard = stop_keyboard(context.words)
        return render_text(context.text("tip.are_on"), keyboard)
    keyboard = start_keyboard(context.words)
    return render_text(context.text("tip.are_off"), keyboard)
