"""`govi run`: the one command that serves."""

import asyncio
import sys

import click

from bot.cli.chat import chat
from bot.cli.opening import configured, services


@click.command("run")
@click.option("--webhook", is_flag=True, help="Let Telegram send updates to WEBHOOK_URL.")
def run_command(webhook: bool) -> None:
    """Serve Telegram with BOT_TOKEN, or chat in the terminal without.

    Sets up everything that is missing: the database, the starter knowledge, the index. Without a
    token and with standard input closed it says that it is ready and ends.
    """
    settings = configured()
    with services() as opened:
        if settings.bot_token is None:
            click.echo("No BOT_TOKEN: this is a chat in the terminal (see README, going live).")
            chat(opened)
            return
        from bot.intake import run

        asyncio.run(run(opened, is_webhook=webhook))
    sys.exit(0)
