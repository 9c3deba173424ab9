"""People block the bot, or let it write again."""

from telegram import ChatMember, Update

from bot.handlers.context import GoviContext
from bot.services.farmers import mark_unreachable


async def note_blocking(update: Update, context: GoviContext) -> None:
    """Record that a person blocked the bot; the next message from them takes it back."""
    change = update.my_chat_member
    if change is None or change.chat.type != change.chat.PRIVATE:
        return
    if change.new_chat_member.status == ChatMember.BANNED:
        await context.run(mark_unreachable, change.chat.id)
