"""/console: the way into the web console."""

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CommandHandler

from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded, in_private
from bot.handlers.incoming import ADDRESSED, get_user
from bot.handlers.replying import reply
from bot.i18n.moments import say_time
from bot.services.signing_in import create_link


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [CommandHandler("console", send_link, filters=ADDRESSED)]


@guarded
@in_private
async def send_link(update: Update, context: GoviContext) -> None:
    """Send an officer a link that signs them in once."""
    link = await context.run(create_link, get_user(update).id)
    address = f"{context.desk.services.settings.console}/sign-in/{link.token}"
    text = context.text("console.link", until=say_time(link.expires_at), link=address)
    await reply(update, context, text)
