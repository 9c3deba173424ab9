"""/retire and /restore: take an entry away from farmers, and give it back."""

from telegram import CallbackQuery, Update

from bot.handlers.context import GoviContext
from bot.handlers.curation.wording import say_entry
from bot.handlers.incoming import get_user
from bot.handlers.pressing import remove_buttons
from bot.handlers.replying import say
from bot.keyboards.numbered import button, column
from bot.services.editing import EntryState, Restored, restore_entry, retire_entry


async def ask_retiring(update: Update, context: GoviContext, state: EntryState) -> None:
    """Ask whether an entry is to be taken away."""
    text = f"{say_entry(context, state)}\n\n{context.text('curate.retire.ask')}"
    yes = button(context.text("curate.retire.yes"), "ry", state.entry_id, state.version)
    await say(update, context, text, column([yes, button(context.text("curate.no"), "n")]))


async def retire(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Retire; pressed again, it says the same."""
    entry_id, version = numbers
    state = await context.run(retire_entry, get_user(update).id, entry_id, version)
    await remove_buttons(query)
    await say(update, context, context.text("curate.retire.done", entry=state.draft.key))
    return context.text("curate.saved")


async def ask_restoring(update: Update, context: GoviContext, state: EntryState) -> None:
    """Ask whether an entry is to come back."""
    text = f"{say_entry(context, state)}\n\n{context.text('curate.restore.ask')}"
    yes = button(context.text("curate.restore.yes"), "sy", state.entry_id)
    await say(update, context, text, column([yes, button(context.text("curate.no"), "n")]))


async def restore(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Restore; pressed again, it says the same."""
    restored = await context.run(restore_entry, get_user(update).id, numbers[0])
    await remove_buttons(query)
    await say_restored(update, context, restored)
    return context.text("curate.saved")


async def keep(
    update: Update, context: GoviContext, query: CallbackQuery, _: list[int]
) -> str | None:
    """Leave everything as it is."""
    await remove_buttons(query)
    return context.text("curate.kept")


async def say_restored(update: Update, context: GoviContext, restored: Restored) -> None:
    """Say what came back, and which questions belong to others by now."""
    draft = restored.state.draft
    text = context.text("curate.restore.done", entry=draft.key, version=restored.state.version)
    if restored.left_out:
        left = "\n".join(f"• {each}" for each in restored.left_out)
        text = f"{text}\n\n{context.text('curate.restore.left_out')}\n{left}"
    await say(update, context, text)
