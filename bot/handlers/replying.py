"""Saying something at once: prompts and menus, which nobody misses when the process dies.

What carries an answer or concerns an escalation is owed instead, by `outbox.post`.
"""

from telegram import Update
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.delivery.wire import Place, is_muted
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_message, topic_of
from bot.rendering import Rendered
from bot.services.farmers import mark_unreachable

__all__ = ["Place", "place_of", "send"]


def place_of(update: Update) -> Place:
    """Return the place under the update's own message."""
    message = get_message(update)
    return Place(message.chat_id, message.message_id, topic_of(message))


async def send(context: GoviContext, place: Place, rendered: Rendered) -> int | None:
    """Send all parts; return the last one's message id, or None if the bot may not write there.

    Raises:
        TelegramError: Telegram did not take it.
    """
    try:
        return await _send_parts(context, place, rendered)
    except ChatMigrated as moved:
        return await _send_parts(context, Place(moved.new_chat_id), rendered)
    except Forbidden:
        if place.chat_id > 0:  # a private chat has its person's own id
            await context.run(mark_unreachable, place.chat_id)
        return None
    except BadRequest as error:
        if is_muted(error):
            return None
        raise


async def _send_parts(context: GoviContext, place: Place, rendered: Rendered) -> int:
    sent: int | None = None
    for number, part in enumerate(rendered.parts, 1):
        keyboard = rendered.keyboard if number == len(rendered.parts) else None
        sent = await context.desk.wire.send(place, part, keyboard)
    if sent is None:
        raise ValueError("a reply without text")
    return sent
