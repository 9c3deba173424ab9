"""Photos and recordings of farmers and officers, for officers' eyes and ears alone."""

import asyncio
import re
from functools import partial

from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import signed_in
from bot.console.sniffing import UNKNOWN, sniff
from bot.console.visiting import Desk, Visit
from bot.errors import AnswerGoneError, MediaGoneError, NotConnectedError
from bot.services import copies
from bot.services.media import Media, find_answered, find_sent, record_look

#: One part of a file, as players ask for it; other ways of asking get the whole.
_RANGE = re.compile(r"bytes=([0-9]{1,10})-([0-9]{0,10})", re.ASCII)


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/media/{number:row}", show_sent),
        Route("/media/answers/{number:row}", show_answered),
    ]


@signed_in
async def show_sent(visit: Visit) -> Response:
    """Show or play what a farmer sent; that it was looked at is recorded, once a viewing."""
    return await _show(visit, await visit.read(find_sent, visit.who, visit.number("number")))


@signed_in
async def show_answered(visit: Visit) -> Response:
    """Show or play what an officer answered with; as `show_sent`."""
    media = await visit.read(find_answered, visit.who, visit.number("number"))
    try:
        return await _show(visit, media)
    except MediaGoneError:
        raise AnswerGoneError from None


async def _show(visit: Visit, media: Media) -> Response:
    """Show or play a file.

    What is no picture, sound or film by its first bytes, whatever its name, is only to be saved.
    """
    desk = visit.desk
    record = partial(visit.run, record_look, visit.who, media)
    await desk.viewings.record(visit.who, media, record)
    content = await desk.viewings.content(media.file_id, partial(_fetch, desk))
    kind = sniff(content)
    number = visit.number("number")
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f"attachment; filename=govi-{number}.bin"
        if kind == UNKNOWN
        else "inline",
    }
    if kind == UNKNOWN:
        return Response(content, headers=headers, media_type=kind)
    return _part(content, kind, headers, visit.request.headers.get("range", ""))


async def _fetch(desk: Desk, file_id: str) -> bytes:
    """Return what a file holds: a copy if one is kept, or else what Telegram has."""
    copy = await asyncio.to_thread(copies.read, desk.services.settings.media_dir, file_id)
    if copy is not None:
        return copy
    if desk.fetch is None:
        raise NotConnectedError
    return await desk.fetch(file_id)


def _part(content: bytes, kind: str, headers: dict[str, str], wanted: str) -> Response:
    """Return a file or the part that is asked for: some players play nothing without."""
    headers |= {"Accept-Ranges": "bytes"}
    found = _RANGE.fullmatch(wanted)
    if found is None:
        return Response(content, headers=headers, media_type=kind)
    size, first = len(content), int(found[1])
    last = min(int(found[2] or size - 1), size - 1)
    if first > last:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers |= {"Content-Range": f"bytes {first}-{last}/{size}"}
    return Response(content[first : last + 1], 206, headers, kind)
