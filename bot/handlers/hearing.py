"""Voice notes that Govi listens to itself, where that is set up: what it understood is a guess."""

import logging
import re
from typing import Any

from telegram import CallbackQuery, Update
from telegram.error import TelegramError
from telegram.ext import BaseHandler

from bot.handlers.context import GoviContext
from bot.handlers.incoming import has_words, read_asker
from bot.handlers.pressing import answer_press, remove_buttons
from bot.handlers.registering import on_button
from bot.hearing import LONGEST_SECONDS, Hearing, HearingError
from bot.keyboards.escalations import HEARD, MISHEARD
from bot.services.answering import Incoming
from bot.services.farmers import Asker
from bot.services.hearsay import ask_heard, forget_heard, read_own_words, suggest_words
from bot.services.media import Media
from bot.services.remarks import record_remark

logger = logging.getLogger(__name__)


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [on_button(HEARD, confirm), on_button(MISHEARD, deny)]


def listen_in(context: GoviContext, incoming: Incoming, question_id: int) -> None:
    """Begin to write a voice note down, if that is set up; an officer has it in any case.

    It is lost if the process ends meanwhile.
    """
    hearing, media = context.desk.services.hearing, incoming.media
    if hearing is None or media is None or media.kind != "voice" or media.is_slip:
        return
    if media.seconds is not None and media.seconds <= LONGEST_SECONDS:
        context.desk.do_aside(_suggest(context, hearing, media, incoming.asker, question_id))


async def confirm(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Ask what was understood, as if it had been written; a call for help is one."""
    question_id, asker = int(match[1]), read_asker(update)
    words = await context.read(read_own_words, question_id, asker)
    remark = context.desk.services.recognition.emergency(words)
    if remark is None:
        result = await context.search(words)
        await context.run(ask_heard, question_id, asker, update.update_id, result)
    else:
        message_id = query.message.message_id if query.message else 0
        incoming = Incoming(asker, words, update.update_id, message_id)
        await context.run(record_remark, incoming, remark)
        await context.run(forget_heard, question_id, asker)
    await answer_press(query, context.text("button.chosen"))
    await remove_buttons(query)


async def deny(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Drop what was understood; an officer listens."""
    await context.run(forget_heard, int(match[1]), read_asker(update))
    await answer_press(query, context.text("heard.denied"))
    await remove_buttons(query)


async def _suggest(
    context: GoviContext, hearing: Hearing, media: Media, asker: Asker, question_id: int
) -> None:
    language = "ta" if asker.language == "ta" else "si"
    try:
        file = await context.bot.get_file(media.file_id)
        words = await hearing.hear(bytes(await file.download_as_bytearray()), language)
        if has_words(words):
            await context.run(suggest_words, question_id, words)
    except (TelegramError, HearingError) as error:
        facts = {"question_id": question_id, "reason": str(error)}
        logger.warning("voice note not written down", extra=facts)
