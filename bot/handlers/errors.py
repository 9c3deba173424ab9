"""What happens when a handler raises."""

from telegram import Update

from bot.handlers.context import Context


async def note_failure(update: object, context: Context) -> None:
    """Remember why an update failed; the intake worker, which owns the update, acts on it."""
    if isinstance(update, Update) and context.error is not None:
        context.bot_data["failures"][update.update_id] = context.error
