"""What a file is, by its first bytes: what was sent under another name is not shown as that."""

import re

#: Kind of content -> how it begins. Nothing in these can hold a script that a browser runs.
_BEGINNINGS = {
    "image/jpeg": rb"\xff\xd8\xff",
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF....WEBP",
    "audio/ogg": rb"OggS\0",
    "audio/mpeg": rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
    "audio/wav": rb"RIFF....WAVE",
    "audio/flac": rb"fLaC",
    "audio/mp4": rb"....ftypM4[AB] ",
    "video/mp4": rb"....ftyp(?:iso[m2-9]|mp4[12]|avc1|M4V |dash|3gp|mmp4|MSNV)",
    "video/webm": rb"\x1a\x45\xdf\xa3.{0,60}webm",
}
_KINDS = tuple((kind, re.compile(begin, re.DOTALL)) for kind, begin in _BEGINNINGS.items())
UNKNOWN = "application/octet-stream"


def sniff(content: bytes) -> str:
    """Return the type to serve a file as; `UNKNOWN` for all that a page should not show.

    >>> sniff(b"GIF89a...")
    'image/gif'
    >>> sniff(b"<html>")
    'application/octet-stream'
    """
    return next((kind for kind, begin in _KINDS if begin.match(content)), UNKNOWN)
