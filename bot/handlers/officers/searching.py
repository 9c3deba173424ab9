"""Looking for a published entry inside a dialogue: words in, up to five buttons out."""

from collections.abc import Iterable

from telegram import InlineKeyboardMarkup, Update

from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_up
from bot.handlers.curation.wording import say_found
from bot.handlers.incoming import get_message, get_user
from bot.handlers.officers.keyboards import button, keyboard
from bot.handlers.officers.wording import say_question
from bot.handlers.replying import say
from bot.services.finding import Found
from bot.services.officer_dialogues import enter
from bot.services.queue import read_escalation

MOST = 5


async def ask_for_entry(
    update: Update, context: GoviContext, dialogue: str, number: int, *, asking: str, verb: str
) -> None:
    """Offer the entries nearest to an escalation, and wait for words to look for others."""
    user_id, data = get_user(update).id, {"escalation_id": number}
    await context.run(enter, user_id, dialogue, "words", data, update.update_id)
    near = (await context.run(read_escalation, user_id, number)).near[:MOST]
    await say(update, context, asking, _picking_keyboard(near, verb, number))


async def offer_found(update: Update, context: GoviContext, verb: str, number: int) -> None:
    """Offer the entries that fit what was written, each on a button of `verb`."""
    words = get_message(update).text or ""
    found = await look_up(update, context, words)
    fit = [each for each in found if each.status.value == "published"][:MOST]
    if not fit:
        await say(update, context, context.text("officer.entry.nothing"))
        return
    text = f"{context.text('officer.entry.found')}\n\n{say_found(context, fit)}"
    await say(update, context, text, _picking_keyboard(fit, verb, number))


def _picking_keyboard(
    found: Iterable[Found], verb: str, number: int
) -> InlineKeyboardMarkup | None:
    """Return a button for each entry; its numbers are the escalation's and the entry's."""
    return keyboard(
        [button(f"🔑 {say_question(each)}", verb, number, each.entry_id)] for each in found
    )
