"""Health and metrics on a port of their own: /healthz, /readyz, /metrics.

The port is for the machine's own supervisor; it tells counts and ages, never words.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.bootstrap import Services
from bot.listening import Listener
from bot.monitoring.watchdog import UNREACHED_SECONDS
from bot.services.backlog import Backlog, measure_inbox, measure_outbox

#: Whoever waits longer for an answer has good reason to wonder.
OLDEST_SECONDS = 300.0
DATABASE_SECONDS = 5.0

logger = logging.getLogger(__name__)


def create_app(services: Services) -> Starlette:
    """Return the application that answers for a process with these services."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        faults = await examine(services)
        return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200)

    async def metrics(_: Request) -> Response:
        from bot.monitoring import exposition

        queues = await _measure(services) or {}
        body = await asyncio.to_thread(exposition.write, services.vitals, queues)
        return Response(body, media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[Route("/healthz", live), Route("/readyz", ready), Route("/metrics", metrics)]
    )


async def attend(
    services: Services, stop: asyncio.Event, wake: Callable[[], None] = lambda: None
) -> None:
    """Answer on HEALTH_HOST and HEALTH_PORT until `stop` is set.

    Raises:
        ListenError: The port cannot be had.
    """
    settings = services.settings
    listener = Listener(create_app(services), settings.health_host, settings.health_port, "HEALTH")
    await listener.run_until(stop)


async def examine(services: Services) -> dict[str, str]:
    """Return what keeps this process from serving farmers, by part; empty when nothing does."""
    faults = dict.fromkeys(services.vitals.list_stuck(), "is stuck")
    if not services.vitals.is_serving:
        faults["start"] = "waits for Telegram"
    unreached = services.vitals.unreached_seconds()
    if unreached > UNREACHED_SECONDS:
        faults["telegram"] = f"not heard of for {unreached:.0f} s"
    if len(services.index.retriever) == 0:
        faults["index"] = "is empty"
    queues = await _measure(services)
    if queues is None:
        faults["database"] = "does not answer"
    elif services.is_refused:
        faults["database"] = "takes nothing"
    for name, queue in (queues or {}).items():
        if queue.oldest_seconds > OLDEST_SECONDS:
            faults[name] = f"{queue.waiting} wait, the oldest for {queue.oldest_seconds:.0f} s"
    return faults


async def _measure(services: Services) -> Mapping[str, Backlog] | None:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return {
                "inbox": await services.read(measure_inbox),
                "outbox": await services.read(measure_outbox),
            }
    except Exception as error:
        logger.error("database does not answer", extra={"reason": type(error).__name__})
        return None
