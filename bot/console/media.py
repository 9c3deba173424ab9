"""Farmers' photos and recordings, for officers' eyes and ears alone; nothing of them is kept."""

import re

from starlette.responses import Response
from starlette.routing import Route

from bot.console.sniffing import UNKNOWN, sniff
from bot.console.visiting import Visit, signed_in
from bot.services.media import read_media

#: One part of a file, as players ask for it; other ways of asking get the whole.
_RANGE = re.compile(r"bytes=([0-9]{1,10})-([0-9]{0,10})", re.ASCII)


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [Route("/media/{number:int}", show)]


@signed_in
async def show(visit: Visit) -> Response:
    """Show or play one photo or recording; that it was looked at is recorded.

    What is no picture, sound or film by its first bytes, whatever its name, is only to be saved.
    """
    fetch = visit.desk.fetch
    media = await visit.run(read_media, visit.who, visit.number("number"))
    if fetch is None:
        return visit.render("refused.html", 503, reason=visit.text("console.media.no_token"))
    content = await fetch(media.file_id)
    kind = sniff(content)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f"attachment; filename=govi-{media.attachment_id}.bin"
        if kind == UNKNOWN
        else "inline",
    }
    if kind == UNKNOWN:
        return Response(content, headers=headers, media_type=kind)
    return _part(content, kind, headers, visit.request.headers.get("range", ""))


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
