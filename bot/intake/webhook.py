"""Updates that Telegram sends by itself: confirmed with 200 only after they are in the database.

What cannot be written down now is answered with 503, and Telegram sends it again. What will never
be an update is written down too, set aside, and answered with 200, so that it does not come again.
"""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.application import ALLOWED_UPDATES
from bot.bootstrap import Services
from bot.delivery.lifeline import Lifeline
from bot.errors import GoviError, SettingsError, TokenError
from bot.intake import poller
from bot.listening import Listener
from bot.services import inbox
from bot.settings import Settings

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
#: Telegram's updates stay far below; whatever is longer is not from Telegram.
LONGEST_BODY = 2**20
#: How long the body of one request may take to arrive.
BODY_SECONDS = 10.0
#: Connections that Telegram may open at the same time.
CONNECTIONS = 40
#: How often Telegram is asked whether it still sends here.
ASK_SECONDS = 60.0
#: How often it is said that somebody without the secret tries.
SAY_SECONDS = 60.0

logger = logging.getLogger(__name__)


def read_address(settings: Settings) -> tuple[str, str]:
    """Return where Telegram shall send updates, and the secret that it has to send along.

    Raises:
        SettingsError: WEBHOOK_URL or WEBHOOK_SECRET is not set.
    """
    if not settings.webhook_url or settings.webhook_secret is None:
        raise SettingsError("a webhook needs WEBHOOK_URL and WEBHOOK_SECRET; see .env.example")
    return settings.webhook_url, settings.webhook_secret.get_secret_value()


class Webhook:
    """Receives updates into the inbox, and keeps Telegram sending them here."""

    def __init__(self, bot: Bot, services: Services, on_received: Callable[[], None]) -> None:
        """Take what to announce with, where to write, and whom to wake; takes the port.

        Raises:
            SettingsError: WEBHOOK_URL or WEBHOOK_SECRET is not set.
            ListenError: WEBHOOK_PORT cannot be had.
        """
        settings = services.settings
        self._url, self._secret = read_address(settings)
        self._bot = bot
        self._services = services
        self._on_received = on_received
        self._lifeline = Lifeline(bot, services)
        #: Whether this process has; one before it may have had another secret.
        self._is_announced = False
        self._next_said_at = -SAY_SECONDS
        self.app = Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST"])])
        self._listener = Listener(self.app, settings.webhook_host, settings.webhook_port, "WEBHOOK")

    def parts(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Return what has to run for updates to arrive, by name."""
        return {"webhook": self._listener.run(), "announcer": self.keep_announced()}

    async def keep_announced(self) -> None:
        """Tell Telegram where to send, and look from time to time whether it still does.

        Raises:
            TokenError: Telegram does not know the token, or has revoked it.
            SettingsError: Telegram refuses WEBHOOK_URL.
        """
        while True:
            self._services.vitals.expect("announcer", ASK_SECONDS + poller.SLACK_SECONDS)
            try:
                await self._announce()
                seconds = ASK_SECONDS
            except InvalidToken:
                raise TokenError(
                    "Telegram refuses BOT_TOKEN; get a new one from @BotFather"
                ) from None
            except BadRequest as error:
                raise SettingsError(f"Telegram refuses WEBHOOK_URL: {error}") from None
            except TelegramError as error:
                seconds = poller.LONGEST_PAUSE
                logger.warning(
                    "webhook not announced", extra={"reason": str(error), "seconds": seconds}
                )
            await asyncio.sleep(seconds)

    async def _announce(self) -> None:
        known = await self._bot.get_webhook_info()
        if known.last_error_message and known.pending_update_count:
            logger.warning(
                "Telegram cannot deliver here",
                extra={"reason": known.last_error_message, "waiting": known.pending_update_count},
            )
        else:
            self._services.vitals.note_reached()
        if known.url == self._url and self._is_announced:
            return
        await self._bot.set_webhook(
            self._url,
            secret_token=self._secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=CONNECTIONS,
        )
        logger.info("webhook announced", extra={"url": self._url})
        self._is_announced = True

    async def _receive(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            self._say_refused()
            return Response(status_code=403)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        if body is None:
            logger.warning("refused a request that is too long")
            return Response(status_code=413)
        return await self._store(body)

    def _say_refused(self) -> None:
        """Log that somebody else tries, at most once a minute: they may try often."""
        now = time.monotonic()
        if now >= self._next_said_at:
            self._next_said_at = now + SAY_SECONDS
            logger.warning("refused a request without the webhook's secret")

    async def _store(self, body: bytes) -> Response:
        received = [_parse(body)]
        try:
            writing = self._services.run(inbox.store, received)
            stored = await self._lifeline.during(writing, received)
        except (SQLAlchemyError, GoviError) as error:
            logger.error("update not taken", extra={"reason": type(error).__name__})
            return Response(status_code=503)
        self._services.vitals.note_reached()
        self._services.vitals.count("updates", by=len(stored))
        self._on_received()
        return Response(status_code=200)


async def _read(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is longer than `LONGEST_BODY`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)


def _parse(body: bytes) -> Any:
    """Return what the JSON says, or its text when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
