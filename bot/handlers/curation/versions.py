"""/history: who changed an entry, when and how; any version can be brought back."""

from telegram import CallbackQuery, Update

from bot.handlers.context import GoviContext
from bot.handlers.curation.retiring import say_restored
from bot.handlers.curation.wording import say_changes, say_status
from bot.handlers.incoming import get_user
from bot.handlers.pressing import remove_buttons
from bot.handlers.replying import say
from bot.i18n.faults import say_field
from bot.i18n.moments import say_time
from bot.keyboards.numbered import button, column
from bot.services.editing import EntryState, read_entry_by_id
from bot.services.history import Version, compare_versions, list_versions, restore_version

PAGE = 8
#: The first version changed every field; naming them all tells nothing.
_MOST_FIELDS = 4


async def show_history(update: Update, context: GoviContext, state: EntryState) -> None:
    """List the newest versions of an entry."""
    await _list_versions(update, context, state, 0)


async def turn_page(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """List the versions before a number; 0 begins with the newest."""
    entry_id, before = numbers
    state = await context.read(read_entry_by_id, get_user(update).id, entry_id)
    await _list_versions(update, context, state, before)
    return None


async def show_version(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show what a version changed."""
    entry_id, number = numbers
    user_id = get_user(update).id
    changes = await context.read(compare_versions, user_id, entry_id, number - 1, number)
    state = await context.read(read_entry_by_id, user_id, entry_id)
    heading = context.text("curate.history.version", entry=state.draft.key, number=number)
    restoring = [
        button(context.text("curate.history.restore"), "vr", entry_id, number, state.version)
    ]
    keyboard = column(restoring) if number != state.version else None
    await say(update, context, f"{heading}\n\n{say_changes(context, changes)}", keyboard)
    return None


async def bring_back(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Make an older version the newest."""
    entry_id, number, base = numbers
    restored = await context.run(restore_version, get_user(update).id, entry_id, number, base)
    await remove_buttons(query)
    await say_restored(update, context, restored)
    return context.text("curate.saved")


async def _list_versions(
    update: Update, context: GoviContext, state: EntryState, before: int
) -> None:
    user_id = get_user(update).id
    versions = await context.read(list_versions, user_id, state.entry_id, before or None, PAGE)
    lines = [context.text("curate.history.heading", entry=state.draft.key)]
    lines += [_line(context, version) for version in versions]
    buttons = [
        button(context.text("curate.history.open", number=each.number), "v", state.entry_id,
               each.number)
        for each in versions
    ]  # fmt: skip
    if versions and versions[-1].number > 1:
        older = context.text("curate.history.older")
        buttons.append(button(older, "h", state.entry_id, versions[-1].number))
    await say(update, context, "\n".join(lines), column(buttons))


def _line(context: GoviContext, version: Version) -> str:
    fields = [say_field(context.words, field) for field in version.fields[:_MOST_FIELDS]]
    return context.text(
        "curate.history.line",
        number=version.number,
        at=say_time(version.changed_at),
        name=version.changed_by_name,
        status=say_status(context, version.status),
        fields=", ".join(fields) + ("…" if len(version.fields) > _MOST_FIELDS else ""),
    )
