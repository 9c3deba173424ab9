"""People block the bot, or let it write again; groups become supergroups."""

from telegram import ChatMember, Update

from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_message
from bot.services.farmers import mark_unreachable
from bot.services.outbox import move_chat, owe_missed


async def note_blocking(update: Update, context: GoviContext) -> None:
    """Record that a person blocked the bot, or lets it in again and reads what they missed."""
    change = update.my_chat_member
    if change is None or change.chat.type != change.chat.PRIVATE:
        return
    is_shut = change.new_chat_member.status == ChatMember.BANNED
    await context.run(mark_unreachable if is_shut else owe_missed, change.chat.id)


async def follow_group(update: Update, context: GoviContext) -> None:
    """Take what was asked in a group, and what it is owed, along to the supergroup it became."""
    message = get_message(update)
    if message.migrate_to_chat_id is not None:
        await context.run(move_chat, message.chat_id, message.migrate_to_chat_id)
