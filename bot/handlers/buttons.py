"""A farmer presses a button: chooses, refuses, rates, or asks the example question."""

import contextlib
from dataclasses import dataclass

from telegram import CallbackQuery, Message, Update
from telegram.error import BadRequest

from bot.errors import NotYoursError, StaleButtonError
from bot.handlers.ask import decide
from bot.handlers.context import GoviContext
from bot.handlers.incoming import read_asker
from bot.handlers.keyboards import AskExample, Choose, Press, Rate, Refuse, decode
from bot.handlers.replying import Place, deliver, topic_of
from bot.rendering import render
from bot.services.answering import (
    Incoming,
    Outcome,
    choose_suggestion,
    find_outcome,
    rate,
    refuse_suggestions,
)
from retrieval import detect_script


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a press led to: the line shown over the chat, and a reply that is owed, if any."""

    line: str
    outcome: Outcome | None = None
    heading: str = ""
    is_spent: bool = True


async def press_button(update: Update, context: GoviContext) -> None:
    """Carry out a press. Every press is answered with a line, and a used keyboard goes away."""
    query = update.callback_query
    if query is None:
        return
    effect = await _carry_out(update, context, decode(query.data or ""))
    with contextlib.suppress(BadRequest):  # too old to be answered
        await query.answer(context.catalogue.text(effect.line))
    if effect.outcome is not None:
        await _reply(update, context, effect.outcome, effect.heading)
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
    known = await context.run(find_outcome, update.update_id)
    outcome = known or await context.run(
        choose_suggestion,
        press.question_id,
        press.entry_id,
        read_asker(update),
        update.update_id,
    )
    return _Effect("button.chosen", outcome)


async def _refuse(update: Update, context: GoviContext, press: Refuse) -> _Effect:
    known = await context.run(find_outcome, update.update_id)
    outcome = known or await context.run(
        refuse_suggestions, press.question_id, read_asker(update), update.update_id
    )
    return _Effect("button.passed_on", outcome)


async def _rate(update: Update, context: GoviContext, press: Rate) -> _Effect:
    is_new = await context.run(rate, press.reply_id, read_asker(update), press.is_helpful)
    if not is_new:
        return _Effect("button.already")
    return _Effect("button.thanks" if press.is_helpful else "button.sorry")


async def _ask_example(update: Update, context: GoviContext) -> _Effect:
    place = _place(update)
    question = context.catalogue.text("start.example_question")
    incoming = Incoming(read_asker(update), question, update.update_id, place.message_id or 0)
    outcome = await decide(context, incoming, place)
    return _Effect("button.chosen", outcome, heading=f"❓ {question}")


async def _reply(update: Update, context: GoviContext, outcome: Outcome, heading: str) -> None:
    place = _place(update)
    question = _question_message(update)
    if question is not None and not heading:
        place = Place(place.chat_id, question.message_id, place.topic_id)
    script = detect_script(question.text) if question and question.text else ""
    await deliver(context, place, outcome, render(context.catalogue, outcome, script, heading))


def _place(update: Update) -> Place:
    """Return the place under the message that carries the button."""
    message = update.effective_message
    if message is None:
        return Place(read_asker(update).chat_id)
    return Place(message.chat_id, message.message_id, topic_of(message))


def _question_message(update: Update) -> Message | None:
    """Return the farmer's own message, which the message with the button replies to."""
    message = update.effective_message
    return message.reply_to_message if message is not None else None


async def _remove_keyboard(query: CallbackQuery) -> None:
    with contextlib.suppress(BadRequest):  # gone already, or too old to be changed
        await query.edit_message_reply_markup(reply_markup=None)
