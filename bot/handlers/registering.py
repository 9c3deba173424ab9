"""How commands, buttons and steps of dialogues are registered: for whom, and where.

What cannot be saved (`KnowledgeError`) is told in place of what would have been said.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec

from telegram import CallbackQuery, Update
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler

from bot.errors import KnowledgeError
from bot.handlers.context import GoviContext
from bot.handlers.guard import Handler, for_role, guarded, in_private
from bot.handlers.incoming import ADDRESSED, get_user
from bot.handlers.pressing import answer_press
from bot.handlers.replying import say
from bot.i18n.faults import say_faults
from bot.keyboards.numbered import PREFIX, Shape
from bot.services.dialogues import find_stand, go_back
from bot.services.roles import Role

P = ParamSpec("P")
Press = Callable[[Update, GoviContext, CallbackQuery, list[int]], Awaitable[str | None]]
ButtonAct = Callable[[Update, GoviContext, CallbackQuery, re.Match[str]], Awaitable[None]]


def on_command(
    name: str, act: Handler, role: Role = Role.OFFICER
) -> BaseHandler[Update, GoviContext, Any]:
    """Register a command of the private chat for those who hold a role."""
    handler = guarded(in_private(for_role(role, telling_faults(act))))
    return CommandHandler(name, handler, filters=ADDRESSED)


def on_press(
    verb: str,
    count: int,
    act: Press,
    prefix: str = PREFIX,
    *,
    role: Role = Role.OFFICER,
    is_for_groups: bool = False,
) -> BaseHandler[Update, GoviContext, Any]:
    """Register what a button with `count` numbers does; the text it returns goes over the chat."""
    shape = Shape(verb, count, prefix)

    async def press(update: Update, context: GoviContext) -> None:
        query = update.callback_query
        numbers = shape.numbers(query.data or "") if query else None
        if query is None or numbers is None:
            return
        await _begin_again(update, context)
        try:
            line = await act(update, context, query, numbers)
        except KnowledgeError as error:
            line = None
            await say(update, context, say_faults(context.words, error))
        await answer_press(query, line or "")

    allowed = for_role(role, press)
    handler = guarded(allowed if is_for_groups else in_private(allowed))
    return CallbackQueryHandler(handler, pattern=shape)


def on_button(
    pattern: re.Pattern[str], act: ButtonAct, *, is_private: bool = False
) -> BaseHandler[Update, GoviContext, Any]:
    """Register what a button that anybody may press does, given what its callback data says."""

    async def press(update: Update, context: GoviContext) -> None:
        query, match = update.callback_query, context.match
        if query is not None and match is not None:
            await act(update, context, query, match)

    handler = guarded(in_private(press) if is_private else press)
    return CallbackQueryHandler(handler, pattern=pattern)


async def _begin_again(update: Update, context: GoviContext) -> None:
    """Put a person back where a press found them if it is handled again; the line may be unsaid."""
    user_id = get_user(update).id
    stand = await context.read(find_stand, user_id)
    if stand is not None and stand.update_id == update.update_id:
        await context.run(go_back, user_id, update.update_id)


def telling_faults(
    act: Callable[Concatenate[Update, GoviContext, P], Awaitable[None]],
) -> Callable[Concatenate[Update, GoviContext, P], Coroutine[Any, Any, None]]:
    """Wrap a command or a step of a dialogue, so that what cannot be saved is told."""

    @functools.wraps(act)
    async def call(
        update: Update, context: GoviContext, /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        try:
            await act(update, context, *args, **kwargs)
        except KnowledgeError as error:
            await say(update, context, say_faults(context.words, error))

    return call


def get_words(context: GoviContext) -> str:
    """Return what was written after a command."""
    return " ".join(context.args or [])
