"""Sending a reply and recording that it was sent."""

from dataclasses import dataclass
from datetime import UTC, datetime

from telegram import LinkPreviewOptions, Message, ReplyParameters, Update
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, Forbidden

from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_message
from bot.rendering import Rendered
from bot.services.answering import Outcome, mark_sent
from bot.services.farmers import mark_unreachable

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply goes: under `message_id` if that is still there, in a forum's topic."""

    chat_id: int
    message_id: int | None = None
    topic_id: int | None = None


def place_of(update: Update) -> Place:
    """Return the place under the update's own message."""
    message = get_message(update)
    return Place(message.chat_id, message.message_id, topic_of(message))


def topic_of(message: Message) -> int | None:
    """Return the forum topic that a message stands in, if any."""
    return message.message_thread_id if message.is_topic_message else None


async def deliver(context: GoviContext, place: Place, outcome: Outcome, rendered: Rendered) -> None:
    """Send what is owed for a question unless it was sent before, and record it.

    Should the process die between sending and recording, it is sent again: Telegram cannot tell
    a repeat, and a farmer who hears twice is better off than one who never hears.

    Raises:
        TelegramError: It could not be sent now; the update must be handled again.
    """
    if outcome.message_id is not None:
        return
    message_id = await send(context, place, rendered)
    if message_id is not None:
        await context.run(mark_sent, outcome.reply_id, message_id, datetime.now(UTC))


async def send(context: GoviContext, place: Place, rendered: Rendered) -> int | None:
    """Send all parts; return the last one's message id, or None if the person blocked the bot.

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


async def _send_parts(context: GoviContext, place: Place, rendered: Rendered) -> int:
    sent: Message | None = None
    for number, part in enumerate(rendered.parts, 1):
        sent = await context.bot.send_message(
            chat_id=place.chat_id,
            text=part,
            parse_mode=ParseMode.HTML,
            message_thread_id=place.topic_id,
            reply_parameters=_under(place),
            link_preview_options=_NO_PREVIEW,
            reply_markup=rendered.keyboard if number == len(rendered.parts) else None,
        )
    if sent is None:
        raise ValueError("a reply without text")
    return sent.message_id


def _under(place: Place) -> ReplyParameters | None:
    if place.message_id is None:
        return None
    return ReplyParameters(place.message_id, allow_sending_without_reply=True)
