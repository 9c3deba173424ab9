"""A farmer presses a button: chooses, refuses, rates, or asks the example question."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from telegram import InlineKeyboardMarkup, Update

from bot.errors import NotYoursError, StaleButtonError
from bot.handlers.ask import decide
from bot.handlers.context import GoviContext
from bot.handlers.incoming import read_asker, topic_of
from bot.handlers.pressing import answer_press, show_keyboard
from bot.handlers.reading_out import read_out_answer
from bot.keyboards.answers import (
    AskExample,
    Choose,
    Listen,
    Press,
    Rate,
    Refuse,
    decode,
    rated_keyboard,
)
from bot.services.answering import Incoming, choose_suggestion, refuse_suggestions
from bot.services.farmers import read_language
from bot.services.rating import rate


class _Effect(NamedTuple):
    """What a press led to: the line shown over the chat, and whether its keyboard is used up.

    A used one makes room for `left`, if that is given.
    """

    line: str
    is_spent: bool = True
    left: InlineKeyboardMarkup | None = None


async def press_button(update: Update, context: GoviContext) -> None:
    """Carry out a press. Every press is answered with a line, and a used keyboard goes away."""
    query = update.callback_query
    if query is None:
        return
    context.language = await context.read(read_language, query.from_user.id)
    effect = await _carry_out(update, context, decode(query.data or ""))
    await answer_press(query, context.text(effect.line))
    if effect.is_spent:
        await show_keyboard(query, effect.left)


async def _carry_out(update: Update, context: GoviContext, press: Press | None) -> _Effect:
    act = _ACTS.get(type(press))
    if act is None:
        return _Effect("button.stale", is_spent=False)
    try:
        return await act(update, context, press)
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
    message = update.effective_message
    left = rated_keyboard(message.reply_markup if message else None)
    if not is_new:
        return _Effect("button.already", left=left)
    return _Effect("button.thanks" if press.is_helpful else "button.sorry", left=left)


async def _ask_example(update: Update, context: GoviContext, _: AskExample) -> _Effect:
    """Ask the question of the button; the reply goes under the message that carries it."""
    message = update.effective_message
    incoming = Incoming(
        asker=read_asker(update),
        text=context.text("start.example_question"),
        update_id=update.update_id,
        message_id=message.message_id if message else 0,
        topic_id=topic_of(message) if message else None,
        is_quoted=True,
    )
    await decide(context, incoming)
    return _Effect("button.chosen")


async def _listen(update: Update, context: GoviContext, press: Listen) -> _Effect:
    line = await read_out_answer(update, context, press.reply_id)
    return _Effect(line, is_spent=False)


_ACTS: dict[type, Callable[[Update, GoviContext, Any], Awaitable[_Effect]]] = {
    Choose: _choose,
    Refuse: _refuse,
    Rate: _rate,
    AskExample: _ask_example,
    Listen: _listen,
}
