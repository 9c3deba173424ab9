"""The knowledge base: to page through, to search, and one entry with its history."""

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import signed_in
from bot.console.visiting import Visit
from bot.errors import KnowledgeError
from bot.services.browsing import EntryFilter, count_areas, list_entries
from bot.services.editing import (
    Restored,
    read_entry,
    read_entry_by_id,
    restore_entry,
    retire_entry,
)
from bot.services.finding import Found, find_entries, keep_near
from bot.services.history import compare_versions, list_versions, restore_version
from bot.services.proposals import propose_phrasing
from bot.services.trying import rehearse

STATUSES = ("published", "draft", "retired")
_MOST_FOUND, _MOST_OFFERED = 30, 8
_VERSIONS = 15


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/knowledge", show_entries),
        Route("/knowledge/key/{key}", show_named),
        Route("/knowledge/try", try_question),
        Route("/knowledge/{entry_id:row}", show_entry),
        Route("/knowledge/{entry_id:row}/history", show_history),
        Route("/knowledge/{entry_id:row}/retire", retire, methods=["POST"]),
        Route("/knowledge/{entry_id:row}/restore", restore, methods=["POST"]),
        Route("/knowledge/{entry_id:row}/restore-version", bring_back, methods=["POST"]),
        Route("/knowledge/{entry_id:row}/propose", propose, methods=["POST"]),
    ]


@signed_in
async def show_entries(visit: Visit) -> Response:
    """List entries: a page of those that the filter takes, or what was searched for."""
    words = visit.query("q")
    areas = await visit.read(count_areas, visit.who)
    wanted = EntryFilter(
        area=visit.area(),
        status=visit.query("status") if visit.query("status") in STATUSES else None,
        is_expired=visit.query("status") == "expired",
    )
    shared: dict[str, Any] = {
        "words": words, "areas": areas, "wanted": wanted, "statuses": STATUSES
    }  # fmt: skip
    if words:
        found = await look_up(visit, words, _MOST_FOUND)
        return visit.render("found.html", found=found, **shared)
    listed = await visit.read(list_entries, visit.who, wanted, visit.page_number())
    return visit.render("entries.html", listed=listed, **shared)


@signed_in
async def show_named(visit: Visit) -> Response:
    """Go to the entry with a key, which is what matches name."""
    state = await visit.read(read_entry, visit.who, visit.part("key"))
    return visit.go(f"/knowledge/{state.entry_id}")


@signed_in
async def show_entry(visit: Visit) -> Response:
    """Show one entry whole, and what became of a question that was tried beside it."""
    state = await visit.read(read_entry_by_id, visit.who, visit.number("entry_id"))
    question = visit.query("try")
    rehearsal = await _rehearsed(visit, question) if question else None
    return visit.render("entry.html", state=state, rehearsal=rehearsal, question=question)


@signed_in
async def try_question(visit: Visit) -> Response:
    """Show what a farmer would be told; a script puts it beside what is being read."""
    question = visit.query("try")
    rehearsal = await _rehearsed(visit, question) if question else None
    return visit.render("trial.html", rehearsal=rehearsal, own_key="")


async def _rehearsed(visit: Visit, question: str) -> object:
    """Return what retrieval makes of a question now."""
    retriever = visit.desk.services.index.retriever
    return await asyncio.to_thread(rehearse, retriever, question)


@signed_in
async def show_history(visit: Visit) -> Response:
    """Show who changed an entry and when, and one of the changes in full."""
    entry_id = visit.number("entry_id")
    state = await visit.read(read_entry_by_id, visit.who, entry_id)
    before = visit.number_asked("before")
    versions = await visit.read(list_versions, visit.who, entry_id, before, _VERSIONS)
    number = visit.number_asked("version") or (versions[0].number if versions else 0)
    changes = await visit.read(compare_versions, visit.who, entry_id, number - 1, number)
    return visit.render(
        "history.html",
        state=state,
        versions=versions,
        number=number,
        changes=changes,
        older=versions[-1].number if versions and versions[-1].number > 1 else None,
    )


@signed_in
async def retire(visit: Visit) -> Response:
    """Take an entry out of use."""
    entry_id, version = visit.number("entry_id"), visit.form.number("version")
    await visit.run(retire_entry, visit.who, entry_id, version)
    return visit.go(f"/knowledge/{entry_id}", "retired")


@signed_in
async def restore(visit: Visit) -> Response:
    """Give a retired entry to farmers again."""
    entry_id = visit.number("entry_id")
    restored = await visit.run(restore_entry, visit.who, entry_id)
    return _back(visit, restored)


@signed_in
async def bring_back(visit: Visit) -> Response:
    """Make an older version the newest one."""
    entry_id, base = visit.number("entry_id"), visit.form.number("base")
    number = visit.form.number("number")
    restored = await visit.run(restore_version, visit.who, entry_id, number, base)
    return _back(visit, restored)


@signed_in
async def propose(visit: Visit) -> Response:
    """Propose one more way of asking; an admin approves it."""
    entry_id, phrasing = visit.number("entry_id"), visit.form.text("phrasing")
    try:
        pending = await visit.run(propose_phrasing, visit.who, entry_id, phrasing)
    except KnowledgeError as error:
        state = await visit.read(read_entry_by_id, visit.who, entry_id)
        return visit.render(
            "entry.html", 422, state=state, rehearsal=None, question="",
            faults=error.faults, phrasing=phrasing,
        )  # fmt: skip
    return visit.go(f"/knowledge/{entry_id}", "proposed" if pending else "known")


def _back(visit: Visit, restored: Restored) -> Response:
    done = "restored_partly" if restored.left_out else "restored"
    return visit.go(f"/knowledge/{restored.state.entry_id}", done)


async def look_up(visit: Visit, words: str, most: int = _MOST_OFFERED) -> list[Found]:
    """Return entries that fit some words, or come near to their meaning."""
    if not words:
        return []
    index = visit.desk.services.index
    matches = (await asyncio.to_thread(index.search, [words]))[0].matches
    near = keep_near(matches, index.retriever.thresholds.suggest)
    return await visit.read(find_entries, visit.who, words, near, most)
