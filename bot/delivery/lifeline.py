"""What helps in an emergency, said at once: for when it cannot be written down and owed.

Nothing here waits for the database. A person is told once for each message, however often a failing
update is tried again; once the database is back they hear it again by the outbox, and officers are
told. Hearing it twice is better than not at all.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from telegram import Bot
from telegram.error import TelegramError

from bot.delivery.pacing import Pacer
from bot.delivery.wire import Place, Wire
from bot.i18n import Words
from bot.rendering import render_text
from bot.services.remarks import Remark

if TYPE_CHECKING:
    from bot.bootstrap import Services

T = TypeVar("T")

#: How long the database may take before people in need are answered without it.
PATIENCE_SECONDS = 3.0
#: Messages that are remembered as told.
MOST_REMEMBERED = 10_000

logger = logging.getLogger(__name__)


class Lifeline:
    """Says what helps, past the database, the search and every limit of ours."""

    def __init__(self, bot: Bot, services: "Services") -> None:
        """Take what to send with, and the rules and words."""
        self._wire = Wire(bot, Pacer())
        self._services = services
        self._told: dict[tuple[int, int | None], None] = {}

    async def during(self, writing: Coroutine[Any, Any, T], raw_updates: Iterable[Any]) -> T:
        """Wait for updates to be written down; answer calls for help if that is slow or fails.

        Raises:
            Exception: Whatever `writing` raises.
        """
        task = asyncio.ensure_future(writing)
        try:
            await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            if not task.done() or task.exception() is not None:
                await self.answer(raw_updates)
            return await task
        finally:
            task.cancel()

    async def say(self, place: Place, remark: Remark) -> None:
        """Send the reply to a call for help; a failure is logged, never raised."""
        told = (place.chat_id, place.message_id)
        if told in self._told:
            return
        words = Words(self._services.catalogue).into(remark.language)
        try:
            for part in render_text(words.text(remark.text_key)).parts:
                await self._wire.send(place, part)
        except TelegramError as error:
            logger.warning("not told what helps", extra={"reason": type(error).__name__})
            return
        self._remember(told)

    async def answer(self, raw_updates: Iterable[Any]) -> None:
        """Say what helps to everyone who calls for help in updates that could not be stored.

        In a group only to those who name the bot or reply to a bot.
        """
        for raw in raw_updates:
            message = _message(raw)
            text = message.get("text") or message.get("caption")
            if not isinstance(text, str) or not _is_meant(message, text):
                continue
            remark = self._services.recognition.emergency(text)
            place = _place(message)
            if remark is not None and place is not None:
                await self.say(place, remark)

    def _remember(self, told: tuple[int, int | None]) -> None:
        self._told[told] = None
        while len(self._told) > MOST_REMEMBERED:
            del self._told[next(iter(self._told))]


def _message(raw: Any) -> Mapping[str, Any]:
    """Find the message of a raw update without trusting its shape."""
    if not isinstance(raw, Mapping):
        return {}
    message = raw.get("message") or raw.get("edited_message")
    return message if isinstance(message, Mapping) else {}


def _place(message: Mapping[str, Any]) -> Place | None:
    chat, message_id = message.get("chat"), message.get("message_id")
    if not isinstance(chat, Mapping) or not isinstance(chat.get("id"), int):
        return None
    topic_id = message.get("message_thread_id") if message.get("is_topic_message") else None
    return Place(chat["id"], message_id if isinstance(message_id, int) else None, topic_id)


def _is_meant(message: Mapping[str, Any], text: str) -> bool:
    chat, replied = message.get("chat"), message.get("reply_to_message")
    if isinstance(chat, Mapping) and chat.get("type") == "private":
        return True
    author = replied.get("from") if isinstance(replied, Mapping) else None
    return "@" in text or (isinstance(author, Mapping) and author.get("is_bot") is True)
