"""Starting, serving and stopping: what `govi run` does with a token."""

import asyncio
import contextlib
import functools
import logging
import signal
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ApplicationBuilder
from telegram.request import HTTPXRequest

from bot.application import GoviApplication, build, sender_of
from bot.bootstrap import Services
from bot.delivery.authorities import read_authorities
from bot.delivery.sender import Sender
from bot.errors import ServingError, TokenError
from bot.intake.poller import LONGEST_PAUSE, SHORTEST_PAUSE, Poller
from bot.intake.worker import Worker
from bot.jobs.runner import ticking
from bot.monitoring.watchdog import Watchdog
from bot.services import inbox, outbox, set_aside
from bot.services.roles import list_members
from bot.serving_lock import only_one, only_one_on

DRAIN_SECONDS = 20.0
#: A database that takes longer to note what is given back hangs; the next process finds out.
HAND_BACK_SECONDS = 10.0
#: How often the index is brought in step with the database; well under the promised second.
REFRESH_SECONDS = 0.4

#: What serves beside the bot until the event is set; it is given what wakes the sender.
Companion = Callable[[asyncio.Event, Callable[[], None]], Awaitable[None]]

logger = logging.getLogger(__name__)


class Intake(Protocol):
    """One way in which updates reach the inbox."""

    def parts(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Return what has to run for updates to arrive, by name."""


class IntakeMaker(Protocol):
    """Makes an intake, ready to run."""

    def __call__(self, bot: Bot, services: Services, on_received: Callable[[], None]) -> Intake:
        """Take what to speak to Telegram with, where to write, and whom to wake."""


async def run(services: Services, *companions: Companion, is_webhook: bool = False) -> None:
    """Serve Telegram until SIGINT or SIGTERM; a second signal ends the process at once.

    Companions serve something else in this process all the while; they are given the event that
    stops them and what wakes the sender.

    Raises:
        GoviError: Telegram does not know the token, a setting is missing, or a part or companion
            has ended by itself; whoever supervises the process restarts it.
    """
    intake_maker = _choose_intake(services, is_webhook)
    stop = asyncio.Event()
    data_dir = services.settings.data_dir
    with only_one(data_dir), only_one_on(services.engine), _signals(stop):
        application = create_application(services)
        wake = sender_of(application).wake
        everyone = (*_watching_from_outside(services), *companions)
        beside = [asyncio.create_task(_beside(each, stop, wake)) for each in everyone]
        # Reaching Telegram takes longer.
        beside.append(asyncio.create_task(asyncio.to_thread(services.recognition.prepare)))
        try:
            async with started(application, stop):
                if not stop.is_set():
                    await serve(application, services, stop, intake_maker)
        finally:
            stop.set()
            await asyncio.gather(*beside)


def _choose_intake(services: Services, is_webhook: bool) -> IntakeMaker:
    """Return what is asked for; its settings are read before anything waits for the network."""
    if not is_webhook:
        return Poller
    # A web server is 20 MB and a tenth of a second of every start that does without it.
    from bot.intake.webhook import Webhook, read_address

    read_address(services.settings)
    return Webhook


def _watching_from_outside(services: Services) -> Sequence[Companion]:
    """Return what tells supervisors how this process is, from before Telegram is reached on."""
    if not services.settings.health_port:
        return ()
    from bot.monitoring.health import attend  # as for the webhook, only where it is wanted

    return (functools.partial(attend, services),)


async def _beside(companion: Companion, stop: asyncio.Event, wake: Callable[[], None]) -> None:
    """Run a companion; when it ends, for whatever reason, everything does."""
    try:
        await companion(stop, wake)
    finally:
        stop.set()


def create_application(services: Services) -> GoviApplication:
    """Build the application for the configured token and Bot API server."""
    settings = services.settings
    token = settings.bot_token.get_secret_value() if settings.bot_token else ""
    encryption = {"verify": read_authorities()}
    builder = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .request(HTTPXRequest(64, pool_timeout=30, httpx_kwargs=encryption))
        .get_updates_request(HTTPXRequest(1, httpx_kwargs=encryption))
    )
    return build(builder, services)


async def serve(
    application: GoviApplication,
    services: Services,
    stop: asyncio.Event,
    intake_maker: IntakeMaker = Poller,
) -> None:
    """Receive, answer and send until `stop` is set, then finish what is being handled.

    Raises:
        GoviError: One of the parts ended by itself; whoever supervises the process restarts it.
    """
    await services.run(set_aside.take_over)
    if not await services.read(list_members):
        logger.warning(
            "nobody is on the team: calls for help and questions wait unread; see ADMIN_IDS"
        )
    sender = sender_of(application)
    worker = Worker(application, services)
    intake = intake_maker(application.bot, services, worker.wake)
    parts: dict[str, Coroutine[Any, Any, Any]] = {
        "watchdog": Watchdog(services).run(),
        **intake.parts(),
        "worker": worker.run(),
        "refresher": keep_refreshed(services),
        "stop": stop.wait(),
    }
    logger.info("serving", extra={"bot": application.bot.username, "parts": [*parts]})
    services.vitals.is_serving = True
    running = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    sending = asyncio.create_task(sender.run(), name="sender")
    async with ticking(application, services):
        await asyncio.wait([*running, sending], return_when=asyncio.FIRST_COMPLETED)
    ended = [task.get_name() for task in (*running, sending) if task.done()]
    results = await _end(running)
    await _drain(worker, sender, sending)
    results += await _end([sending])
    await _hand_back(services)
    logger.info("stopped")
    for result in results:
        if isinstance(result, Exception):
            raise result
    if not stop.is_set():
        raise ServingError(f"ended by itself: {', '.join(ended)}")


async def _hand_back(services: Services) -> None:
    """Give back what is held; what is not counts as held by a process that died."""
    is_sender_stuck = "sender" in services.vitals.list_stuck()
    with contextlib.suppress(SQLAlchemyError, TimeoutError):
        async with asyncio.timeout(HAND_BACK_SECONDS):
            await services.run(inbox.hand_back)
            if not is_sender_stuck:  # or it would hang over the same messages after every start
                await services.run(outbox.hand_back)


async def _drain(worker: Worker, sender: Sender, sending: "asyncio.Task[None]") -> None:
    """Finish what is being handled, then send what that owes; what is left stays in the tables."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + DRAIN_SECONDS
    await worker.drain(DRAIN_SECONDS)
    sender.finish()
    await asyncio.wait([sending], timeout=max(0.0, deadline - clock()))


async def _end(tasks: Sequence["asyncio.Task[Any]"]) -> list[Any]:
    """Cancel what still runs; return results and errors."""
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def keep_refreshed(services: Services) -> None:
    """Take over changes of the knowledge base, from this process or another, until cancelled.

    A fresh index takes seconds to build; changes do not wait for it.
    """
    retriever = services.index.retriever

    def compact() -> None:
        if retriever.needs_compacting:
            retriever.compact()

    await asyncio.gather(_repeat(services.index.refresh), _repeat(compact))


async def _repeat(step: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        try:
            await asyncio.to_thread(step)
        except Exception:
            # The index in use stays; the next round tries again.
            logger.exception("knowledge not refreshed")


@contextlib.asynccontextmanager
async def started(
    application: GoviApplication, stop: asyncio.Event
) -> AsyncIterator[GoviApplication]:
    """Initialise the application for the block, and shut it down after it in any case.

    Waits until Telegram can be reached; when `stop` is set first, the block is entered with an
    application that is not initialised and must not serve.

    Raises:
        TokenError: Telegram does not know the token.
    """
    try:
        await _initialize(application, stop)
        if not stop.is_set() and application.post_init:
            await application.post_init(application)
        yield application
    finally:
        await application.shutdown()
        await application.bot.shutdown()  # the connections of one that never got initialised
        if application.post_shutdown:
            await application.post_shutdown(application)


async def _initialize(application: GoviApplication, stop: asyncio.Event) -> None:
    pause = SHORTEST_PAUSE
    server = application.bot.base_url.removesuffix(f"/bot{application.bot.token}")
    while not stop.is_set():
        try:
            await application.initialize()
            return
        except InvalidToken:
            raise TokenError(
                f"{server} does not know BOT_TOKEN; copy it again from @BotFather, or correct "
                "TELEGRAM_API_URL if that is not Telegram's"
            ) from None
        except TelegramError as error:
            logger.warning(
                "cannot reach Telegram, trying again",
                extra={"at": server, "reason": str(error), "seconds": pause},
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` at the first signal; give the second its usual, deadly meaning."""
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
