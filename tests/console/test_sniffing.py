"""What files are, by their first bytes."""

import pytest

from bot.console.sniffing import UNKNOWN, sniff


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0..JFIF", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x44", "audio/mpeg"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x0aftypisom", "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
    ],
)
def test_what_browsers_show_is_known(content: bytes, kind: str) -> None:
    """Also where a length or a byte in between looks like the end of a line."""
    assert sniff(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>", b" \x89PNG\r\n\x1a\n", b"%PDF-1.7", b"",
        b"\0\0\0\x20ftypheic", b"\xff\xd8photo", b"\xff\xfe<\0h\0t\0m\0l\0",
    ],
)  # fmt: skip
def test_all_else_is_unknown(content: bytes) -> None:
    """Neither a mark further in nor one that is cut short counts."""
    assert sniff(content) == UNKNOWN
