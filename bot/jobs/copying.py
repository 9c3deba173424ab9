"""Copies of what farmers send, where MEDIA_KEEP wants them, and the end of those copies."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.bootstrap import Services
from bot.delivery.fetching import open_fetch
from bot.errors import MediaGoneError, MediaTooLargeError, MediaUnreachableError
from bot.services import copies
from bot.services.job_runs import Occasion

#: Files copied in one run.
BATCH = 50
#: What Telegram did not hand out is asked for again after so long, behind everything else.
PAUSE = timedelta(hours=1)


async def copy_media(services: Services, occasion: Occasion) -> str | None:
    """Copy what has come since the last run, by the settings.

    Raises:
        CopyError: The disk takes no more; what is left is copied once it does.
    """
    if not services.settings.media_keep:
        return None
    due = await services.read(copies.list_due, occasion.now, BATCH)
    if not due:
        return None
    async with open_fetch(services.settings) as fetch:
        if fetch is None:
            return None
        count = 0
        try:
            for attachment_id, file_id in due:
                count += await _copy(services, fetch, attachment_id, file_id)
        except MediaUnreachableError:
            await services.run(copies.settle, attachment_id, occasion.now + PAUSE)
    return f"{count} files" if count else None


async def delete_unwanted(services: Services) -> int:
    """Delete copies of what was erased, and what is more than the settings want."""
    folder = services.settings.media_dir
    erased = await services.read(copies.sweep, folder)
    return erased + await asyncio.to_thread(copies.shrink, folder, services.settings.media_bytes)


async def _copy(
    services: Services,
    fetch: Callable[[str], Awaitable[bytes]],
    attachment_id: int,
    file_id: str,
) -> bool:
    """Copy one file; return whether there was something to copy."""
    folder, most = services.settings.media_dir, services.settings.media_bytes
    try:
        content = await fetch(file_id)
    except (MediaGoneError, MediaTooLargeError):
        content = None
    is_copied = content is not None and len(content) <= most
    if content is not None and is_copied:
        await asyncio.to_thread(copies.shrink, folder, most - len(content))
        await asyncio.to_thread(copies.write, folder, file_id, content)
    if not await services.run(copies.settle, attachment_id):  # erased meanwhile
        await services.read(copies.sweep, folder)
    return is_copied
