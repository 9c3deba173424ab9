"""What a farmer does with a question that went to the officers: look, add, take back."""

import re
from typing import Any

from telegram import CallbackQuery, Update
from telegram.ext import BaseHandler, CommandHandler

from bot.excerpts import excerpt
from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded
from bot.handlers.incoming import ADDRESSED, get_message, has_words, read_asker, replied_to
from bot.handlers.pressing import answer_press, remove_buttons, show_instead, show_keyboard
from bot.handlers.registering import on_button
from bot.handlers.replying import place_of, send
from bot.i18n.moments import say_date
from bot.keyboards.escalations import (
    GIVE_REASON,
    WITHDRAW,
    WITHDRAW_LISTED,
    mine_keyboard,
    withdraw_keyboard,
)
from bot.rendering import Rendered, render_text
from bot.services.answering import Incoming
from bot.services.details import add_detail, is_asked
from bot.services.my_questions import MyQuestion, list_mine, withdraw
from bot.services.rating import REASONS, give_reason

EXCERPT_LIMIT = 120
#: The small talk that may answer a question.
_YES_OR_NO = "ok_yes_no"


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [
        CommandHandler("mine", show_mine, filters=ADDRESSED),
        on_button(WITHDRAW, take_back),
        on_button(WITHDRAW_LISTED, take_back_listed),
        on_button(GIVE_REASON, say_why),
    ]


async def is_detail(update: Update, context: GoviContext, incoming: Incoming) -> bool:
    """Add a reply to what it replies to, if that is an open question; return whether it was so.

    What somebody writes or shows next after an officer has asked them replies to that by itself, a
    yes or no too; thanks do not.
    """
    replied = replied_to(get_message(update))
    if replied is not None:
        return await context.run(add_detail, incoming, replied.message_id)
    if not _says_something(context, incoming) or not await context.read(is_asked, incoming):
        return False
    return await context.run(add_detail, incoming)


def _says_something(context: GoviContext, incoming: Incoming) -> bool:
    remark = context.desk.services.recognition.small_talk(incoming.text)
    is_word = has_words(incoming.text) and (remark is None or remark.kind == _YES_OR_NO)
    return is_word or incoming.media is not None


@guarded
async def show_mine(update: Update, context: GoviContext) -> None:
    """List a person's questions that were passed on; in a group those asked there."""
    mine = await context.read(list_mine, read_asker(update))
    await send(context, place_of(update), _render_mine(context, mine))


async def take_back(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Take a question back by the button under the message about it."""
    is_new = await context.run(withdraw, read_asker(update), int(match[1]))
    await _confirm_withdrawal(context, query, is_new)
    await remove_buttons(query)


async def take_back_listed(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Take a question back out of the list, and show how the list is now."""
    is_new = await context.run(withdraw, read_asker(update), int(match[1]))
    await _confirm_withdrawal(context, query, is_new)
    mine = await context.read(list_mine, read_asker(update))
    await show_instead(query, _render_mine(context, mine))


async def say_why(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Note why an answer was no use; the button that takes the question back stays."""
    reply_id, number, ask_id = (int(group) for group in match.groups())
    is_new = await context.run(give_reason, reply_id, read_asker(update), REASONS[number])
    key = "passed_on.reason_noted" if is_new else "button.already"
    await answer_press(query, context.text(key))
    await show_keyboard(query, withdraw_keyboard(context.words, ask_id))


async def _confirm_withdrawal(context: GoviContext, query: CallbackQuery, is_new: bool) -> None:
    key = "passed_on.withdrawn" if is_new else "passed_on.withdrawn_already"
    await answer_press(query, context.text(key))


def _render_mine(context: GoviContext, mine: list[MyQuestion]) -> Rendered:
    if not mine:
        return render_text(context.text("mine.none"))
    lines = [_line(context, each) for each in mine]
    withdrawable = [each.ask_id for each in mine if each.can_withdraw]
    keyboard = mine_keyboard(context.words, withdrawable)
    return render_text("\n\n".join([context.text("mine.heading"), *lines]), keyboard)


def _line(context: GoviContext, mine: MyQuestion) -> str:
    return context.text(
        "mine.line",
        state=context.text(f"mine.state.{mine.state}"),
        number=mine.ask_id,
        date=say_date(mine.asked_at),
        question=excerpt(mine.text, EXCERPT_LIMIT) or context.text("mine.no_text"),
    )
