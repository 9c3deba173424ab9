"""The officers' queue: the same questions as on Telegram, claimed here or there."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import polled, say_refusal, signed_in
from bot.console.knowledge import look_up
from bot.console.visiting import Visit
from bot.errors import KnowledgeError, RequestError
from bot.services.editing import EntryState, read_entry_by_id
from bot.services.keeping import propose_words
from bot.services.queue import (
    EscalationView,
    claim,
    list_queue,
    peek,
    read_escalation,
    release,
)
from bot.services.resolving import REFUSALS, Refusal, ask_detail, decline, send_answer, send_entry

PAGE = 20
#: What an address holds of where in the list somebody is.
_PLACE = ("area", "page")


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/queue", show_queue),
        Route("/queue/lines", show_lines),
        Route("/queue/{number:row}", show_escalation),
        Route("/queue/{number:row}/claim", take, methods=["POST"]),
        Route("/queue/{number:row}/release", give_back, methods=["POST"]),
        Route("/queue/{number:row}/answer", answer, methods=["POST"]),
        Route("/queue/{number:row}/entry", use_entry, methods=["POST"]),
        Route("/queue/{number:row}/ask", ask_back, methods=["POST"]),
        Route("/queue/{number:row}/decline", turn_down, methods=["POST"]),
        Route("/queue/{number:row}/teach", teach, methods=["POST"]),
    ]


@signed_in
async def show_queue(visit: Visit) -> Response:
    """List what waits: urgent first, then what most have asked, then the oldest."""
    return visit.render("queue.html", view=None, **await _listed(visit))


@polled
async def show_lines(visit: Visit) -> Response:
    """Return the list alone, and whether the question that is open has changed.

    A script asks every few seconds; nothing is sent when nothing is new.
    """
    number = visit.number_asked("open")
    mark = await visit.read(peek, visit.who, number) if number is not None else ""
    page = visit.render("queue_lines.html", mark_of=mark, view=None, **await _listed(visit))
    etag = f'"{hashlib.sha256(bytes(page.body)).hexdigest()[:16]}"'
    if visit.request.headers.get("if-none-match") == etag:
        return Response(status_code=304)
    page.headers["ETag"] = etag
    return page


@signed_in
async def show_escalation(visit: Visit) -> Response:
    """Show one question with everyone who asked it."""
    return await _group(visit)


@signed_in
async def take(visit: Visit) -> Response:
    """Claim a question; whoever else tries is told by whom it is held."""
    number = visit.number("number")
    await visit.run(claim, visit.who, number)
    return go_on(visit, f"/queue/{number}", "claimed")


@signed_in
async def give_back(visit: Visit) -> Response:
    """Put a question back for others."""
    await visit.run(release, visit.who, visit.number("number"))
    return go_on(visit, "/queue", "released")


@signed_in
async def answer(visit: Visit) -> Response:
    """Send the officer's words to everyone who waits."""
    number, words = visit.number("number"), visit.form.text("text")
    try:
        await visit.run(send_answer, visit.who, number, words)
    except RequestError as error:
        return await _group(visit, error, answer=words)
    return go_on(visit, f"/queue/{number}", "sent")


@signed_in
async def use_entry(visit: Visit) -> Response:
    """Send an entry's answer to everyone who waits."""
    number, entry_id = visit.number("number"), visit.form.number("entry_id")
    await visit.run(send_entry, visit.who, number, entry_id)
    return go_on(visit, f"/queue/{number}", "sent")


@signed_in
async def ask_back(visit: Visit) -> Response:
    """Ask one asker, or all of them, for more detail."""
    number, words = visit.number("number"), visit.form.text("text")
    ask_id = visit.form.number("ask_id") if visit.form.text("ask_id") else None
    try:
        await visit.run(ask_detail, visit.who, number, words, ask_id)
    except RequestError as error:
        return await _group(visit, error, inquiry=words)
    return go_on(visit, f"/queue/{number}", "asked")


@signed_in
async def turn_down(visit: Visit) -> Response:
    """Tell everyone who waits kindly that there will be no answer."""
    number, given = visit.number("number"), visit.form.text("why")
    reason: Refusal = next((each for each in REFUSALS if each == given), "other")
    await visit.run(decline, visit.who, number, reason)
    return go_on(visit, "/queue", "declined")


@signed_in
async def teach(visit: Visit) -> Response:
    """Propose what the askers wrote as phrasings of an entry."""
    number, entry_id = visit.number("number"), visit.form.number("entry_id")
    try:
        proposed = await visit.run(propose_words, visit.who, number, entry_id)
    except KnowledgeError as error:
        view = await visit.run(read_escalation, visit.who, number)
        return await _shown(visit, view, 422, faults=error.faults)
    return go_on(visit, f"/queue/{number}", "proposed" if proposed else "known")


async def _listed(visit: Visit) -> dict[str, Any]:
    """Return what the list is drawn from."""
    area, place = visit.area(), place_of(visit)
    listed = await visit.read(list_queue, visit.who, area, visit.page_number(), size=PAGE)
    return {"listed": listed, "area": area, "place": place, "within": within(place)}


def place_of(visit: Visit) -> dict[str, str]:
    """Return the part of the list that somebody works through."""
    return {name: value for name in _PLACE if (value := visit.query(name))}


def within(place: Mapping[str, str]) -> str:
    """Return what ends the address of all that leads on from a place in the list."""
    return f"?{urlencode(place)}" if place else ""


def go_on(visit: Visit, path: str, done: str) -> Response:
    """Send the browser on after a form, within the same part of the list."""
    return visit.go(path, done, **place_of(visit))


async def _group(visit: Visit, error: RequestError | None = None, **typed: str) -> Response:
    """Show a question; after something that could not be done, with what was typed kept."""
    view = await visit.run(read_escalation, visit.who, visit.number("number"))
    reason = say_refusal(visit, error) if error else ""
    return await _shown(visit, view, 409 if error else 200, reason=reason, **typed)


async def _shown(visit: Visit, view: EscalationView, status: int, **shown: object) -> Response:
    values = await _listed(visit) | {
        "view": view,
        "mark_of": await visit.read(peek, visit.who, view.escalation_id),
        "refusals": REFUSALS,
        "words": visit.query("find"),
        "found": await look_up(visit, visit.query("find")),
        "chosen": await _chosen(visit),
        "reason": "",
        "answer": "",
        "inquiry": "",
    }
    return visit.render("queue.html", status, **(values | shown))


async def _chosen(visit: Visit) -> EntryState | None:
    entry_id = visit.number_asked("entry")
    return None if entry_id is None else await visit.read(read_entry_by_id, visit.who, entry_id)
