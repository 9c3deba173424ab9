"""What officers look at just now: a viewing is recorded once, and fetched once.

Players ask for a file in many parts, each of them a request of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial

from bot.services.media import Media

#: A viewing is over after so long, and what was fetched for it is let go of.
SECONDS = 600.0
#: Most of what was fetched is held in memory; what came first goes first.
MOST_BYTES = 64 * 2**20


@dataclass(slots=True, eq=False)
class _File:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    content: bytes | None = None


class Viewings:
    """Remembers for `SECONDS` who looks at what, and what that holds."""

    def __init__(self) -> None:
        self._begun: dict[tuple[int, Media], asyncio.Task[None]] = {}
        self._files: dict[str, _File] = {}

    async def record(
        self, who: int, media: Media, record: Callable[[], Coroutine[None, None, None]]
    ) -> None:
        """Record that somebody looks at a file, unless that is part of a viewing that goes on.

        Returns once it is on record; raises what `record` raises.
        """
        viewing = who, media
        begun = self._begun.get(viewing)
        if begun is None:
            begun = self._begun[viewing] = asyncio.create_task(record())
            begun.add_done_callback(partial(self._end_later, viewing))
        await asyncio.shield(begun)

    async def content(self, file_id: str, fetch: Callable[[str], Awaitable[bytes]]) -> bytes:
        """Return what a file holds; who asks while it is being fetched waits for that.

        Raises what `fetch` raises.
        """
        file = self._files.setdefault(file_id, _File())
        try:
            async with file.lock:
                if file.content is None:
                    file.content = await fetch(file_id)
                    self._hold(file_id, file)
                return file.content
        finally:
            if file.content is None:
                self._let_go(file_id, file)

    def _end_later(self, viewing: tuple[int, Media], begun: "asyncio.Task[None]") -> None:
        """Let the next look be recorded anew: after a while, or at once if this one was not."""
        is_recorded = not begun.cancelled() and begun.exception() is None
        seconds = SECONDS if is_recorded else 0
        asyncio.get_running_loop().call_later(seconds, self._begun.pop, viewing, None)

    def _hold(self, file_id: str, file: _File) -> None:
        self._files[file_id] = self._files.pop(file_id, file)  # the newest stands last
        while sum(len(each.content or b"") for each in self._files.values()) > MOST_BYTES:
            del self._files[next(iter(self._files))]
        asyncio.get_running_loop().call_later(SECONDS, self._let_go, file_id, file)

    def _let_go(self, file_id: str, file: _File) -> None:
        if self._files.get(file_id) is file:
            del self._files[file_id]
