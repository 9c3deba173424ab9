"""/import and /export: the knowledge base as a file that travels through the chat."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from telegram import CallbackQuery, InputFile, Update
from telegram.error import BadRequest

from bot.db.base import utc_now
from bot.errors import ChangedMeanwhileError, Fault, KnowledgeError
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_message, get_user
from bot.handlers.pressing import answer_press, remove_buttons
from bot.handlers.registering import get_words
from bot.handlers.replying import say
from bot.i18n.faults import MOST_FAULTS, say_all_faults, say_faults
from bot.i18n.moments import say_date
from bot.i18n.refusals import text_key
from bot.keyboards.numbered import button, column
from bot.knowledge import Checked, EntryDraft
from bot.knowledge_files import LARGEST_UPLOAD, UPLOADS, check_upload, format_knowledge
from bot.services.admin_dialogues import IMPORT, enter
from bot.services.dialogues import PREVIEW, Stand, find_waiting, leave
from bot.services.importing import (
    accept_upload,
    import_part,
    plan_import,
    preview_upload,
    read_all,
)
from bot.services.knowledge_index import current_revision
from bot.tables import FormatError

#: A slow line may need so long for the largest file.
_DOWNLOAD_SECONDS = 60.0
#: Bytes of the largest file that Telegram takes from a bot.
_LARGEST_DOCUMENT = 50 * 10**6
_MOST_KEYS = 10


async def begin_importing(update: Update, context: GoviContext) -> None:
    """Ask for a file."""
    await context.run(enter, get_user(update).id, IMPORT, "file", {}, update.update_id)
    await say(update, context, context.text("curate.import.ask"))


async def take_file(update: Update, context: GoviContext, _: Stand) -> None:
    """Check a file that was sent and tell what importing it would do; nothing is changed yet."""
    document = get_message(update).document
    if document is None:
        return
    name = document.file_name or "?"
    try:
        if (document.file_size or 0) > LARGEST_UPLOAD:
            raise _too_large(name)
        checked = await _download(context, document.file_id, name)
        drafts = await context.read(accept_upload, get_user(update).id, checked)
        await _report(update, context, drafts, {"file_id": document.file_id, "name": name})
    except FormatError:
        kinds = ", ".join(UPLOADS)
        await say(update, context, context.text("curate.import.other_kind", kinds=kinds))
    except KnowledgeError as error:
        await _tell_faults(update, context, error)


async def _report(
    update: Update, context: GoviContext, drafts: Sequence[EntryDraft], file: Mapping[str, str]
) -> None:
    user_id = get_user(update).id
    # Read before the report is made: what changes in between counts as changed after it.
    revision = await context.read(current_revision)
    report = await context.read(preview_upload, user_id, drafts)
    text = context.text(
        "curate.import.report",
        name=file["name"],
        added=_count(report.added),
        changed=_count(report.changed),
        unchanged=len(report.unchanged),
    )
    if not report.added and not report.changed:
        await context.run(leave, user_id)
        await say(update, context, f"{text}\n\n{context.text('curate.import.nothing')}")
        return
    if report.revived:
        entries = _count(report.revived)
        text = f"{text}\n{context.text('curate.import.revived', entries=entries)}"
    data = {**file, "revision": revision}
    await context.run(enter, user_id, IMPORT, PREVIEW, data, update.update_id)
    yes = button(context.text("curate.import.yes"), "iy", update.update_id)
    await say(update, context, text, column([yes]))


async def import_file(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Import the file that was reported on; broken off midway, it goes on where it was."""
    user_id = get_user(update).id
    stand = await context.read(find_waiting, user_id, IMPORT, PREVIEW, numbers[0])
    await answer_press(query, context.text("curate.import.begun"))
    await remove_buttons(query)
    drafts = (await _download(context, stand.data["file_id"], stand.data["name"])).sound()
    keys = frozenset(draft.key for draft in drafts)
    added = changed = 0
    seen = stand.data.get("revision")
    try:
        parts = await context.read(plan_import, user_id, drafts, seen)
    except ChangedMeanwhileError as error:
        await say(update, context, context.text(text_key(error), **error.values))
        file = {name: stand.data[name] for name in ("file_id", "name")}
        await _report(update, context, drafts, file)
        return None
    for part in parts:
        report = await context.run(import_part, user_id, part, keys)
        added += len(report.added)
        changed += len(report.changed)
    await context.run(leave, user_id)
    await say(update, context, context.text("curate.import.done", added=added, changed=changed))
    return None


async def export(update: Update, context: GoviContext) -> None:
    """Send every entry as a file; .xlsx unless another kind was written after the command."""
    suffix = f".{get_words(context).strip().lower().removeprefix('.') or 'xlsx'}"
    drafts = await context.run(read_all, get_user(update).id)
    try:
        content = await asyncio.to_thread(format_knowledge, suffix, drafts)
    except FormatError as error:
        key = "curate.export.too_long" if suffix in UPLOADS else "curate.export.usage"
        await say(update, context, context.text(key, reason=error))
        return
    if len(content) > _LARGEST_DOCUMENT:
        await say(update, context, context.text("curate.export.too_large"))
        return
    name = f"govi-{say_date(utc_now())}{suffix}"
    caption = context.text("curate.export.caption", count=len(drafts))
    await _send_file(update, context, name, content, caption)


async def _download(context: GoviContext, file_id: str, name: str) -> Checked:
    try:
        file = await context.bot.get_file(file_id)
        content = await file.download_as_bytearray(read_timeout=_DOWNLOAD_SECONDS)
    except BadRequest:  # Telegram hands no larger file to bots
        raise _too_large(name) from None
    return await asyncio.to_thread(check_upload, name, bytes(content))


def _too_large(name: str) -> KnowledgeError:
    limit = LARGEST_UPLOAD // 2**20
    return KnowledgeError([Fault(name, "", f"has more than {limit} MB", "large", {"limit": limit})])


async def _tell_faults(update: Update, context: GoviContext, error: KnowledgeError) -> None:
    """Say the first faults; when there are more, send all of them as a file."""
    heading = context.text("curate.import.refused")
    await say(update, context, f"{heading}\n\n{say_faults(context.words, error, with_places=True)}")
    if len(error.faults) > MOST_FAULTS:
        everything = say_all_faults(context.words, error).encode("utf-8-sig")
        caption = context.text("curate.import.all_faults")
        await _send_file(update, context, "faults.txt", everything, caption)


async def _send_file(
    update: Update, context: GoviContext, name: str, content: bytes, caption: str
) -> None:
    await context.bot.send_document(
        get_message(update).chat_id, InputFile(content, PurePath(name).name), caption=caption
    )


def _count(keys: Sequence[str]) -> str:
    """Return a number of entries and the first of their keys."""
    shown = ", ".join(keys[:_MOST_KEYS])
    more = "…" if len(keys) > _MOST_KEYS else ""
    return f"{len(keys)} ({shown}{more})" if keys else "0"
