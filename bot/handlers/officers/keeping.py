"""Keeping an answer: as a draft entry, or as phrasings of an entry; an admin approves either."""

from collections.abc import Mapping
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Update

from bot.errors import StaleButtonError
from bot.handlers.context import GoviContext
from bot.handlers.curation.previewing import show_new
from bot.handlers.curation.wording import say_parts
from bot.handlers.incoming import get_message, get_user
from bot.handlers.officers.keyboards import button, keyboard
from bot.handlers.officers.searching import ask_for_entry, offer_found
from bot.handlers.pressing import remove_buttons
from bot.handlers.registering import telling_faults
from bot.handlers.replying import say
from bot.i18n import Words
from bot.i18n.faults import say_field
from bot.keyboards.numbered import rows
from bot.knowledge import check_field
from bot.services.dialogues import PREVIEW, Stand, find_waiting
from bot.services.editing import PARTS, read_entry, read_entry_by_id
from bot.services.keeping import (
    KEEP,
    LINK,
    gather,
    link_words,
    list_kept_areas,
    propose_kept,
)
from bot.services.officer_dialogues import enter
from bot.services.queue import EscalationView, read_escalation

_MOST_AREAS = 24


async def offer_keeping(update: Update, context: GoviContext, number: int) -> None:
    """Say what keeping is good for, and offer it."""
    lines = [
        [button(context.text("officer.button.keep"), "k", number)],
        [button(context.text("officer.keep.no"), "kx")],
    ]
    await say(update, context, context.text("officer.answer.ask_keep"), keyboard(lines))


async def ask_how(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask whether it becomes an entry of its own."""
    number = numbers[0]
    view = await context.run(read_escalation, get_user(update).id, number)
    used = _used(view)
    lines = [
        [button(context.text("officer.keep.new"), "kn", number)],
        [button(context.text("officer.keep.phrasing"), "kp", number)],
        [button(context.text("officer.keep.no"), "kx")],
    ]
    if used is not None:
        label = context.text("officer.keep.phrasing_of", entry=used)
        lines[0] = [button(label, "ke", number)]
    await remove_buttons(query)
    await say(update, context, context.text("officer.keep.ask", number=number), keyboard(lines))
    return None


async def keep_nothing(
    _update: Update, context: GoviContext, query: CallbackQuery, _numbers: list[int]
) -> str | None:
    """Leave it at the answer."""
    await remove_buttons(query)
    return context.text("officer.keep.not_kept")


async def begin_keeping(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Gather what is known of the new entry, and ask for the rest."""
    data = await context.read(gather, get_user(update).id, numbers[0])
    data.pop("area", None)
    await remove_buttons(query)
    await _ask_next(update, context, data)
    return None


@telling_faults
async def take_part(update: Update, context: GoviContext, stand: Stand) -> None:
    """Take what was asked for, and ask for what is still missing."""
    text = get_message(update).text or ""
    match stand.step:
        case "preview":
            await say(update, context, context.text("curate.press_a_button"))
            return
        case "phrasings":
            value = list(check_field("phrasings", text))
        case "area":
            value = check_field("area", text.strip().lower())
        case field:
            value = check_field(field, text)
    await _ask_next(update, context, {**stand.data, stand.step: value})


async def pick_area(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Take an area that was offered."""
    shown_by, at = numbers
    stand = await context.read(find_waiting, get_user(update).id, KEEP, "area", shown_by)
    offered = stand.data["offered"]
    if at >= len(offered):
        raise StaleButtonError
    await remove_buttons(query)
    await _ask_next(update, context, {**stand.data, "area": offered[at]})
    return None


async def change_part(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask for one part anew; the others stay."""
    shown_by, at = numbers
    stand = await context.read(find_waiting, get_user(update).id, KEEP, PREVIEW, shown_by)
    if at >= len(PARTS):
        raise StaleButtonError
    left = {name: value for name, value in stand.data.items() if name != PARTS[at]}
    await remove_buttons(query)
    await _ask_next(update, context, left)
    return None


async def propose(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Hand the entry that was shown to the admins."""
    pending = await context.run(propose_kept, get_user(update).id, numbers[0])
    await remove_buttons(query)
    key = pending.entry.draft.key
    text = context.text("officer.keep.proposed", number=pending.proposal_id, entry=key)
    await say(update, context, text)
    return None


async def begin_linking(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask which entry the questions belong to."""
    asking = context.text("officer.keep.pick_entry")
    await ask_for_entry(update, context, LINK, numbers[0], asking=asking, verb="ku")
    await remove_buttons(query)
    return None


async def take_words(update: Update, context: GoviContext, stand: Stand) -> None:
    """Offer the entries that fit the words."""
    await offer_found(update, context, "ku", stand.data["escalation_id"])


async def link_to_used(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Propose the questions for the entry whose answer was sent."""
    user_id, number = get_user(update).id, numbers[0]
    used = _used(await context.run(read_escalation, user_id, number))
    if used is None:
        raise StaleButtonError
    entry_id = (await context.read(read_entry, user_id, used)).entry_id
    return await link(update, context, query, [number, entry_id])


async def link(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Propose the questions as phrasings of an entry."""
    user_id, (number, entry_id) = get_user(update).id, numbers
    proposed = await context.run(link_words, user_id, number, entry_id)
    key = (await context.read(read_entry_by_id, user_id, entry_id)).draft.key
    await remove_buttons(query)
    text = (
        context.text("officer.keep.phrasings_proposed", entry=key, count=len(proposed))
        if proposed
        else context.text("officer.keep.known", entry=key)
    )
    await say(update, context, text)
    return None


def _used(view: EscalationView) -> str | None:
    """Return the key of the entry whose answer was sent last, if one was."""
    return next((note.entry_key for note in reversed(view.notes) if note.entry_key), None)


async def _ask_next(update: Update, context: GoviContext, data: Mapping[str, Any]) -> None:
    missing = next((name for name in PARTS if name not in data), None)
    if missing is None:
        await _preview(update, context, data)
        return
    user_id, buttons = get_user(update).id, None
    if missing == "area":
        areas = await context.read(list_kept_areas, user_id, data["escalation_id"])
        offered = areas[:_MOST_AREAS]
        data = {**data, "offered": offered}
        buttons = _area_keyboard(context.words, offered, update.update_id)
    await context.run(enter, user_id, KEEP, missing, data, update.update_id)
    await say(update, context, context.text(f"officer.keep.{missing}"), buttons)


def _area_keyboard(words: Words, offered: list[str], shown_by: int) -> InlineKeyboardMarkup | None:
    areas = (button(words.area(area), "ka", shown_by, at) for at, area in enumerate(offered))
    return rows(areas, 2)


async def _preview(update: Update, context: GoviContext, data: Mapping[str, Any]) -> None:
    shown_by = update.update_id
    await context.run(enter, get_user(update).id, KEEP, PREVIEW, data, shown_by)
    changing = [
        button(f"✏️ {say_field(context.words, name)}", "kc", shown_by, at)
        for at, name in enumerate(PARTS)
    ]
    proposing = button(context.text("officer.keep.propose"), "ks", shown_by)
    shown = context.text("officer.keep.preview", **say_parts(context, data))
    await show_new(update, context, data, shown, saving=proposing, changing=changing)
