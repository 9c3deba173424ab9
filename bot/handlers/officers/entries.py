"""Using an entry: near ones are offered, others are looked for by words."""

from telegram import CallbackQuery, Update

from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.officers.keeping import offer_keeping
from bot.handlers.officers.searching import ask_for_entry, offer_found
from bot.handlers.officers.sending import send, show_before_sending
from bot.handlers.replying import say
from bot.services.dialogues import Stand
from bot.services.editing import read_entry_by_id
from bot.services.officer_dialogues import ENTRY


async def begin_choosing(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Offer the nearest entries, and ask for words to look for others."""
    asking = context.text("officer.entry.ask", number=numbers[0])
    await ask_for_entry(update, context, ENTRY, numbers[0], asking=asking, verb="eu")
    return None


async def take_words(update: Update, context: GoviContext, stand: Stand) -> None:
    """Offer what fits the words; after a preview they look for another entry."""
    await offer_found(update, context, "eu", stand.data["escalation_id"])


async def choose_entry(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show an entry's answer as the farmers will read it."""
    number, entry_id = numbers
    draft = (await context.read(read_entry_by_id, get_user(update).id, entry_id)).draft
    heading = context.text("officer.entry.preview", number=number, entry=draft.key)
    data = {"escalation_id": number, "entry_id": entry_id}
    await show_before_sending(update, context, ENTRY, data, f"{heading}\n\n{draft.answer}")
    return None


async def send_entry(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Send the entry's answer, and offer to teach it these questions."""
    number, count = await send(update, context, query, ENTRY, numbers[0])
    await say(update, context, context.text("officer.answer.sent", number=number, count=count))
    await offer_keeping(update, context, number)
    return None
