"""Bots that are never in a hurry."""

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.testing.bot_api import PATIENCE, BotApi


def patient_bot(api: BotApi) -> Bot:
    """A bot of the stand-in that takes no slow answer for a lost one, which it would send again."""
    request = HTTPXRequest(
        read_timeout=PATIENCE,
        write_timeout=PATIENCE,
        connect_timeout=PATIENCE,
        pool_timeout=PATIENCE,
    )
    return Bot(api.token, base_url=f"{api.url}/bot", request=request)
