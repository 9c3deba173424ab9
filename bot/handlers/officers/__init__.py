"""What officers do on Telegram with the questions that Govi could not answer."""

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.handlers.context import GoviContext
from bot.handlers.dialogue import Step
from bot.handlers.officers import (
    declining,
    entries,
    inquiring,
    keeping,
    queueing,
    sorting,
    writing,
)
from bot.handlers.officers.keyboards import on_press
from bot.handlers.registering import on_command
from bot.services.keeping import KEEP, LINK
from bot.services.officer_dialogues import ANSWER, ENTRY, INQUIRY, SPLIT

#: What carries the dialogues of officers on.
STEPS: dict[str, Step] = {
    ANSWER: writing.take_answer,
    ENTRY: entries.take_words,
    INQUIRY: inquiring.take_inquiry,
    SPLIT: sorting.refuse_words,
    KEEP: keeping.take_part,
    LINK: keeping.take_words,
}
#: Those of them that take a photo or a recording as well.
MEDIA_STEPS: dict[str, Step] = {ANSWER: writing.take_answer}


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [on_command("queue", queueing.show_queue), *_looking(), *_telling(), *_keeping()]


def _looking() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        on_press("l", 2, queueing.turn_page),
        on_press("o", 1, queueing.open_escalation, is_for_groups=True),
        on_press("oa", 2, queueing.turn_askers),
        on_press("c", 1, queueing.claim_shown, is_for_groups=True),
        on_press("cl", 1, queueing.claim_listed),
        on_press("r", 1, queueing.release_shown),
        on_press("s", 1, sorting.begin_splitting),
        on_press("st", 2, sorting.pick_asker),
        on_press("sp", 2, sorting.turn_page),
        on_press("sy", 1, sorting.split_off),
        on_press("m", 2, sorting.begin_merging),
        on_press("mi", 2, sorting.ask_merging),
        on_press("my", 2, sorting.merge_escalations),
    ]


def _telling() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        on_press("a", 1, writing.begin_answering),
        on_press("as", 1, writing.send_answer),
        on_press("e", 1, entries.begin_choosing),
        on_press("eu", 2, entries.choose_entry),
        on_press("es", 1, entries.send_entry),
        on_press("i", 1, inquiring.begin_inquiring),
        on_press("ip", 2, inquiring.turn_page),
        on_press("iw", 2, inquiring.pick_asker),
        on_press("is", 1, inquiring.send_inquiry),
        on_press("d", 1, declining.ask_reason),
        on_press("dr", 2, declining.show_reason),
        on_press("dy", 2, declining.send_reason),
        on_press("n", 0, declining.go_back),
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
