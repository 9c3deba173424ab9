"""HTTP inside the process: an ASGI application on the event loop that everything else runs on."""

import asyncio
import contextlib
import socket
from collections.abc import Coroutine, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from bot.errors import ListenError

#: How long a request may go on once the listener is told to stop.
FINISH_SECONDS = 5
#: More requests than this at the same time are told 503.
MOST_AT_ONCE = 200


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Listener:
    """Serves one application on one port until it is cancelled."""

    def __init__(self, app: ASGIApp, host: str, port: int, settings: str) -> None:
        """Take the port; nothing is served before `run`. `settings` begins the names of where.

        Raises:
            ListenError: The port is taken, or the host is not one of this machine's.
        """
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            reason = str(reason).partition(" (while attempting")[0]
            raise ListenError(
                f"cannot listen on {host}:{port} ({reason}); see {settings}_HOST and "
                f"{settings}_PORT"
            ) from None
        # asyncio does it only for sockets that name their protocol; without it each answer after a
        # connection's first waits 40 ms for the other side's acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=FINISH_SECONDS,
        )
        self._server = _Server(config)

    async def run(self) -> None:
        """Serve until cancelled; requests that have begun are finished first."""
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        finally:
            self._server.should_exit = True
            await serving

    async def run_until(self, stop: asyncio.Event, *beside: Coroutine[Any, Any, None]) -> None:
        """Serve until `stop` is set; what runs beside ends with it, and whatever failed is raised.

        Requests that have begun are finished first.
        """
        parts = [asyncio.create_task(self.run()), asyncio.create_task(stop.wait())]
        others = [asyncio.create_task(each) for each in beside]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in (*parts, *others):
                part.cancel()
            results = await asyncio.gather(*parts, *others, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    def close(self) -> None:
        """Give the port back; for one that never ran."""
        self._socket.close()
