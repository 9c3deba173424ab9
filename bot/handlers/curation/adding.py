"""/add: a new entry, step by step: question, answer, more questions, source, area, preview."""

from collections.abc import Mapping
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Update

from bot.errors import StaleButtonError
from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_for_near
from bot.handlers.curation.previewing import show_new
from bot.handlers.curation.wording import say_near, say_parts
from bot.handlers.incoming import get_message, get_user
from bot.handlers.pressing import remove_buttons
from bot.handlers.registering import telling_faults
from bot.handlers.replying import say
from bot.i18n import Words
from bot.i18n.faults import say_field
from bot.keyboards.numbered import button, column, rows
from bot.knowledge import check_field, match_key
from bot.services.admin_dialogues import ADD, enter, save_added
from bot.services.browsing import list_areas
from bot.services.dialogues import PREVIEW, Stand, find_waiting
from bot.services.editing import PARTS

#: Areas offered as buttons; any other may be typed.
_MOST_AREAS = 24


async def begin_adding(update: Update, context: GoviContext) -> None:
    """Ask for the question that the new entry answers."""
    await _ask_next(update, context, {})


@telling_faults
async def take_part(update: Update, context: GoviContext, stand: Stand) -> None:
    """Take what was asked for, and ask for what is still missing."""
    text = get_message(update).text or ""
    data = dict(stand.data)
    match stand.step:
        case "preview":
            await say(update, context, context.text("curate.press_a_button"))
            return
        case "phrasings":
            await _take_phrasings(update, context, data, text)
            return
        case "title":
            data["title"] = check_field("title", text)
            await _warn_of_near(update, context, data["title"])
        case "area":
            data["area"] = check_field("area", text.strip().lower())
        case field:
            data[field] = check_field(field, text)
    await _ask_next(update, context, data)


async def end_phrasings(
    update: Update, context: GoviContext, query: CallbackQuery, _: list[int]
) -> str | None:
    """Go on after the last of the further questions."""
    stand = await context.read(find_waiting, get_user(update).id, ADD, "phrasings")
    data = {**stand.data, "phrasings": _read_phrasings(stand.data)}
    data.pop("more", None)
    await remove_buttons(query)
    await _ask_next(update, context, data)
    return None


async def pick_area(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Take an area that was offered."""
    stand = await context.read(find_waiting, get_user(update).id, ADD, "area", numbers[0])
    offered = stand.data["offered"]
    if numbers[1] >= len(offered):
        raise StaleButtonError
    await remove_buttons(query)
    await _ask_next(update, context, {**stand.data, "area": offered[numbers[1]]})
    return None


async def change_part(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask for one part anew; the others stay."""
    stand = await context.read(find_waiting, get_user(update).id, ADD, PREVIEW, numbers[0])
    if numbers[1] >= len(PARTS):
        raise StaleButtonError
    left = {name: value for name, value in stand.data.items() if name != PARTS[numbers[1]]}
    await remove_buttons(query)
    await _ask_next(update, context, left)
    return None


async def save(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Publish the entry that was previewed."""
    added = await context.run(save_added, get_user(update).id, numbers[0])
    await remove_buttons(query)
    opening = column([button(f"🔑 {added.draft.key}", "o", added.entry_id)])
    await say(update, context, context.text("curate.add.saved", entry=added.draft.key), opening)
    return context.text("curate.saved")


async def _take_phrasings(
    update: Update, context: GoviContext, data: dict[str, Any], text: str
) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    data["more"] = [*data.get("more", []), *check_field("phrasings", lines)]
    _read_phrasings(data)  # too many would have to be taken out again
    user_id = get_user(update).id
    await context.run(enter, user_id, ADD, "phrasings", data, update.update_id)
    done = column([button(context.text("curate.add.done"), "ad")])
    told = context.text("curate.add.phrasings_taken", count=len(data["more"]))
    await say(update, context, told, done)


def _read_phrasings(data: Mapping[str, Any]) -> Any:
    """Return the question and all further ones, each once.

    Raises:
        KnowledgeError: There are more than an entry may have.
    """
    questions = {match_key(text): text for text in (data["title"], *data.get("more", []))}
    return check_field("phrasings", list(questions.values()))


async def _warn_of_near(update: Update, context: GoviContext, question: str) -> None:
    warning = say_near(context, await look_for_near(update, context, [question]))
    if warning:
        await say(update, context, warning)


async def _ask_next(update: Update, context: GoviContext, data: Mapping[str, Any]) -> None:
    missing = next((name for name in PARTS if name not in data), None)
    if missing is None:
        await _preview(update, context, data)
        return
    user_id = get_user(update).id
    keyboard = None
    if missing == "phrasings":
        keyboard = column([button(context.text("curate.add.no_more"), "ad")])
    elif missing == "area":
        offered = (await context.read(list_areas, user_id))[:_MOST_AREAS]
        data = {**data, "offered": offered}
        keyboard = _area_keyboard(context.words, offered, update.update_id)
    await context.run(enter, user_id, ADD, missing, data, update.update_id)
    await say(update, context, context.text(f"curate.add.{missing}"), keyboard)


def _area_keyboard(words: Words, offered: list[str], update_id: int) -> InlineKeyboardMarkup | None:
    areas = (button(words.area(area), "aa", update_id, at) for at, area in enumerate(offered))
    return rows(areas, 2)


async def _preview(update: Update, context: GoviContext, data: Mapping[str, Any]) -> None:
    shown_by = update.update_id
    await context.run(enter, get_user(update).id, ADD, PREVIEW, data, shown_by)
    changing = [
        button(f"✏️ {say_field(context.words, name)}", "ac", shown_by, at)
        for at, name in enumerate(PARTS)
    ]
    saving = button(context.text("curate.save"), "as", shown_by)
    shown = context.text("curate.add.preview", **say_parts(context, data))
    await show_new(update, context, data, shown, saving=saving, changing=changing)
