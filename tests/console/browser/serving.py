"""A console that listens for a browser."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.bootstrap import Services
from bot.console.serving import serve
from bot.testing.ports import held_port

#: Serves until the event is set.
Serving = Callable[[Services, asyncio.Event], Awaitable[None]]


@asynccontextmanager
async def served(
    create: Callable[[int], Services], serving: Serving = serve
) -> AsyncIterator[Services]:
    """Make services whose console has a port of its own; it listens for the block."""
    with held_port() as port:
        services = create(port)
        stop = asyncio.Event()
        task = asyncio.ensure_future(serving(services, stop))
        yield services
        stop.set()
        await task
        services.close()
