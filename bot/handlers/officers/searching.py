"""Looking for a published entry inside a dialogue: words in, up to five buttons out."""

from collections.abc import Iterable

from telegram import InlineKeyboardMarkup, Update

from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_up
from bot.handlers.curation.wording import say_found
from bot.handlers.incoming import get_message
from bot.handlers.officers.keyboards import button, keyboard
from bot.handlers.officers.wording import say_question
from bot.handlers.replying import say
from bot.services.finding import Found

MOST = 5


async def offer_found(update: Update, context: GoviContext, verb: str, number: int) -> None:
    """Offer the entries that fit what was written, each on a button of `verb`."""
    words = get_message(update).text or ""
    found = await look_up(update, context, words)
    fit = [each for each in found if each.status.value == "published"][:MOST]
    if not fit:
        await say(update, context, context.text("officer.entry.nothing"))
        return
    text = f"{context.text('officer.entry.found')}\n\n{say_found(context, fit)}"
    await say(update, context, text, picking_keyboard(fit, verb, number))


def picking_keyboard(found: Iterable[Found], verb: str, number: int) -> InlineKeyboardMarkup | None:
    """Return a button for each entry; its numbers are the escalation's and the entry's."""
    return keyboard(
        [button(f"🔑 {say_question(each)}", verb, number, each.entry_id)] for each in found
    )
