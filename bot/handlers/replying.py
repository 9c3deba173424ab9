"""Saying something at once: prompts and menus, which nobody misses when the process dies.

What carries an answer or concerns an escalation is owed instead, by `outbox.post`.
"""

from telegram import InlineKeyboardMarkup, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.delivery.wire import Place, is_muted, is_unknown
from bot.errors import PrivateFirstError
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_message, get_user, is_private, topic_of
from bot.rendering import Rendered, render_text
from bot.services.farmers import mark_unreachable

__all__ = ["Place", "place_of", "reply", "say", "send", "show"]


def place_of(update: Update) -> Place:
    """Return the place under the update's own message."""
    message = get_message(update)
    return Place(message.chat_id, message.message_id, topic_of(message))


async def send(context: GoviContext, place: Place, rendered: Rendered) -> bool:
    """Send all parts, unless the bot may not write there; return whether it may.

    Raises:
        TelegramError: Telegram did not take it.
    """
    try:
        await _send_parts(context, place, rendered)
    except ChatMigrated as moved:
        await _send_parts(context, Place(moved.new_chat_id), rendered)
    except Forbidden:
        if place.chat_id > 0:  # a private chat has its person's own id
            await context.run(mark_unreachable, place.chat_id)
        return False
    except BadRequest as error:
        if not (is_muted(error) or is_unknown(error)):
            raise
        return False
    return True


async def reply(
    update: Update, context: GoviContext, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Say something under the update's own message, be it in a group."""
    await send(context, place_of(update), render_text(text, keyboard))


async def say(
    update: Update, context: GoviContext, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Say something under the message that was sent, or that carries the pressed button.

    What was pressed in a group is answered in the person's private chat.

    Raises:
        PrivateFirstError: As `show`.
    """
    await show(update, context, render_text(text, keyboard))


async def show(update: Update, context: GoviContext, rendered: Rendered) -> None:
    """Send where only the person reads: under their message, or just in their private chat.

    Raises:
        PrivateFirstError: They are in a group, and have never written to the bot.
    """
    # A button's message may be too old for Telegram to show.
    is_there = update.effective_message is not None and is_private(update)
    place = place_of(update) if is_there else Place(get_user(update).id)
    if not await send(context, place, rendered) and not is_private(update):
        raise PrivateFirstError


async def _send_parts(context: GoviContext, place: Place, rendered: Rendered) -> None:
    *before, last = rendered.parts
    for part in before:
        await context.desk.wire.send(place, part)
    await context.desk.wire.send(place, last, rendered.keyboard)
