"""What happens to a pressed button and to the message that carries it."""

import contextlib

from telegram import CallbackQuery, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.rendering import Rendered

#: It shows that already, is gone, or too old to be changed; or its chat lets nobody in any more.
_UNCHANGEABLE = (BadRequest, ChatMigrated, Forbidden)


async def answer_press(query: CallbackQuery, text: str = "", is_alert: bool = False) -> None:
    """Stop a pressed button's spinner with a line; an alert stays until it is tapped away."""
    with contextlib.suppress(BadRequest):  # too old to be answered
        await query.answer(text, show_alert=is_alert)


async def show_instead(query: CallbackQuery, rendered: Rendered) -> None:
    """Replace the message that carries the pressed button by another, a text of one part."""
    text = rendered.parts[0]
    if query.message is None or not isinstance(text, str):
        return
    with contextlib.suppress(*_UNCHANGEABLE):
        await query.get_bot().edit_message_text(
            text,
            chat_id=query.message.chat.id,
            message_id=query.message.message_id,
            parse_mode=ParseMode.HTML,
            reply_markup=rendered.keyboard,
        )


async def show_keyboard(query: CallbackQuery, keyboard: InlineKeyboardMarkup | None) -> None:
    """Give the message that carries the pressed button other buttons."""
    if query.message is None:
        return
    with contextlib.suppress(*_UNCHANGEABLE):
        await query.get_bot().edit_message_reply_markup(
            chat_id=query.message.chat.id,
            message_id=query.message.message_id,
            reply_markup=keyboard,
        )


async def remove_buttons(query: CallbackQuery) -> None:
    """Take the buttons away from the message that carries the pressed one."""
    await show_keyboard(query, None)
