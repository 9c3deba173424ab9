"""What admins do to the knowledge base on Telegram; officers may look things up in it."""

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.handlers.context import GoviContext
from bot.handlers.curation import (
    adding,
    changing,
    drafts,
    files,
    finding,
    reporting,
    retiring,
    versions,
)
from bot.handlers.curation.answering import on_command, on_press
from bot.handlers.dialogue import Step
from bot.services.curating import ADD, CORRECT, EDIT, IMPORT, REJECT

#: What carries the dialogues of curation on: with a text, and with a file.
STEPS: dict[str, Step] = {
    ADD: adding.take_part,
    EDIT: changing.take_value,
    CORRECT: drafts.take_correction,
    REJECT: drafts.take_reason,
}
FILE_STEPS: dict[str, Step] = {IMPORT: files.take_file}


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [*_commands(), *_presses()]


def _commands() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        on_command("add", adding.begin_adding),
        on_command("edit", changing.begin_editing),
        on_command("retire", retiring.begin_retiring),
        on_command("restore", retiring.begin_restoring),
        on_command("find", finding.find),
        on_command("history", versions.show_history),
        on_command("import", files.begin_importing),
        on_command("export", files.export),
        on_command("stats", reporting.show_statistics),
        on_command("try", reporting.rehearse),
        on_command("drafts", drafts.show_drafts),
    ]


def _presses() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        on_press("ad", 0, adding.end_phrasings),
        on_press("aa", 2, adding.pick_area),
        on_press("ac", 2, adding.change_part),
        on_press("as", 1, adding.save),
        on_press("e", 1, changing.offer_fields),
        on_press("ef", 2, changing.pick_field),
        on_press("es", 1, changing.save),
        on_press("r", 1, retiring.ask_retiring),
        on_press("ry", 2, retiring.retire),
        on_press("s", 1, retiring.ask_restoring),
        on_press("sy", 1, retiring.restore),
        on_press("n", 0, retiring.keep),
        on_press("o", 1, finding.open_entry),
        on_press("h", 2, versions.turn_page),
        on_press("v", 2, versions.show_version),
        on_press("vr", 3, versions.bring_back),
        on_press("iy", 1, files.import_file),
        on_press("d", 1, drafts.turn_page),
        on_press("do", 1, drafts.open_draft),
        on_press("dy", 1, drafts.approve_draft),
        on_press("dc", 1, drafts.ask_correction),
        on_press("dn", 1, drafts.ask_reason),
        on_press("dx", 1, drafts.reject_silently),
    ]
