"""Asking farmers for detail: the question goes to one of them or to all, without a name."""

from telegram import CallbackQuery, Update

from bot.errors import StaleButtonError
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_message, get_user
from bot.handlers.officers.keyboards import button, keyboard, turn
from bot.handlers.officers.sending import send, show_before_sending
from bot.handlers.officers.wording import name_farmer, say_words
from bot.handlers.replying import say
from bot.paging import count_pages
from bot.services.dialogues import PREVIEW, Stand
from bot.services.officer_dialogues import INQUIRY, enter
from bot.services.queue import AskLine, EscalationView, read_escalation

_PAGE = 8
#: Stands for all askers.
_ALL = 0


async def begin_inquiring(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask whom to ask, unless there is one asker only."""
    view = await context.run(read_escalation, get_user(update).id, numbers[0])
    waiting = _waiting(view)
    if len(waiting) == 1:
        return await pick_asker(update, context, query, [numbers[0], waiting[0].ask_id])
    await _offer_askers(update, context, view, 0)
    return None


async def turn_page(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Offer other askers."""
    view = await context.run(read_escalation, get_user(update).id, numbers[0])
    await _offer_askers(update, context, view, numbers[1])
    return None


async def pick_asker(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask what is to be asked."""
    number, ask_id = numbers
    user_id = get_user(update).id
    view = await context.run(read_escalation, user_id, number)
    asker = next((each.number for each in view.asks if each.ask_id == ask_id), None)
    if asker is None and ask_id != _ALL:
        raise StaleButtonError
    data = {"escalation_id": number, "ask_id": ask_id or None, "asker": asker}
    await context.run(enter, user_id, INQUIRY, "text", data, update.update_id)
    who = name_farmer(context, asker)
    await say(update, context, context.text("officer.inquiry.ask", number=number, who=who))
    return None


async def take_inquiry(update: Update, context: GoviContext, stand: Stand) -> None:
    """Show what will be asked."""
    if stand.step == PREVIEW:
        await say(update, context, context.text("curate.press_a_button"))
        return
    text = get_message(update).text or ""
    number, who = stand.data["escalation_id"], name_farmer(context, stand.data["asker"])
    heading = context.text("officer.inquiry.preview", number=number, who=who)
    data = {**stand.data, "text": text}
    await show_before_sending(update, context, INQUIRY, data, f"{heading}\n\n{text}")


async def send_inquiry(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask."""
    number, _ = await send(update, context, query, INQUIRY, numbers[0])
    await say(update, context, context.text("officer.inquiry.sent", number=number))
    return None


def _waiting(view: EscalationView) -> list[AskLine]:
    return [each for each in view.asks if each.is_waiting]


async def _offer_askers(
    update: Update, context: GoviContext, view: EscalationView, page: int
) -> None:
    number, waiting = view.escalation_id, _waiting(view)
    pages = count_pages(len(waiting), _PAGE)
    lines = [
        [button(_label(context, each), "iw", number, each.ask_id)]
        for each in waiting[page * _PAGE : (page + 1) * _PAGE]
    ]
    lines.append([button(name_farmer(context, None), "iw", number, _ALL)])
    lines.append(turn("ip", page, pages, number))
    asking = context.text("officer.inquiry.who", number=number)
    await say(update, context, asking, keyboard(lines))


def _label(context: GoviContext, ask: AskLine) -> str:
    return f"{name_farmer(context, ask.number)}: {say_words(context, ask)}"
