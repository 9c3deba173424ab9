"""`govi console`: the officers' web console by itself, and a way in without Telegram."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

import click

from bot.bootstrap import Services, open_database
from bot.cli.opening import configured, services, stopped_by_sigterm
from bot.db.engine import transaction
from bot.errors import NotAllowedError
from bot.i18n.moments import say_time
from bot.services.signing_in import create_link


@click.command("console")
@click.option(
    "--link",
    "person",
    type=click.IntRange(0, 2**63 - 1),
    metavar="USER",
    help="Print a sign-in link for this officer or admin (a Telegram user id) instead.",
)
def console_command(person: int | None) -> None:
    """Serve the officers' web console.

    It listens on CONSOLE_HOST and CONSOLE_PORT. What officers answer there is sent by `govi run`,
    which can serve the console itself: `govi run --console`. People come in by a link that the bot
    sends them on /console.
    """
    if person is not None:
        _print_link(person)
        return
    with stopped_by_sigterm(), services() as opened:
        asyncio.run(serve_console(opened))


def _print_link(person: int) -> None:
    settings = configured()
    engine, sessions = open_database(settings)
    try:
        with transaction(sessions) as session:
            link = create_link(session, person)
    except NotAllowedError:
        raise click.ClickException(
            f"{person} is neither an officer nor an admin; put the number into ADMIN_IDS, or let "
            "an admin send /role on Telegram"
        ) from None
    finally:
        engine.dispose()
    click.echo(f"{settings.console}/sign-in/{link.token}")
    click.echo(f"works once, until {say_time(link.expires_at)} in Sri Lanka", err=True)


async def serve_console(opened: Services) -> None:
    """Serve the console alone until SIGINT or SIGTERM."""
    from bot.intake.serving import keep_refreshed

    click.echo(f"Starting the console at {opened.settings.console} (Ctrl-C ends it).")
    refreshing = asyncio.create_task(keep_refreshed(opened))
    try:
        with _stopped_by_signals() as stop:
            await attend(opened, stop)
    finally:
        refreshing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await refreshing


async def attend(
    opened: Services, stop: asyncio.Event, wake: Callable[[], None] = lambda: None
) -> None:
    """Serve the console until `stop` is set, with what farmers' photos are fetched by."""
    from bot.console.serving import serve
    from bot.delivery.fetching import open_fetch

    async with open_fetch(opened.settings) as fetch:
        await serve(opened, stop, wake, fetch)


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
