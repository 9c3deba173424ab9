"""What goes to askers is shown before it is sent, with how many will get it."""

from collections.abc import Mapping
from typing import Any

from telegram import CallbackQuery, Update

from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.officers.keyboards import button, keyboard
from bot.handlers.pressing import remove_buttons
from bot.handlers.replying import say, show
from bot.rendering import render_file
from bot.services.media import Media
from bot.services.officer_dialogues import ANSWER, ENTRY, INQUIRY, keep_shown, send_shown

#: Under a preview: the verbs of "send" and "write it again" by dialogue.
_VERBS = {ANSWER: ("as", "a"), ENTRY: ("es", "e"), INQUIRY: ("is", "i")}


async def show_before_sending(
    update: Update,
    context: GoviContext,
    name: str,
    data: Mapping[str, Any],
    text: str,
    *,
    media: Media | None = None,
) -> None:
    """Keep what is to be sent, and show it with the buttons to send it or to begin anew.

    `text` stands under `media`, if that goes too.
    """
    count = await context.run(keep_shown, get_user(update).id, name, data, update.update_id)
    # An inquiry may go to one of them only.
    count = 1 if data.get("ask_id") else count
    sending, again = _VERBS[name]
    buttons = [
        button(context.text("officer.button.send"), sending, update.update_id),
        button(context.text("officer.again"), again, data["escalation_id"]),
    ]
    recipients = context.text("officer.recipients", count=count)
    shown = f"{text}\n\n{recipients}"
    if media is None:
        await say(update, context, shown, keyboard([buttons]))
    else:
        rendered = render_file(media.kind, media.file_id, shown, keyboard([buttons]))
        await show(update, context, rendered)


async def send(
    update: Update, context: GoviContext, query: CallbackQuery, name: str, shown_by: int
) -> tuple[int, int]:
    """Send what was shown; return the escalation and how many get it."""
    user_id = get_user(update).id
    sent = await context.run(send_shown, user_id, name, shown_by, update.update_id)
    await remove_buttons(query)
    return sent
