"""A farmer asks: a question, an edited question, or something that is not a question.

Handlers record; the reply is owed in the same transaction, and the sender sends it.
"""

import contextlib
import logging

from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded
from bot.handlers.hearing import listen_in
from bot.handlers.incoming import get_message, has_words, read_message, replied_to
from bot.handlers.my_questions import is_detail
from bot.handlers.replying import reply
from bot.services.answering import Incoming, is_stray, record_media, record_question
from bot.services.details import follow_up, join_album
from bot.services.remarks import record_remark

logger = logging.getLogger(__name__)


async def ask_question(update: Update, context: GoviContext) -> None:
    """Answer a text, or add it to the question that it replies to.

    One without a word that is no small talk either is taken as media.
    """
    incoming = read_message(update)
    if await _is_dealt_with(update, context, incoming):
        return
    remark = context.desk.services.recognition.small_talk(incoming.text)
    if remark is not None:
        await context.run(record_remark, incoming, remark)
    elif has_words(incoming.text):
        await decide(context, incoming, replied_to(get_message(update)))
    else:
        await context.run(record_media, incoming)


async def receive_media(update: Update, context: GoviContext) -> None:
    """Take in what is no text: its caption is looked up first, officers see what they can.

    Of an album the first message is answered; the others only add to it. Of a change a caption is
    looked at alone.
    """
    incoming = read_message(update)
    if await _joins_album(context, incoming) or await _is_dealt_with(update, context, incoming):
        return
    if _is_question(context, incoming.text):
        await decide(context, incoming, replied_to(get_message(update)))
    elif not incoming.is_edit:
        outcome = await context.run(record_media, incoming)
        listen_in(context, incoming, outcome.question_id)


async def follow_album(update: Update, context: GoviContext) -> None:
    """Add a photo to what the first of its album asked, which alone names the bot in a group."""
    await _joins_album(context, read_message(update))


async def _is_dealt_with(update: Update, context: GoviContext, incoming: Incoming) -> bool:
    """Add a message to an open question, or refuse an edit that is none; return whether it was."""
    if await is_detail(update, context, incoming):
        return True
    if not incoming.is_edit or not await context.read(is_stray, incoming):
        return False
    await _refuse_edit(update, context)
    return True


@guarded
async def _refuse_edit(update: Update, context: GoviContext) -> None:
    await reply(update, context, context.text("ask.no_edits"))


async def _joins_album(context: GoviContext, incoming: Incoming) -> bool:
    media = incoming.media
    if media is None or media.album_id is None:
        return False
    place = incoming.asker.chat_id, incoming.message_id
    return await context.run(join_album, *place, media, incoming.text)


def _is_question(context: GoviContext, caption: str) -> bool:
    if caption.startswith("/") or not has_words(caption):
        return False
    return context.desk.services.recognition.small_talk(caption) is None


async def decide(context: GoviContext, incoming: Incoming, replied: Message | None = None) -> None:
    """Search and record, showing "typing" meanwhile.

    What nothing fits, in reply to an earlier answer, is about that: an officer reads both.
    """
    context.desk.do_aside(_show_typing(context, incoming))
    result = await context.search(incoming.text)
    is_lost = result.decision.kind == "fallback" and not incoming.is_edit
    if is_lost and replied and await context.run(follow_up, incoming, replied.message_id):
        return
    outcome = await context.run(record_question, incoming, result)
    context.desk.services.vitals.count("decisions", outcome.decision)
    logger.info(
        "question decided",
        extra={
            "action": outcome.decision,
            "question_id": outcome.question_id,
            "score": round(result.decision.score, 3),
            "seconds": round(result.seconds, 4),
        },
    )


async def _show_typing(context: GoviContext, incoming: Incoming) -> None:
    """Show "typing"; if that fails the answer matters more."""
    with contextlib.suppress(TelegramError, RuntimeError):  # the latter when it is shutting down
        await context.bot.send_chat_action(
            incoming.asker.chat_id, ChatAction.TYPING, message_thread_id=incoming.topic_id
        )
