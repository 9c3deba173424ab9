"""Photos and voice notes of farmers, shown to an officer under the farmer's number."""

from functools import partial
from html import escape

from telegram import Update

from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.replying import Place, send
from bot.rendering import Attachment, Rendered
from bot.services import copies
from bot.services.media import Media


async def show_media(
    update: Update, context: GoviContext, media: Media, caption: str, if_gone: str
) -> None:
    """Send a file anew by its id, which names nobody, as forwarding it would.

    What is gone at Telegram is sent from the copy, if one is kept; or else `if_gone` is said.
    """
    folder = context.desk.services.settings.media_dir
    attachment = Attachment(
        media.kind,
        partial(copies.read, folder, media.file_id),
        escape(caption, quote=False),
        known=media.file_id,
        excuse=escape(if_gone, quote=False),
    )
    await send(context, Place(get_user(update).id), Rendered((attachment,)))
