"""/edit: one field of an entry at a time, never over somebody else's change."""

import re
from collections.abc import Mapping
from typing import Any

from telegram import CallbackQuery, Update

from bot.errors import ChangedMeanwhileError, StaleButtonError
from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_for_near
from bot.handlers.curation.wording import say_changes, say_entry, say_near
from bot.handlers.incoming import get_message, get_user
from bot.handlers.pressing import remove_buttons
from bot.handlers.registering import telling_faults
from bot.handlers.replying import say
from bot.i18n.faults import say_field
from bot.keyboards.numbered import button, column, rows
from bot.knowledge import check_field
from bot.services.admin_dialogues import EDIT, check_edited, enter, save_edited
from bot.services.dialogues import PREVIEW, Stand, find_waiting
from bot.services.editing import EDITABLE, EntryState, read_entry_by_id
from bot.services.history import compare_versions

#: Fields that hold a list; the others hold one value.
_LISTS = ("phrasings", "keywords")
#: A line that takes an item out of a list, by its number in it.
_REMOVAL = re.compile(r"-\s*([0-9]{1,3})\s*\Z")
#: What empties a field that may be empty.
_NOTHING = "-"


async def offer_fields(update: Update, context: GoviContext, state: EntryState) -> None:
    """Show an entry with a button for each field."""
    fields = (
        button(f"✏️ {say_field(context.words, field)}", "ef", state.entry_id, at)
        for at, field in enumerate(EDITABLE)
    )
    text = f"{say_entry(context, state)}\n\n{context.text('curate.edit.pick')}"
    await say(update, context, text, rows(fields, 2))


async def pick_field(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show what a field holds now, and ask what it should hold."""
    entry_id, at = numbers
    if at >= len(EDITABLE):
        raise StaleButtonError
    user_id, field = get_user(update).id, EDITABLE[at]
    state = await context.read(read_entry_by_id, user_id, entry_id)
    data = {"entry_id": entry_id, "version": state.version, "field": field}
    await context.run(enter, user_id, EDIT, "value", data, update.update_id)
    asking = context.text(_asking(field), field=say_field(context.words, field))
    await say(update, context, asking)
    await say(update, context, _present(context, state, field))
    return None


@telling_faults
async def take_value(update: Update, context: GoviContext, stand: Stand) -> None:
    """Take what a field should hold, and show what that would change."""
    if stand.step == PREVIEW:
        await say(update, context, context.text("curate.press_a_button"))
        return
    text = get_message(update).text or ""
    data = {**stand.data, **await _read_value(update, context, stand.data, text)}
    await _preview(update, context, data)


async def save(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Save what was previewed; if somebody else was first, show that and preview anew."""
    user_id = get_user(update).id
    try:
        saved = await context.run(save_edited, user_id, numbers[0])
    except ChangedMeanwhileError:
        stand = await context.read(find_waiting, user_id, EDIT, PREVIEW, numbers[0])
        await remove_buttons(query)
        await _show_conflict(update, context, stand)
        return None
    await remove_buttons(query)
    text = context.text("curate.edit.saved", entry=saved.draft.key, version=saved.version)
    await say(update, context, text, column([button(f"🔑 {saved.draft.key}", "o", saved.entry_id)]))
    return context.text("curate.saved")


def _asking(field: str) -> str:
    special = {"grade": "curate.edit.ask_grade", "valid_until": "curate.edit.ask_date"}
    return "curate.edit.ask_list" if field in _LISTS else special.get(field, "curate.edit.ask_text")


def _present(context: GoviContext, state: EntryState, field: str) -> str:
    value = getattr(state.draft, field)
    if field in _LISTS:
        value = "\n".join(f"{number}. {text}" for number, text in enumerate(value, 1))
    return str(value or context.text("curate.edit.empty"))


async def _read_value(
    update: Update, context: GoviContext, data: Mapping[str, Any], text: str
) -> dict[str, Any]:
    field = data["field"]
    if field in _LISTS:
        state = await context.read(read_entry_by_id, get_user(update).id, data["entry_id"])
        return _read_list(field, getattr(state.draft, field), text)
    if field == "valid_until":
        day = check_field(field, "" if text.strip() == _NOTHING else text.strip())
        return {"value": day.isoformat() if day else None}
    return {"value": check_field(field, text.strip().lower() if field == "area" else text)}


def _read_list(field: str, present: tuple[str, ...], text: str) -> dict[str, list[str]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    removals = [int(match[1]) for line in lines if (match := _REMOVAL.match(line))]
    added = [line for line in lines if not _REMOVAL.match(line)]
    return {
        "remove": [present[number - 1] for number in removals if 0 < number <= len(present)],
        "add": list(check_field(field, added)) if added else [],
    }


async def _show_conflict(update: Update, context: GoviContext, stand: Stand) -> None:
    user_id, data = get_user(update).id, stand.data
    now = await context.read(read_entry_by_id, user_id, data["entry_id"])
    theirs = await context.read(
        compare_versions, user_id, now.entry_id, data["version"], now.version
    )
    heading = context.text("curate.edit.conflict", name=now.changed_by_name, version=now.version)
    await say(update, context, f"{heading}\n\n{say_changes(context, theirs)}")
    await _preview(update, context, {**data, "version": now.version})


async def _preview(update: Update, context: GoviContext, data: Mapping[str, Any]) -> None:
    """Show what would change, and entries that seem to answer what is added."""
    user_id = get_user(update).id
    edit, changes = await context.read(check_edited, user_id, data)
    if not changes:
        begun = {name: data[name] for name in ("entry_id", "version", "field")}
        await context.run(enter, user_id, EDIT, "value", begun, update.update_id)
        await say(update, context, context.text("curate.edit.nothing"))
        return
    await context.run(enter, user_id, EDIT, PREVIEW, data, update.update_id)
    near = []
    if edit.field in ("title", "phrasings"):
        questions = data.get("add") or [data.get("value", "")]
        near = await look_for_near(update, context, questions, data["entry_id"])
    heading = context.text("curate.edit.preview", entry=edit.state.draft.key)
    parts = (heading, say_changes(context, changes), say_near(context, near))
    text = "\n\n".join(part for part in parts if part)
    buttons = [
        button(context.text("curate.save"), "es", update.update_id),
        button(context.text("curate.edit.again"), "ef", data["entry_id"], _place(data["field"])),
    ]
    await say(update, context, text, column(buttons))


def _place(field: str) -> int:
    return EDITABLE.index(field)
