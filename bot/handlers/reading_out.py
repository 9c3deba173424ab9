"""/listen and 🔊: an answer as a voice message."""

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CommandHandler

from bot import speech
from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded
from bot.handlers.incoming import ADDRESSED, get_message, read_asker, replied_to
from bot.handlers.replying import reply
from bot.services.reading_out import find_answer, read_out


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [CommandHandler("listen", listen, filters=ADDRESSED)]


@guarded
async def listen(update: Update, context: GoviContext) -> None:
    """Read out the answer that the command replies to, or else the person's latest one here."""
    replied = replied_to(get_message(update))
    replied_id = replied.message_id if replied else None
    reply_id = await context.run(find_answer, read_asker(update), replied_id)
    key = "listen.none"
    if reply_id is not None:
        key = await read_out_answer(update, context, reply_id)
    if key != "listen.coming":
        await reply(update, context, context.text(key))


async def read_out_answer(update: Update, context: GoviContext, reply_id: int) -> str:
    """Owe an asker's own answer as a voice message; return the key of what to say to that.

    Raises:
        NotYoursError, StaleButtonError: As `bot.services.reading_out.read_out`.
    """
    if not speech.can_speak():
        return "listen.off"
    await context.run(read_out, reply_id, read_asker(update), update.update_id)
    return "listen.coming"
