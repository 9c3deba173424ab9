"""What farmers sent, fetched from Telegram; addresses that hold the token stay in here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from telegram import Bot, File
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.delivery.authorities import read_authorities
from bot.errors import MediaGoneError, MediaTooLargeError, MediaUnreachableError
from bot.settings import Settings

#: What Telegram hands out to bots, in bytes.
LARGEST = 20 * 2**20
#: Files in memory at once.
_AT_ONCE = 3
_SECONDS = 30.0

logger = logging.getLogger(__name__)


@asynccontextmanager
async def open_fetch(settings: Settings) -> AsyncIterator[Callable[[str], Awaitable[bytes]] | None]:
    """Give what returns a file's bytes by Telegram's id of it; None without BOT_TOKEN.

    It raises `MediaGoneError`, `MediaTooLargeError` or `MediaUnreachableError`, none of which
    quotes what Telegram said.
    """
    if settings.bot_token is None:
        yield None
        return
    request = HTTPXRequest(
        connection_pool_size=_AT_ONCE,
        read_timeout=_SECONDS,
        httpx_kwargs={"verify": read_authorities()},
    )
    bot = Bot(
        settings.bot_token.get_secret_value(),
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
        request=request,
    )
    places = asyncio.Semaphore(_AT_ONCE)

    async def fetch(file_id: str) -> bytes:
        async with places:
            return await _download(await _find(bot, file_id))

    try:
        yield fetch
    finally:
        await request.shutdown()


async def _find(bot: Bot, file_id: str) -> File:
    try:
        file = await bot.get_file(file_id)
    except BadRequest as error:
        is_large = "too big" in error.message.lower()
        raise (MediaTooLargeError if is_large else MediaGoneError) from None
    except TelegramError as error:
        raise _unreachable(error) from None
    if (file.file_size or 0) > LARGEST:  # a Bot API server of one's own hands out more
        raise MediaTooLargeError
    return file


async def _download(file: File) -> bytes:
    try:
        content = bytes(await file.download_as_bytearray(read_timeout=_SECONDS))
    except (BadRequest, InvalidToken):  # PTB's name for "404 Not Found", too
        raise MediaGoneError from None
    except TelegramError as error:
        raise _unreachable(error) from None
    if len(content) > LARGEST:
        raise MediaTooLargeError
    return content


def _unreachable(error: TelegramError) -> MediaUnreachableError:
    logger.warning("media not fetched", extra={"reason": type(error).__name__})
    return MediaUnreachableError()
