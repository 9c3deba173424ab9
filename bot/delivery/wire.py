"""One message to Telegram: in its turn, and holding back when Telegram asks for it."""

import asyncio
import math
from dataclasses import dataclass
from datetime import timedelta

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import RetryAfter

from bot.delivery.pacing import Pacer

#: Whoever would have to wait longer for a turn is told to come back instead.
PATIENCE_SECONDS = 3.0

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: under `message_id` if that is still there, in a forum's topic."""

    chat_id: int
    message_id: int | None = None
    topic_id: int | None = None


class Wire:
    """Sends messages within Telegram's limits; everything that writes to chats goes through it."""

    def __init__(self, bot: Bot, pacer: Pacer) -> None:
        self._bot = bot
        self.pacer = pacer

    async def send(
        self, place: Place, text: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> int:
        """Send one message of escaped HTML when its turn comes; return its id.

        Raises:
            RetryAfter: Telegram asks to wait, or its limits demand more than a short wait.
            TelegramError: It was not taken, or Telegram's answer was lost.
        """
        await self._turn(place.chat_id)
        try:
            message = await self._bot.send_message(
                chat_id=place.chat_id,
                text=text,
                parse_mode=ParseMode.HTML,
                message_thread_id=place.topic_id,
                reply_parameters=_under(place),
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard,
            )
        except RetryAfter as error:
            self.pacer.hold(place.chat_id, seconds_of(error))
            raise
        return message.message_id

    async def _turn(self, chat_id: int) -> None:
        while (delay := self.pacer.delay(chat_id)) > 0:
            if delay > PATIENCE_SECONDS:
                raise RetryAfter(math.ceil(delay))
            await asyncio.sleep(delay)
        self.pacer.note(chat_id)


def seconds_of(error: RetryAfter) -> float:
    """Return how long Telegram asks to wait, whichever type this release gives."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _under(place: Place) -> ReplyParameters | None:
    if place.message_id is None:
        return None
    return ReplyParameters(place.message_id, allow_sending_without_reply=True)
