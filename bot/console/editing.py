"""Writing entries: a form, a preview, and a question tried before and after."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import signed_in
from bot.console.visiting import Visit
from bot.errors import ChangedMeanwhileError, Fault, KnowledgeError
from bot.knowledge import EntryDraft
from bot.services.browsing import count_areas
from bot.services.editing import (
    EDITABLE,
    NEW_KEY,
    PARTS,
    EntryState,
    add_entry,
    check_new,
    read_entry_by_id,
)
from bot.services.finding import Found, find_near
from bot.services.keeping import gather, propose_from_answer
from bot.services.proposals import propose_entry
from bot.services.revising import (
    check_edit,
    merge,
    save_edit,
    to_text,
)
from bot.services.roles import Role, require
from bot.services.trying import look_alike, rehearse

_EMPTY = dict.fromkeys(EDITABLE, "") | {"grade": "none"}


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/knowledge/new", show_empty),
        Route("/knowledge/new", take_new, methods=["POST"]),
        Route("/knowledge/{entry_id:row}/edit", show_editor),
        Route("/knowledge/{entry_id:row}/edit", take_edit, methods=["POST"]),
    ]


@signed_in
async def show_empty(visit: Visit) -> Response:
    """Show the form for a new entry; an officer's answer may begin it."""
    learnt_from = visit.number_asked("from")
    begun: dict[str, str] = {}
    if learnt_from is not None:
        known = await visit.read(gather, visit.who, learnt_from)
        begun = {name: _as_text(known[name]) for name in PARTS if name in known}
    return await _editor(visit, None, _EMPTY | begun, learnt_from=learnt_from)


@signed_in
async def take_new(visit: Visit) -> Response:
    """Preview a new entry, try a question on it, or save it; an officer's waits for an admin.

    One that looks like another is shown with a warning before it is saved.
    """
    fields, act = _fields(visit), visit.form.text("act")
    learnt_from = visit.form.number("from") if visit.form.text("from") else None
    try:
        draft = await visit.read(check_new, visit.who, fields)
        if act != "save":
            return await _preview(visit, None, fields, draft, act, learnt_from=learnt_from)
        near = [] if visit.form.text("seen") else await _look_alike(visit, draft, None)
        if near:
            return await _editor(
                visit, None, fields, near=near, draft=draft, learnt_from=learnt_from
            )
        return await _save_new(visit, fields, learnt_from)
    except KnowledgeError as error:
        return await _editor(visit, None, fields, faults=error.faults, learnt_from=learnt_from)


async def _save_new(visit: Visit, fields: Mapping[str, str], learnt_from: int | None) -> Response:
    if learnt_from is None and visit.visitor.is_admin:
        state = await visit.run(add_entry, visit.who, fields)
        return visit.go(f"/knowledge/{state.entry_id}", "added")
    if learnt_from is None:
        pending = await visit.run(propose_entry, visit.who, fields)
    else:
        pending = await visit.run(propose_from_answer, visit.who, learnt_from, fields)
    return visit.go(f"/knowledge/{pending.entry.entry_id}", "proposed")


@signed_in
async def show_editor(visit: Visit) -> Response:
    """Show the form with an entry as it stands."""
    await visit.read(require, visit.who, Role.ADMIN)
    state = await visit.read(read_entry_by_id, visit.who, visit.number("entry_id"))
    return await _editor(visit, state, to_text(state.draft))


@signed_in
async def take_edit(visit: Visit) -> Response:
    """Preview an edit, try a question on it, or save it."""
    entry_id, version = visit.number("entry_id"), visit.form.number("version")
    fields, act = _fields(visit), visit.form.text("act")
    try:
        checked = await visit.read(check_edit, visit.who, entry_id, fields)
        if act == "save":
            await visit.run(save_edit, visit.who, entry_id, version, fields)
            return visit.go(f"/knowledge/{entry_id}", "saved")
    except KnowledgeError as error:
        state = await visit.read(read_entry_by_id, visit.who, entry_id)
        begun = state._replace(version=version)
        return await _editor(visit, begun, fields, faults=error.faults)
    except ChangedMeanwhileError:
        return await _merged(visit, entry_id, version, fields)
    begun = checked.state._replace(version=version)
    return await _preview(visit, begun, fields, checked.draft, act, changes=checked.changes)


def _as_text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else "\n".join(value)


def _fields(visit: Visit) -> dict[str, str]:
    return {name: visit.form.text(name) for name in EDITABLE}


async def _merged(visit: Visit, entry_id: int, version: int, fields: Mapping[str, str]) -> Response:
    """Show what somebody else has saved meanwhile, with the person's own words kept."""
    merged = await visit.read(merge, visit.who, entry_id, version, fields)
    return await _editor(
        visit, merged.state, merged.fields, status=409, theirs=merged.theirs, clashes=merged.clashes
    )


async def _preview(
    visit: Visit,
    state: EntryState | None,
    fields: Mapping[str, str],
    draft: EntryDraft,
    act: str,
    **shown: Any,
) -> Response:
    """Show a change that could be saved, entries like it, and the question that was tried."""
    question = visit.form.text("try")
    retriever = visit.desk.services.index.retriever
    rehearsal = None
    if question:
        rehearsal = await asyncio.to_thread(rehearse, retriever, question, draft)
    near: Sequence[Found] = []
    if act == "preview":
        near = await _look_alike(visit, draft, state)
        shown["draft"] = draft
    return await _editor(visit, state, fields, near=near, rehearsal=rehearsal, **shown)


async def _look_alike(visit: Visit, draft: EntryDraft, state: EntryState | None) -> list[Found]:
    """Return published entries, other than the one that is edited, that seem to say the same."""
    matches = await asyncio.to_thread(look_alike, visit.desk.services.index.retriever, draft)
    own_id = state.entry_id if state else None
    return await visit.read(find_near, visit.who, matches, own_id)


async def _editor(
    visit: Visit,
    state: EntryState | None,
    fields: Mapping[str, str],
    status: int = 200,
    faults: Sequence[Fault] = (),
    **shown: Any,
) -> Response:
    own_key = state.draft.key if state else NEW_KEY
    if visit.form.text("act") == "live":  # a script wants the part beside the form alone
        rehearsal = shown.get("rehearsal")
        return visit.render("trial.html", rehearsal=rehearsal, own_key=own_key, faults=faults)
    values = {
        "state": state,
        "own_key": own_key,
        "fields": fields,
        "areas": await visit.read(count_areas, visit.who),
        "question": visit.form.text("try"),
        "faults": faults,
        "near": (),
        "rehearsal": None,
        "draft": None,
        "changes": (),
        "theirs": (),
        "clashes": (),
        "learnt_from": None,
    }
    return visit.render("editor.html", 422 if faults else status, **(values | shown))
