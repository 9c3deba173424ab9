"""Photos and voice notes of farmers, shown to an officer under the farmer's number."""

import asyncio
from functools import partial
from html import escape

from telegram import Update
from telegram.error import RetryAfter

from bot.delivery.wire import seconds_of
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.replying import Place, send
from bot.rendering import Attachment, Rendered
from bot.services import copies
from bot.services.media import Media

#: Pauses that are kept between two files; of an officer's chat nothing else is handled meanwhile.
LONGEST_PAUSE = 60.0


async def show_media(
    update: Update, context: GoviContext, media: Media, caption: str, if_gone: str
) -> None:
    """Send a file anew by its id, which names nobody, as forwarding it would.

    What is gone at Telegram is sent from the copy, if one is kept; or else `if_gone` is said. A
    short pause that Telegram asks for is kept here: tried again, the update would show everything
    that came before it once more.

    Raises:
        RetryAfter: The pause is long, or the file is not taken after it either.
    """
    folder = context.desk.services.settings.media_dir
    attachment = Attachment(
        media.kind,
        partial(copies.read, folder, media.file_id),
        escape(caption, quote=False),
        known=media.file_id,
        excuse=escape(if_gone, quote=False),
    )
    place, rendered = Place(get_user(update).id), Rendered((attachment,))
    try:
        await send(context, place, rendered)
    except RetryAfter as error:
        if seconds_of(error) > LONGEST_PAUSE:
            raise
        await asyncio.sleep(seconds_of(error))
        await send(context, place, rendered)
