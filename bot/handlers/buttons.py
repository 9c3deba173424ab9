"""A farmer presses a button: chooses, refuses, rates, or asks the example question."""

import contextlib
from dataclasses import dataclass

from telegram import CallbackQuery, Update
from telegram.error import BadRequest

from bot.errors import NotYoursError, StaleButtonError
from bot.handlers.ask import decide
from bot.handlers.context import GoviContext
from bot.handlers.incoming import read_asker, topic_of
from bot.handlers.keyboards import AskExample, Choose, Press, Rate, Refuse, decode
from bot.services.answering import Incoming, choose_suggestion, refuse_suggestions
from bot.services.rating import rate


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a press led to: the line shown over the chat, and whether its keyboard is used up."""

    line: str
    is_spent: bool = True


async def press_button(update: Update, context: GoviContext) -> None:
    """Carry out a press. Every press is answered with a line, and a used keyboard goes away."""
    query = update.callback_query
    if query is None:
        return
    effect = await _carry_out(update, context, decode(query.data or ""))
    with contextlib.suppress(BadRequest):  # too old to be answered
        await query.answer(context.catalogue.text(effect.line))
    if effect.is_spent:
        await _remove_keyboard(query)


async def _carry_out(update: Update, context: GoviContext, press: Press | None) -> _Effect:
    try:
        match press:
            case Choose():
                return await _choose(update, context, press)
            case Refuse():
                return await _refuse(update, context, press)
            case Rate():
                return await _rate(update, context, press)
            case AskExample():
                return await _ask_example(update, context)
            case None:
                return _Effect("button.stale", is_spent=False)
    except StaleButtonError:
        return _Effect("button.stale")
    except NotYoursError:
        return _Effect("button.not_yours", is_spent=False)


async def _choose(update: Update, context: GoviContext, press: Choose) -> _Effect:
    await context.run(
        choose_suggestion,
        press.question_id,
        press.entry_id,
        read_asker(update),
        update.update_id,
    )
    return _Effect("button.chosen")


async def _refuse(update: Update, context: GoviContext, press: Refuse) -> _Effect:
    await context.run(refuse_suggestions, press.question_id, read_asker(update), update.update_id)
    return _Effect("button.passed_on")


async def _rate(update: Update, context: GoviContext, press: Rate) -> _Effect:
    is_new = await context.run(
        rate, press.reply_id, read_asker(update), press.is_helpful, update.update_id
    )
    if not is_new:
        return _Effect("button.already")
    return _Effect("button.thanks" if press.is_helpful else "button.sorry")


async def _ask_example(update: Update, context: GoviContext) -> _Effect:
    """Ask the question of the button; the reply goes under the message that carries it."""
    message = update.effective_message
    incoming = Incoming(
        asker=read_asker(update),
        text=context.catalogue.text("start.example_question"),
        update_id=update.update_id,
        message_id=message.message_id if message else 0,
        topic_id=topic_of(message) if message else None,
        is_quoted=True,
    )
    await decide(context, incoming)
    return _Effect("button.chosen")


async def _remove_keyboard(query: CallbackQuery) -> None:
    with contextlib.suppress(BadRequest):  # gone already, or too old to be changed
        await query.edit_message_reply_markup(reply_markup=None)
