"""Looking entries up, by what was typed and by what it means."""

from collections.abc import Awaitable, Callable

from telegram import CallbackQuery, Update

from bot.errors import EntryMissingError
from bot.handlers.context import GoviContext
from bot.handlers.curation.wording import found_keyboard, say_found
from bot.handlers.guard import Handler
from bot.handlers.incoming import get_user
from bot.handlers.registering import Press, get_words
from bot.handlers.replying import say
from bot.services.editing import EntryState, read_entry, read_entry_by_id
from bot.services.finding import Found, find_entries, find_near, keep_near
from bot.services.trying import best_of

#: Questions of one entry that are looked up to find entries like it.
_LOOKED_UP = 5


Show = Callable[[Update, GoviContext, EntryState], Awaitable[None]]


def by_key(usage: str, show: Show) -> Handler:
    """Return what a command does that shows the entry whose key is written after it."""

    async def call(update: Update, context: GoviContext) -> None:
        state = await _find_named(update, context, usage)
        if state is not None:
            await show(update, context, state)

    return call


def by_button(show: Show) -> Press:
    """Return what a button does that shows the entry of its number."""

    async def press(
        update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
    ) -> str | None:
        state = await context.read(read_entry_by_id, get_user(update).id, numbers[0])
        await show(update, context, state)
        return None

    return press


async def _find_named(update: Update, context: GoviContext, usage: str) -> EntryState | None:
    """Return the entry whose key was written after a command.

    Without a key the usage is told; for one that is in no use, entries that may be meant.

    Raises:
        NotAllowedError: The person is no officer.
    """
    key = get_words(context).strip().lower()
    user_id = get_user(update).id
    try:
        return await context.read(read_entry, user_id, key)
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
    matches = (await context.search(words)).matches
    near = keep_near(matches, context.desk.services.index.retriever.thresholds.suggest)
    return await context.read(find_entries, get_user(update).id, words, near)


async def look_for_near(
    update: Update, context: GoviContext, questions: list[str], without_id: int | None = None
) -> list[Found]:
    """Return published entries that seem to answer one of the questions already."""
    results = [await context.search(question) for question in questions[:_LOOKED_UP]]
    nearest = best_of(results, context.desk.services.index.retriever.thresholds.suggest)
    return await context.read(find_near, get_user(update).id, nearest, without_id)
