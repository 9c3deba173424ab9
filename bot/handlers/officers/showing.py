"""Photos and voice notes of farmers, shown to an officer under the farmer's number."""

from telegram import Update
from telegram.error import BadRequest

from bot.handlers.context import GoviContext
from bot.handlers.curation.answering import say
from bot.handlers.incoming import get_user
from bot.handlers.replying import Place, send
from bot.rendering import Attachment, Rendered
from bot.services.media import Media


async def show_media(update: Update, context: GoviContext, media: Media, caption: str) -> None:
    """Send a file anew by its id, which names nobody, as forwarding it would."""
    attachment = Attachment(media.kind, media.file_id, caption)
    try:
        await send(context, Place(get_user(update).id), Rendered((attachment,)))
    except BadRequest:  # the farmer's file is gone at Telegram
        await say(update, context, context.text("officer.media_gone", farmer=caption))
