"""Saying no: what cannot be done is refused kindly, in the person's own language."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update

from bot.errors import PrivateOnlyError, RequestError, StaleButtonError
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user, is_private
from bot.handlers.pressing import answer_press, remove_buttons
from bot.handlers.replying import reply
from bot.i18n.refusals import text_key
from bot.services.roles import Role, meet, require

Handler = Callable[[Update, GoviContext], Coroutine[Any, Any, None]]


def guarded(handler: Handler) -> Handler:
    """Wrap a handler of commands, messages or buttons, so that people understand what it says.

    `context.language` is set before it runs. A `RequestError` that it raises becomes a reply, or
    the line over the chat when a button was pressed; anything else goes on to the worker.
    """

    @functools.wraps(handler)
    async def call(update: Update, context: GoviContext) -> None:
        user = get_user(update)
        context.language = await context.run(meet, user.id, user.full_name)
        try:
            await handler(update, context)
        except RequestError as error:
            await refuse(update, context, error)

    return call


def in_private(handler: Handler) -> Handler:
    """Wrap a handler of what a group has no business reading; goes inside `guarded`."""

    @functools.wraps(handler)
    async def call(update: Update, context: GoviContext) -> None:
        if not is_private(update):
            raise PrivateOnlyError
        await handler(update, context)

    return call


def for_role(role: Role, handler: Handler) -> Handler:
    """Wrap a handler, so that nobody else learns anything from it; goes inside `guarded`.

    The services that it calls check the role again, in the transaction of what they do.
    """

    @functools.wraps(handler)
    async def call(update: Update, context: GoviContext) -> None:
        await context.read(require, get_user(update).id, role)
        await handler(update, context)

    return call


async def refuse(update: Update, context: GoviContext, error: RequestError) -> None:
    """Say why something is not done; buttons that are out of date go away."""
    text = context.text(text_key(error), **error.values)
    query = update.callback_query
    if query is None:
        await reply(update, context, text)
        return
    await answer_press(query, text, is_alert=True)
    if isinstance(error, StaleButtonError):
        await remove_buttons(query)
