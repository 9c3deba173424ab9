"""Telegram's HTML, read as strictly as Telegram's servers read it."""

import re
from dataclasses import dataclass
from typing import Any

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "a": "text_link",
}
_TOKEN = re.compile(r"<(?P<tag>[^<>]*)>|<|&(?P<name>lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_OPENING = re.compile(
    r"(?P<name>[a-zA-Z-]+)(?P<attributes>(\s+[a-z-]+(=(\"[^\"]*\"|'[^']*'))?)*)\s*"
)
_HREF = re.compile(r"href=[\"']([^\"']*)[\"']")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


class MarkupError(Exception):
    """The text is not HTML that Telegram accepts; the message is in Telegram's words."""


@dataclass(slots=True)
class _Open:
    tag: str
    start: int
    url: str | None


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Return what is shown, and the entities in it with offsets in UTF-16 units.

    Raises:
        MarkupError: A tag is unknown, broken, unclosed or closed out of turn.
    """
    reader = _Reader()
    end = 0
    for token in _TOKEN.finditer(text):
        reader.shown.append(text[end : token.start()])
        reader.read(token, len(text[: token.start()].encode()))
        end = token.end()
    reader.shown.append(text[end:])
    if reader.open:
        tag = reader.open[-1].tag
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{tag}"')
    return "".join(reader.shown), sorted(reader.entities, key=lambda e: (e["offset"], -e["length"]))


class _Reader:
    """The state of one reading: what is shown so far, which tags are open."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.entities: list[dict[str, Any]] = []
        self.open: list[_Open] = []

    def read(self, token: re.Match[str], offset: int) -> None:
        if token["name"]:
            self.shown.append(_character(token["name"]))
        elif token["tag"] is None:
            raise MarkupError(f"Unclosed start tag at byte offset {offset}")
        elif token["tag"].startswith("/"):
            self._close(token["tag"][1:].strip().lower(), offset)
        else:
            self._open(token["tag"], offset)

    def _open(self, written: str, offset: int) -> None:
        tag = _OPENING.fullmatch(written)
        name = tag["name"].lower() if tag else written.split(" ")[0]
        if tag is None or name not in _TAGS:
            raise MarkupError(f'Unsupported start tag "{name}" at byte offset {offset}')
        url = _HREF.search(tag["attributes"])
        self.open.append(_Open(name, self._position(), url[1] if url else None))

    def _close(self, name: str, offset: int) -> None:
        if not self.open:
            raise MarkupError(f"Unexpected end tag at byte offset {offset}")
        opened = self.open.pop()
        if name not in ("", opened.tag):
            raise MarkupError(
                f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", '
                f'found "</{name}>"'
            )
        length = self._position() - opened.start
        if length:
            entity = {"type": _TAGS[opened.tag], "offset": opened.start, "length": length}
            self.entities.append(entity | ({"url": opened.url} if opened.url else {}))

    def _position(self) -> int:
        return utf16_length("".join(self.shown))


def _character(name: str) -> str:
    if name in _NAMED:
        return _NAMED[name]
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0x110000 else ""
