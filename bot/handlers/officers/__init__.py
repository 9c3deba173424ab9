"""What officers do on Telegram with the questions that Govi could not answer."""

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.handlers.context import GoviContext
from bot.handlers.curation.answering import on_command
from bot.handlers.dialogue import Step
from bot.handlers.officers import keeping, queueing
from bot.handlers.officers.keyboards import on_press
from bot.services.keeping import KEEP, LINK

#: What carries the dialogues of officers on.
STEPS: dict[str, Step] = {
    KEEP: keeping.take_part,
    LINK: keeping.take_words,
}


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [on_command("queue", queueing.show_queue), *_looking(), *_keeping()]


def _looking() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        on_press("l", 2, queueing.turn_page),
        on_press("o", 1, queueing.open_group),
        on_press("oa", 2, queueing.turn_askers),
        on_press("c", 1, queueing.claim_shown),
        on_press("cl", 1, queueing.claim_listed),
        on_press("r", 1, queueing.release_shown),
    ]


def _keeping() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        on_press("k", 1, keeping.ask_how),
        on_press("kx", 0, keeping.keep_nothing),
        on_press("kn", 1, keeping.begin_keeping),
        on_press("ka", 2, keeping.pick_area),
        on_press("kc", 2, keeping.change_part),
        on_press("ks", 1, keeping.propose),
        on_press("kp", 1, keeping.begin_linking),
        on_press("ke", 1, keeping.link_to_used),
        on_press("ku", 2, keeping.link),
    ]
