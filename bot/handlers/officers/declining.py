"""No answer: not about farming, abuse, or another reason; the farmers are told kindly."""

from telegram import CallbackQuery, Update

from bot.errors import StaleButtonError
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.officers.keyboards import button, keyboard
from bot.handlers.pressing import remove_buttons
from bot.handlers.replying import say
from bot.services.officer_dialogues import count_held
from bot.services.queue import read_escalation
from bot.services.resolving import REFUSALS, Refusal, decline


async def ask_reason(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask why there is no answer."""
    number = numbers[0]
    await context.read(count_held, get_user(update).id, number)
    lines = [
        [button(context.text(f"officer.decline.{reason}"), "dr", number, at)]
        for at, reason in enumerate(REFUSALS)
    ]
    lines.append([button(context.text("officer.back"), "n")])
    await say(update, context, context.text("officer.decline.ask", number=number), keyboard(lines))
    return None


async def show_reason(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show what the farmers will be told."""
    user_id, (number, at) = get_user(update).id, numbers
    count = await context.read(count_held, user_id, number)
    view = await context.run(read_escalation, user_id, number)
    known_as = next((each.ask_id for each in view.asks if each.is_waiting), 0)
    heading = context.text("officer.decline.preview", number=number)
    told = context.text(f"word.declined.{_reason(at)}", number=known_as)
    recipients = context.text("officer.recipients", count=count)
    sending = button(context.text("officer.button.send"), "dy", number, at)
    buttons = keyboard([[sending, button(context.text("officer.back"), "n")]])
    await say(update, context, f"{heading}\n\n{told}\n\n{recipients}", buttons)
    return None


async def send_reason(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Close the escalation."""
    number, at = numbers
    count = await context.run(
        decline, get_user(update).id, number, _reason(at), update_id=update.update_id
    )
    await remove_buttons(query)
    await say(update, context, context.text("officer.decline.done", number=number, count=count))
    return None


async def go_back(
    _update: Update, context: GoviContext, query: CallbackQuery, _numbers: list[int]
) -> str | None:
    """Do nothing, after a question back."""
    await remove_buttons(query)
    return context.text("officer.stopped")


def _reason(at: int) -> Refusal:
    if at >= len(REFUSALS):
        raise StaleButtonError
    return REFUSALS[at]
