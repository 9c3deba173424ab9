"""/find: entries by key, words or meaning, and an entry as it stands."""

from telegram import CallbackQuery, InlineKeyboardButton, Update

from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_up
from bot.handlers.curation.wording import found_keyboard, say_entry, say_found
from bot.handlers.incoming import get_user
from bot.handlers.registering import get_words
from bot.handlers.replying import say
from bot.keyboards.numbered import button, rows
from bot.services.editing import EntryState, read_entry_by_id
from bot.services.roles import Role, has_role


async def find(update: Update, context: GoviContext) -> None:
    """List the entries that fit what was written after the command."""
    words = get_words(context)
    if not words:
        await say(update, context, context.text("curate.find.usage"))
        return
    found = await look_up(update, context, words)
    if found:
        await say(update, context, say_found(context, found), found_keyboard(found))
    else:
        await say(update, context, context.text("curate.find.nothing"))


async def open_entry(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show an entry; admins get buttons for what can be done with it."""
    user_id = get_user(update).id
    state = await context.read(read_entry_by_id, user_id, numbers[0])
    is_admin = await context.read(has_role, user_id, Role.ADMIN)
    buttons = _buttons(context, state) if is_admin else []
    await say(update, context, say_entry(context, state), rows(buttons, 2))
    return None


def _buttons(context: GoviContext, state: EntryState) -> list[InlineKeyboardButton]:
    buttons = [
        button(context.text("curate.button.edit"), "e", state.entry_id),
        button(context.text("curate.button.history"), "h", state.entry_id, 0),
    ]
    match state.draft.status:
        case "published":
            buttons.append(button(context.text("curate.button.retire"), "r", state.entry_id))
        case "retired":
            buttons.append(button(context.text("curate.button.restore"), "s", state.entry_id))
    return buttons
