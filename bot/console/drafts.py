"""What waits for an admin's approval."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import signed_in
from bot.console.visiting import Visit
from bot.errors import KnowledgeError
from bot.knowledge import check_field
from bot.services.finding import Found, find_near
from bot.services.proposals import Pending, approve, list_pending, read_pending, reject
from bot.services.trying import look_alike, nearest

_PAGE = 20


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/drafts", show_drafts),
        Route("/drafts/{number:row}", show_draft),
        Route("/drafts/{number:row}", decide, methods=["POST"]),
    ]


@signed_in
async def show_drafts(visit: Visit) -> Response:
    """List what has waited longest."""
    listed = await visit.read(list_pending, visit.who, visit.page_number(), size=_PAGE)
    return visit.render("drafts.html", listed=listed)


@signed_in
async def show_draft(visit: Visit) -> Response:
    """Show one proposal with the entries that are like it."""
    return await _draft(visit)


@signed_in
async def decide(visit: Visit) -> Response:
    """Approve a proposal, its phrasing perhaps corrected, or turn it down."""
    number = visit.number("number")
    try:
        if visit.form.text("act") == "reject":
            given = visit.form.text("reason")
            reason = check_field("source", given) if given else None
            await visit.run(reject, visit.who, number, reason)
            return visit.go("/drafts", "rejected")
        phrasing = visit.form.text("phrasing") or None
        if phrasing is not None:
            phrasing = check_field("phrasings", [phrasing])[0]
        by_setting = visit.desk.services.settings.self_approval
        version = visit.form.number("version")
        await visit.run(approve, visit.who, number, by_setting, phrasing, seen_version=version)
    except KnowledgeError as error:
        return await _draft(visit, error)
    return visit.go("/drafts", "approved")


async def _draft(visit: Visit, error: KnowledgeError | None = None) -> Response:
    pending = await visit.read(read_pending, visit.who, visit.number("number"))
    near = await _alike(visit, pending)
    faults = error.faults if error else ()
    typed = {name: visit.form.text(name) for name in ("phrasing", "reason")}
    return visit.render(
        "draft.html",
        422 if error else 200,
        pending=pending,
        near=near,
        faults=faults,
        typed=typed,
    )


async def _alike(visit: Visit, pending: Pending) -> list[Found]:
    retriever = visit.desk.services.index.retriever
    if pending.phrasing:
        matches = await asyncio.to_thread(nearest, retriever, [pending.phrasing])
    else:
        matches = await asyncio.to_thread(look_alike, retriever, pending.entry.draft)
    return await visit.read(find_near, visit.who, matches, pending.entry.entry_id)
