"""/drafts: what waits for an admin's approval."""

import functools

from telegram import CallbackQuery, Update

from bot.errors import RequestError
from bot.handlers.context import GoviContext
from bot.handlers.curation.looking_up import look_for_near
from bot.handlers.curation.wording import say_entry, say_near
from bot.handlers.dialogue import Step
from bot.handlers.incoming import get_message, get_user
from bot.handlers.pressing import remove_buttons
from bot.handlers.registering import telling_faults
from bot.handlers.replying import say
from bot.i18n.moments import say_time
from bot.keyboards.numbered import button, column
from bot.knowledge import check_field
from bot.services.admin_dialogues import CORRECT, REJECT, approve_corrected, enter, reject_because
from bot.services.dialogues import Stand, leave
from bot.services.editing import EntryState
from bot.services.proposals import Pending, approve, list_pending, read_pending

PAGE = 8


def _last(act: Step) -> Step:
    """Wrap the last step of a dialogue: it ends too if somebody else has decided meanwhile."""

    @functools.wraps(act)
    async def call(update: Update, context: GoviContext, stand: Stand) -> None:
        try:
            await act(update, context, stand)
        except RequestError:
            await context.run(leave, get_user(update).id, update.update_id)
            raise

    return call


async def show_drafts(update: Update, context: GoviContext) -> None:
    """List what has waited longest."""
    await _list(update, context, 0)


async def turn_page(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """List another page."""
    await _list(update, context, numbers[0])
    return None


async def open_draft(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show a proposal whole, with entries like it, and buttons to decide."""
    pending = await context.read(read_pending, get_user(update).id, numbers[0])
    entry = pending.entry
    questions = [pending.phrasing] if pending.phrasing else list(entry.draft.phrasings)
    near = await look_for_near(update, context, questions, entry.entry_id)
    shown = say_entry(context, entry)
    if pending.phrasing:
        shown = context.text("curate.drafts.phrasing", phrasing=pending.phrasing, entry=shown)
    parts = (_line(context, pending), shown, say_near(context, near))
    deciding = [
        button(context.text("curate.drafts.approve"), "dy", pending.proposal_id, entry.version),
        button(context.text("curate.drafts.edit"), "dc", pending.proposal_id)
        if pending.phrasing
        else button(context.text("curate.drafts.edit"), "e", entry.entry_id),
        button(context.text("curate.drafts.reject"), "dn", pending.proposal_id),
    ]
    await say(update, context, "\n\n".join(part for part in parts if part), column(deciding))
    return None


async def approve_draft(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Approve; who presses second is told who was first."""
    by_setting = context.desk.services.settings.self_approval
    number, version = numbers
    user_id = get_user(update).id
    state = await context.run(approve, user_id, number, by_setting, seen_version=version)
    await remove_buttons(query)
    await _say_approved(update, context, state)
    return context.text("curate.saved")


async def ask_correction(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask for the proposed phrasing as it should be."""
    user_id = get_user(update).id
    pending = await context.read(read_pending, user_id, numbers[0])
    data = {"proposal_id": numbers[0]}
    await context.run(enter, user_id, CORRECT, "phrasing", data, update.update_id)
    await say(update, context, context.text("curate.drafts.ask_correction"))
    await say(update, context, pending.phrasing or "–")
    return None


@_last
@telling_faults
async def take_correction(update: Update, context: GoviContext, stand: Stand) -> None:
    """Approve the phrasing as it was corrected."""
    phrasing = check_field("phrasings", [get_message(update).text or ""])[0]
    by_setting = context.desk.services.settings.self_approval
    user_id, number = get_user(update).id, stand.data["proposal_id"]
    state = await context.run(
        approve_corrected, user_id, number, phrasing, by_setting, update_id=update.update_id
    )
    await _say_approved(update, context, state)


async def ask_reason(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask why a proposal is turned down."""
    user_id = get_user(update).id
    await context.read(read_pending, user_id, numbers[0])
    data = {"proposal_id": numbers[0]}
    await context.run(enter, user_id, REJECT, "reason", data, update.update_id)
    without = button(context.text("curate.drafts.no_reason"), "dx", numbers[0])
    await say(update, context, context.text("curate.drafts.ask_reason"), column([without]))
    return None


@_last
@telling_faults
async def take_reason(update: Update, context: GoviContext, stand: Stand) -> None:
    """Turn a proposal down with a reason."""
    reason = check_field("source", get_message(update).text or "")
    user_id, number = get_user(update).id, stand.data["proposal_id"]
    rejected = await context.run(
        reject_because, user_id, number, reason, update_id=update.update_id
    )
    await _say_rejected(update, context, rejected)


async def reject_silently(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Turn a proposal down without a reason."""
    rejected = await context.run(reject_because, get_user(update).id, numbers[0], None)
    await remove_buttons(query)
    await _say_rejected(update, context, rejected)
    return None


async def _list(update: Update, context: GoviContext, page: int) -> None:
    listed = await context.read(list_pending, get_user(update).id, page, size=PAGE)
    if not listed.total:
        await say(update, context, context.text("curate.drafts.none"))
        return
    lines = [context.text("curate.drafts.heading", count=listed.total)]
    lines += [_line(context, each) for each in listed.proposals]
    buttons = [
        button(f"#{each.proposal_id} {each.phrasing or each.entry.draft.title}", "do",
               each.proposal_id)
        for each in listed.proposals
    ]  # fmt: skip
    if listed.page + 1 < listed.pages:
        buttons.append(button(context.text("curate.drafts.more"), "d", listed.page + 1))
    await say(update, context, "\n".join(lines), column(buttons))


def _line(context: GoviContext, pending: Pending) -> str:
    kind = "curate.drafts.is_phrasing" if pending.phrasing else "curate.drafts.is_entry"
    return context.text(
        "curate.drafts.line",
        number=pending.proposal_id,
        kind=context.text(kind),
        entry=pending.entry.draft.key,
        name=pending.proposed_by_name,
        at=say_time(pending.proposed_at),
    )


async def _say_approved(update: Update, context: GoviContext, state: EntryState) -> None:
    await say(update, context, context.text("curate.drafts.approved", entry=state.draft.key))


async def _say_rejected(update: Update, context: GoviContext, rejected: Pending) -> None:
    text = context.text("curate.drafts.rejected", number=rejected.proposal_id)
    await say(update, context, text)
