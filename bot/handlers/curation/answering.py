"""What all handlers of curation share: who may call them, and what they say when they cannot."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Update
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler

from bot.errors import EntryMissingError, KnowledgeError
from bot.handlers.context import GoviContext
from bot.handlers.curation.wording import found_keyboard, say_faults, say_found
from bot.handlers.dialogue import Step
from bot.handlers.guard import Handler, for_role, guarded, in_private
from bot.handlers.incoming import ADDRESSED, get_user, is_private
from bot.handlers.pressing import answer_press
from bot.handlers.replying import Place, place_of, send
from bot.keyboards.numbered import PREFIX, shape
from bot.rendering import render_text
from bot.services.dialogues import Stand, find_stand, go_back
from bot.services.editing import EntryState, read_entry
from bot.services.finding import NEAR_SHARE, Found, find_entries, find_near
from bot.services.roles import Role
from retrieval import Match

#: Questions of one entry that are looked up to find entries like it.
_LOOKED_UP = 5

Press = Callable[[Update, GoviContext, CallbackQuery, list[int]], Awaitable[str | None]]


def on_command(
    name: str, act: Handler, role: Role = Role.OFFICER
) -> BaseHandler[Update, GoviContext, Any]:
    """Register a command of the private chat for those who hold a role."""
    handler = guarded(in_private(for_role(role, _telling_faults(act))))
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

    async def press(update: Update, context: GoviContext) -> None:
        query, match = update.callback_query, context.match
        if query is None or match is None:
            return
        await _begin_again(update, context)
        try:
            line = await act(update, context, query, [int(group) for group in match.groups()])
        except KnowledgeError as error:
            line = None
            await say(update, context, say_faults(context, error))
        await answer_press(query, line or "")

    allowed = for_role(role, press)
    handler = guarded(allowed if is_for_groups else in_private(allowed))
    return CallbackQueryHandler(handler, pattern=shape(verb, count, prefix))


async def _begin_again(update: Update, context: GoviContext) -> None:
    """Put a person back where a press found them if it is handled again; the line may be unsaid."""
    user_id = get_user(update).id
    stand = await context.read(find_stand, user_id)
    if stand is not None and stand.update_id == update.update_id:
        await context.run(go_back, user_id, update.update_id)


def step(act: Step) -> Step:
    """Wrap a step of a dialogue, so that what cannot be saved is told and asked for again."""

    @functools.wraps(act)
    async def call(update: Update, context: GoviContext, stand: Stand) -> None:
        try:
            await act(update, context, stand)
        except KnowledgeError as error:
            await say(update, context, say_faults(context, error))

    return call


def _telling_faults(act: Handler) -> Handler:
    @functools.wraps(act)
    async def call(update: Update, context: GoviContext) -> None:
        try:
            await act(update, context)
        except KnowledgeError as error:
            await say(update, context, say_faults(context, error))

    return call


async def say(
    update: Update, context: GoviContext, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Say something under the message that was sent, or that carries the pressed button.

    What was pressed in a group is answered in the person's private chat.
    """
    await send(context, private_place(update), render_text(text, keyboard))


def private_place(update: Update) -> Place:
    """Return where only the person reads: under their message, or just in their private chat."""
    # A button's message may be too old for Telegram to show.
    is_there = update.effective_message is not None and is_private(update)
    return place_of(update) if is_there else Place(get_user(update).id)


def get_words(context: GoviContext) -> str:
    """Return what was written after a command."""
    return " ".join(context.args or [])


async def find_named(update: Update, context: GoviContext, usage: str) -> EntryState | None:
    """Return the entry whose key was written after a command.

    Without a key the usage is told; for one that is in no use, entries that may be meant.

    Raises:
        NotAllowedError: The person is no officer.
    """
    key = get_words(context).strip().lower()
    user_id = get_user(update).id
    try:
        return await context.run(read_entry, user_id, key)
    except EntryMissingError:
        if not key:
            await say(update, context, context.text(usage))
            return None
    found = await look_up(update, context, key)
    lines = [context.text("curate.no_such_key", entry=key[:100])]
    if found:
        lines.append(say_found(context, found))
    await say(update, context, "\n\n".join(lines), found_keyboard(found))
    return None


async def look_up(update: Update, context: GoviContext, words: str) -> list[Found]:
    """Return entries of any status that fit some words, or come near to their meaning.

    Raises:
        NotAllowedError: The person is no officer.
    """
    floor = NEAR_SHARE * context.desk.services.index.retriever.thresholds.suggest
    matches = (await context.search(words)).matches
    near = [match for match in matches if match.score >= floor]
    return await context.run(find_entries, get_user(update).id, words, near)


async def look_for_near(
    update: Update, context: GoviContext, questions: list[str], without_id: int | None = None
) -> list[Found]:
    """Return published entries that seem to answer one of the questions already."""
    best: dict[str, Match] = {}
    for question in questions[:_LOOKED_UP]:
        for match in (await context.search(question)).matches:
            if match.key not in best or match.score > best[match.key].score:
                best[match.key] = match
    nearest = sorted(best.values(), key=lambda match: -match.score)
    floor = context.desk.services.index.retriever.thresholds.suggest
    return await context.run(find_near, get_user(update).id, nearest, floor, without_id)
