"""The log as it would be written, and what must not stand in it."""

import contextlib
import logging
from collections.abc import Iterator

from bot.logs import RedactingFormatter, quieten_libraries
from bot.testing.world import World

#: Shorter texts may be a word of the log's own.
_SHORTEST = 6


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextlib.contextmanager
def written_log() -> Iterator[list[str]]:
    """Collect every line, at level DEBUG, as `govi run` would write it."""
    handler = _Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    quieten_libraries()
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def list_leaks(world: World, lines: list[str]) -> list[str]:
    """Return the lines with the token, the address of a file, or something that a person wrote."""
    with world.lock:
        files = {path for path, _ in world.files.values()}
        secrets = {world.token, *files, *_words(world)}
    return [line for line in lines if any(secret in line for secret in secrets)]


def _words(world: World) -> Iterator[str]:
    for chat in world.chats.values():
        for message in chat.messages.values():
            text = str(message.get("text") or message.get("caption") or "")
            if message["from"] != world.bot and len(text) >= _SHORTEST and text[0] != "/":
                yield text
