"""A farmer asks: a question, an edited question, or something that is not a question."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable

from telegram import Update
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.handlers.context import GoviContext
from bot.handlers.incoming import has_words, read_message
from bot.handlers.replying import Place, deliver, place_of
from bot.rendering import render, render_text
from bot.services.answering import (
    Incoming,
    Outcome,
    find_outcome,
    record_media,
    record_question,
)
from retrieval import SearchResult, detect_script

logger = logging.getLogger(__name__)


async def ask_question(update: Update, context: GoviContext) -> None:
    """Answer a text under the farmer's own message; one without a word is taken as media."""
    incoming = read_message(update)
    if not has_words(incoming.text):
        await receive_media(update, context)
        return
    place = place_of(update)
    outcome = await decide(context, incoming, place)
    rendered = render(context.catalogue, outcome, detect_script(incoming.text))
    await deliver(context, place, outcome, rendered)


async def receive_media(update: Update, context: GoviContext) -> None:
    """Say kindly that words are needed, and record what came."""
    incoming = read_message(update)
    outcome = await context.run(find_outcome, incoming.update_id)
    if outcome is None:
        outcome = await context.run(record_media, incoming)
    key = "ask.no_words" if incoming.kind == "text" else f"media.{incoming.kind}"
    await deliver(context, place_of(update), outcome, render_text(context.catalogue.text(key)))


async def decide(context: GoviContext, incoming: Incoming, place: Place) -> Outcome:
    """Search and record, showing "typing" meanwhile; an update handled before is not repeated."""
    known = await context.run(find_outcome, incoming.update_id)
    if known is not None:
        return known
    result = await _while_typing(context, place, context.search(incoming.text))
    outcome = await context.run(record_question, incoming, result)
    logger.info(
        "question decided",
        extra={
            "action": outcome.decision,
            "question_id": outcome.question_id,
            "score": round(result.decision.score, 3),
            "seconds": round(result.seconds, 4),
        },
    )
    return outcome


async def _while_typing(
    context: GoviContext, place: Place, search: Awaitable[SearchResult]
) -> SearchResult:
    result, _ = await asyncio.gather(search, _show_typing(context, place))
    return result


async def _show_typing(context: GoviContext, place: Place) -> None:
    """Show "typing"; if that fails the answer matters more."""
    with contextlib.suppress(TelegramError):
        await context.bot.send_chat_action(
            place.chat_id, ChatAction.TYPING, message_thread_id=place.topic_id
        )
