"""Long polling that confirms an update only after it is in the database.

python-telegram-bot's own updater confirms first and handles later: what is in its memory when the
process dies is lost, and one update that it cannot parse is asked for again for ever.
"""

import asyncio
import logging
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import (
    Conflict,
    EndPointNotFound,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.warnings import PTBUserWarning

from bot.application import ALLOWED_UPDATES
from bot.bootstrap import Services
from bot.delivery.lifeline import Lifeline
from bot.delivery.wire import seconds_of
from bot.errors import TokenError
from bot.logs import describe
from bot.services import inbox

POLL_SECONDS = 30
BATCH = 100
#: A poll that takes so much longer than Telegram was asked for hangs.
SLACK_SECONDS = 90.0
#: Who waits so long to write down what came hangs. A large import may keep the database that long.
STORE_SECONDS = 600.0
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0

logger = logging.getLogger(__name__)


class Poller:
    """Reads updates from Telegram into the inbox until it is cancelled."""

    def __init__(self, bot: Bot, services: Services, on_received: Callable[[], None]) -> None:
        """Take what to read with, where to write, and whom to wake."""
        self._bot = bot
        self._services = services
        self._on_received = on_received
        self._lifeline = Lifeline(bot, services)
        self._pause = SHORTEST_PAUSE
        self._is_alone = False

    def parts(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Return what has to run for updates to arrive, by name."""
        return {"poller": self.run()}

    async def run(self) -> None:
        """Poll until cancelled; trouble with the network is waited out, and said.

        The first request carries no offset, so that everything unconfirmed comes again; the
        inbox knows what it has.

        Raises:
            TokenError: Telegram does not know the token, or has revoked it.
        """
        # It advises Bot.get_updates, which parses all updates at once and fails as a whole.
        warnings.filterwarnings("ignore", "Please use 'Bot", PTBUserWarning)
        offset: int | None = None
        while True:
            self._services.vitals.expect("poller", POLL_SECONDS + SLACK_SECONDS)
            try:
                await self._end_webhook()
                received = await self._fetch(offset)
                self._services.vitals.note_reached()
                if received:
                    self._services.vitals.expect("poller", STORE_SECONDS)
                    writing = self._services.run(inbox.store, received)
                    stored = await self._lifeline.during(writing, received)
                    self._services.vitals.count("updates", by=len(stored))
                    self._on_received()
                    if (behind := _behind(received)) is None:
                        raise TelegramError("updates came without an id")
                    offset = behind
                self._pause = SHORTEST_PAUSE
            except (InvalidToken, EndPointNotFound) as error:
                # `do_api_request` takes a refused token for a method that does not exist.
                raise TokenError(
                    "Telegram refuses BOT_TOKEN while polling; get a new one from @BotFather"
                ) from error
            except (TelegramError, SQLAlchemyError) as error:
                await self._wait_out(error)

    async def _end_webhook(self) -> None:
        """Let Telegram keep updates until they are asked for; at the start, and if it does not."""
        if not self._is_alone:
            await self._bot.delete_webhook()
            self._is_alone = True

    async def _fetch(self, offset: int | None) -> Sequence[Any]:
        wanted = {
            "timeout": POLL_SECONDS,
            "limit": BATCH,
            "allowed_updates": list(ALLOWED_UPDATES),
            **({} if offset is None else {"offset": offset}),
        }
        received = await self._bot.do_api_request(
            "getUpdates", api_kwargs=wanted, read_timeout=POLL_SECONDS + 10
        )
        return received if isinstance(received, list) else [received]

    async def _wait_out(self, error: TelegramError | SQLAlchemyError) -> None:
        seconds = self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        if isinstance(error, RetryAfter):
            seconds = seconds_of(error)
        if isinstance(error, Conflict) and "webhook" in error.message.lower():
            self._is_alone = False  # somebody has set one since
        logger.warning(
            "not polling", extra={"why": _why(error), "reason": describe(error), "seconds": seconds}
        )
        self._services.vitals.expect("poller", seconds + SLACK_SECONDS)
        await asyncio.sleep(seconds)


def _behind(received: Sequence[Any]) -> int | None:
    """Return the offset that confirms what was received; None when nothing in it has an id."""
    ids = [update_id for item in received if (update_id := inbox.find_update_id(item)) is not None]
    return max(ids) + 1 if ids else None


def _why(error: TelegramError | SQLAlchemyError) -> str:
    if isinstance(error, SQLAlchemyError):
        return "the database takes nothing; Telegram keeps what it has, trying again"
    if isinstance(error, Conflict):
        return "another process uses this token; stop one of the two"
    if isinstance(error, NetworkError):
        return "Telegram cannot be reached; trying again"
    return "Telegram refuses; trying again"
