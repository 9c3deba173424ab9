"""Listening: the console beside the bot, or alone."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.console.app import create_app
from bot.console.visiting import Fetch
from bot.errors import ListenError, SettingsError
from bot.listening import Listener
from bot.services.log_reading import fill_sounds

if TYPE_CHECKING:
    from bot.bootstrap import Services

logger = logging.getLogger(__name__)


async def serve(
    services: "Services",
    stop: asyncio.Event,
    wake: Callable[[], None] = lambda: None,
    fetch: Fetch | None = None,
) -> None:
    """Serve the console until `stop` is set; clicks that are being answered are finished.

    Raises:
        SettingsError: The address cannot be listened on.
    """
    settings = services.settings
    try:
        app = create_app(services, wake, fetch)
        listener = Listener(app, settings.console_host, settings.console_port, "CONSOLE")
    except ListenError as error:
        raise SettingsError(str(error)) from None
    logger.info("console", extra={"address": settings.console})
    await listener.run_until(stop, _fill_sounds(services))


async def _fill_sounds(services: "Services") -> None:
    """Make questions of older releases searchable, a little at a time."""
    while await services.run(fill_sounds):
        continue  # what else is to be written has its turn in between
