"""One message to Telegram: in its turn, and holding back when Telegram asks for it."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.delivery.pacing import Pacer
from bot.rendering import Attachment, Part

#: Whoever would have to wait longer for a turn is told to come back instead.
PATIENCE_SECONDS = 3.0

#: What Telegram says where the bot may not write.
_MUTED = ("not enough rights to send", "no rights to send", "chat_write_forbidden")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Place(NamedTuple):
    """Where a message goes: under `message_id` if that is still there, in a forum's topic."""

    chat_id: int
    message_id: int | None = None
    topic_id: int | None = None


class Wire:
    """Sends messages within Telegram's limits; everything that writes to chats goes through it."""

    def __init__(self, bot: Bot, pacer: Pacer) -> None:
        self._bot = bot
        self.pacer = pacer
        # Its own thread: many officers wait for one chart, and everybody else for the shared ones.
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="attachment")

    async def send(
        self, place: Place, part: Part, keyboard: InlineKeyboardMarkup | None = None
    ) -> int:
        """Send one message when its turn comes; return its id.

        Raises:
            RetryAfter: Telegram asks to wait, or its limits demand more than a short wait.
            TelegramError: It was not taken, or Telegram's answer was lost.
        """
        return (await self.deliver(place, part, keyboard)).message_id

    async def deliver(
        self, place: Place, part: Part, keyboard: InlineKeyboardMarkup | None = None
    ) -> Message:
        """Send one message when its turn comes; return it as Telegram shows it.

        Raises:
            RetryAfter, TelegramError: As `send`.
        """
        if isinstance(part, str):
            return await self._in_turn(place, partial(self._send_text, part, keyboard))
        if part.known is not None:
            with contextlib.suppress(BadRequest):  # another bot's, or lost
                return await self._in_turn(
                    place, partial(self._send_file, part, part.known, keyboard)
                )
        content = await self._content(part)
        if content is not None:
            send = partial(self._send_file, part, content, keyboard)
            try:
                return await self._in_turn(place, send)
            except BadRequest:  # such as from one who takes no voice notes
                if not part.excuse:
                    raise
        text = part.excuse or part.caption
        return await self._in_turn(place, partial(self._send_text, text, keyboard))

    async def _in_turn(self, place: Place, send: Callable[[Place], Awaitable[Message]]) -> Message:
        """Send when it is the chat's turn; what a forum's topic does not take goes to its main one.

        A topic may have been closed or deleted since.
        """
        await self._turn(place.chat_id)
        try:
            return await send(place)
        except RetryAfter as error:
            self.pacer.hold(place.chat_id, seconds_of(error))
            raise
        except BadRequest as error:
            if place.topic_id is None or not _is_about_topic(error):
                raise
        # Under a message of that topic it would stand in that topic again.
        return await self._in_turn(Place(place.chat_id), send)

    async def _send_text(
        self, text: str, keyboard: InlineKeyboardMarkup | None, place: Place
    ) -> Message:
        return await self._bot.send_message(
            chat_id=place.chat_id,
            text=text,
            parse_mode=ParseMode.HTML,
            message_thread_id=place.topic_id,
            reply_parameters=_under(place),
            link_preview_options=_NO_PREVIEW,
            reply_markup=keyboard,
        )

    async def _send_file(
        self,
        attachment: Attachment,
        content: str | bytes,
        keyboard: InlineKeyboardMarkup | None,
        place: Place,
    ) -> Message:
        # Of all kinds a video note alone has no caption.
        caption = {"caption": attachment.caption or None, "parse_mode": ParseMode.HTML}
        send: Callable[..., Awaitable[Message]] = getattr(self._bot, f"send_{attachment.kind}")
        return await send(
            place.chat_id,
            content,
            **({} if attachment.kind == "video_note" else caption),
            message_thread_id=place.topic_id,
            reply_parameters=_under(place),
            reply_markup=keyboard,
        )

    async def _content(self, attachment: Attachment) -> str | bytes | None:
        """Return a file's id at Telegram, or its bytes; None if there are none."""
        if isinstance(attachment.content, str):
            return attachment.content
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._maker, attachment.content)

    async def _turn(self, chat_id: int) -> None:
        while (delay := self.pacer.delay(chat_id)) > 0:
            if delay > PATIENCE_SECONDS:
                raise RetryAfter(math.ceil(delay))
            await asyncio.sleep(delay)
        self.pacer.note(chat_id)


def is_our_fault(error: BaseException) -> bool:
    """Whether Telegram, or the way there, will refuse the same call however often it is made.

    To PTB both are errors of the network: a bad request, and text that cannot be encoded.
    """
    if isinstance(error, BadRequest):
        return True
    return isinstance(error, NetworkError) and isinstance(error.__cause__, UnicodeError | TypeError)


def is_muted(error: BaseException) -> bool:
    """Whether a group lets the bot read, but not write."""
    said = error.message.lower() if isinstance(error, BadRequest) else ""
    return any(words in said for words in _MUTED)


def is_unknown(error: BaseException) -> bool:
    """Whether a chat is none that the bot may write to, or has vanished."""
    return isinstance(error, BadRequest) and "chat not found" in error.message.lower()


def seconds_of(error: RetryAfter) -> float:
    """Return how long Telegram asks to wait, whichever type this release gives."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _is_about_topic(error: BadRequest) -> bool:
    said = error.message.lower()
    return "thread not found" in said or "topic_" in said


def _under(place: Place) -> ReplyParameters | None:
    if place.message_id is None:
        return None
    return ReplyParameters(place.message_id, allow_sending_without_reply=True)
