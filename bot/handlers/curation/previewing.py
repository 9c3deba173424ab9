"""A new entry before it is saved: whole, with what is wrong with it, or what is like it."""

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from bot.errors import KnowledgeError
from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_for_near
from bot.handlers.curation.wording import say_near
from bot.handlers.incoming import get_user
from bot.handlers.replying import say
from bot.i18n.faults import say_faults
from bot.keyboards.numbered import in_lines, rows
from bot.services.editing import PARTS, check_new


async def show_new(
    update: Update,
    context: GoviContext,
    data: Mapping[str, Any],
    shown: str,
    *,
    saving: InlineKeyboardButton,
    changing: Sequence[InlineKeyboardButton],
) -> None:
    """Show what a dialogue has gathered; the button to save it only if it can be saved as it is.

    Args:
        update: What led here.
        context: Of the update.
        data: Of the dialogue; all of `PARTS`.
        shown: The entry in words.
        saving: The button that saves it.
        changing: Those that ask for one part anew.
    """
    fields = {name: data[name] for name in PARTS}
    try:
        draft = await context.read(check_new, get_user(update).id, fields)
    except KnowledgeError as error:
        text = f"{shown}\n\n{say_faults(context.words, error)}"
        await say(update, context, text, rows(changing, 2))
        return
    near = await look_for_near(update, context, list(draft.phrasings))
    text = "\n\n".join(part for part in (shown, say_near(context, near)) if part)
    keyboard = InlineKeyboardMarkup([[saving], *in_lines(changing, 2)])
    await say(update, context, text, keyboard)
