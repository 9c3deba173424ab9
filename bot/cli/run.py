"""`govi run`: the one command that serves."""

import asyncio
import functools
import sys
from pathlib import Path

import click

from bot.bootstrap import Services
from bot.cli.chat import chat
from bot.cli.console import attend, serve_console
from bot.cli.opening import configured, services, stopped_by_sigterm
from bot.errors import SettingsError


@click.command("run")
@click.option("--webhook", is_flag=True, help="Let Telegram send updates to WEBHOOK_URL.")
@click.option("--console", is_flag=True, help="Serve the officers' web console too.")
def run_command(webhook: bool, console: bool) -> None:
    """Serve Telegram with BOT_TOKEN, or chat in the terminal without.

    Sets up everything that is missing: the database, the starter knowledge, the index. Without a
    token and with standard input closed it says that it is ready and ends; with --console it
    serves the console alone.
    """
    settings = configured()
    if webhook and settings.bot_token is None:
        raise SettingsError(
            "--webhook serves Telegram and needs BOT_TOKEN (see README, going live)"
        )
    with stopped_by_sigterm(), services() as opened:
        if settings.bot_token is not None:
            asyncio.run(_serve(opened, webhook, console))
        elif console:
            asyncio.run(serve_console(opened))
        else:
            click.echo(
                f"No BOT_TOKEN in the environment or in {Path('.env').absolute()}: this is a chat "
                "in the terminal (see README, going live)."
            )
            chat(opened)
            return
    sys.exit(0)


async def _serve(opened: Services, webhook: bool, console: bool) -> None:
    from bot.intake import run
    from bot.monitoring.watchdog import start_last_resort

    start_last_resort(opened.vitals)
    companions = []
    if console:
        companions.append(functools.partial(attend, opened))
    await run(opened, *companions, is_webhook=webhook)
