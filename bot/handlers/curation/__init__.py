"""What admins do to the knowledge base on Telegram; officers may look things up in it."""

from functools import partial
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
from bot.handlers.curation.looking_up import by_button, by_key
from bot.handlers.dialogue import Step
from bot.handlers.registering import on_command, on_press
from bot.services.admin_dialogues import ADD, CORRECT, EDIT, IMPORT, REJECT
from bot.services.roles import Role

#: What carries the dialogues of curation on: with a text, and with a file.
STEPS: dict[str, Step] = {
    ADD: adding.take_part,
    EDIT: changing.take_value,
    CORRECT: drafts.take_correction,
    REJECT: drafts.take_reason,
}
FILE_STEPS: dict[str, Step] = {IMPORT: files.take_file}

_command = partial(on_command, role=Role.ADMIN)
_press = partial(on_press, role=Role.ADMIN)


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [*_commands(), *_presses()]


def _commands() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        _command("add", adding.begin_adding),
        _command("edit", by_key("curate.edit.usage", changing.offer_fields)),
        _command("retire", by_key("curate.retire.usage", retiring.ask_retiring)),
        _command("restore", by_key("curate.restore.usage", retiring.ask_restoring)),
        on_command("find", finding.find),
        _command("history", by_key("curate.history.usage", versions.show_history)),
        _command("import", files.begin_importing),
        _command("export", files.export),
        _command("stats", reporting.show_statistics),
        _command("try", reporting.rehearse),
        _command("drafts", drafts.show_drafts),
    ]


def _presses() -> list[BaseHandler[Update, GoviContext, Any]]:
    return [
        _press("ad", 0, adding.end_phrasings),
        _press("aa", 2, adding.pick_area),
        _press("ac", 2, adding.change_part),
        _press("as", 1, adding.save),
        _press("e", 1, by_button(changing.offer_fields)),
        _press("ef", 2, changing.pick_field),
        _press("es", 1, changing.save),
        _press("r", 1, by_button(retiring.ask_retiring)),
        _press("ry", 2, retiring.retire),
        _press("s", 1, by_button(retiring.ask_restoring)),
        _press("sy", 1, retiring.restore),
        _press("n", 0, retiring.keep),
        on_press("o", 1, finding.open_entry),
        _press("h", 2, versions.turn_page),
        _press("v", 2, versions.show_version),
        _press("vr", 3, versions.bring_back),
        _press("iy", 1, files.import_file),
        _press("d", 1, drafts.turn_page),
        _press("do", 1, drafts.open_draft),
        _press("dy", 2, drafts.approve_draft),
        _press("dc", 1, drafts.ask_correction),
        _press("dn", 1, drafts.ask_reason),
        _press("dx", 1, drafts.reject_silently),
    ]
