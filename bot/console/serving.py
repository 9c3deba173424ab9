"""Listening: the console beside the bot, or alone."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import uvicorn

from bot.console.app import create_app
from bot.errors import SettingsError
from bot.services.log_reading import fill_sounds

if TYPE_CHECKING:
    from bot.bootstrap import Services

#: Clicks that are being answered when the process is told to stop get so long.
FINISH_SECONDS = 5

logger = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    services: "Services", stop: asyncio.Event, wake: Callable[[], None] = lambda: None
) -> None:
    """Serve the console until `stop` is set.

    Raises:
        SettingsError: The address cannot be listened on.
    """
    settings = services.settings
    config = uvicorn.Config(
        create_app(services, wake),
        host=settings.console_host,
        port=settings.console_port,
        access_log=False,  # a sign-in link's token stands in its path
        log_config=None,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = _Server(config)
    filling = asyncio.create_task(_fill_sounds(services))
    serving = asyncio.create_task(_serve(server))
    stopped = asyncio.create_task(stop.wait())
    logger.info("console", extra={"address": settings.console})
    try:
        await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        filling.cancel()
        server.should_exit = True
        await serving


async def _fill_sounds(services: "Services") -> None:
    """Make questions of older releases searchable, a little at a time."""
    while await services.run(fill_sounds):
        continue  # what else is to be written has its turn in between


async def _serve(server: uvicorn.Server) -> None:
    host, port = server.config.host, server.config.port
    try:
        await server.serve()
    except SystemExit:  # uvicorn's way to say that it cannot listen; it has logged why
        raise SettingsError(
            f"cannot listen on {host}:{port}; another program does, or the address is not this "
            "machine's: see CONSOLE_HOST and CONSOLE_PORT"
        ) from None
