"""What Govi grouped wrongly, put right: askers split off, or two questions made one."""

from collections.abc import Collection

from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import say_refusal, signed_in
from bot.console.queue import PAGE, go_on, place_of, within
from bot.console.visiting import Visit
from bot.errors import EscalationMissingError, RequestError
from bot.services.holds import get_held
from bot.services.queue import read_escalation
from bot.services.regrouping import list_joinable, merge, split


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/queue/{number:row}/split", show_askers),
        Route("/queue/{number:row}/split", split_off, methods=["POST"]),
        Route("/queue/{number:row}/merge", show_others),
        Route("/queue/{number:row}/merge", join, methods=["POST"]),
    ]


@signed_in
async def show_askers(visit: Visit) -> Response:
    """List who waits, to be picked from."""
    return await _askers(visit)


@signed_in
async def split_off(visit: Visit) -> Response:
    """Make a question of its own of those who were picked, and show it."""
    number, picked = visit.number("number"), visit.form.numbers("ask_id")
    try:
        new = await visit.run(split, visit.who, number, picked)
    except EscalationMissingError:  # somebody took theirs back meanwhile
        return await _askers(visit, visit.text("console.queue.changed"), picked)
    except RequestError as error:
        return await _askers(visit, say_refusal(visit, error), picked)
    return go_on(visit, f"/queue/{new}", "split")


@signed_in
async def show_others(visit: Visit) -> Response:
    """List what a question may be joined with, first what looks alike; show the one picked."""
    return await _others(visit)


@signed_in
async def join(visit: Visit) -> Response:
    """Move all who asked to the question that was picked, and show that."""
    number, into = visit.number("number"), visit.form.number("into")
    try:
        await visit.run(merge, visit.who, number, into)
    except RequestError as error:
        return await _others(visit, say_refusal(visit, error))
    return go_on(visit, f"/queue/{into}", "merged")


async def _askers(visit: Visit, reason: str = "", picked: Collection[int] = ()) -> Response:
    number = visit.number("number")
    await visit.read(get_held, visit.who, number)
    view = await visit.run(read_escalation, visit.who, number)
    return visit.render(
        "split.html",
        409 if reason else 200,
        view=view,
        reason=reason,
        picked=picked,
        within=within(place_of(visit)),
    )


async def _others(visit: Visit, reason: str = "") -> Response:
    number, into = visit.number("number"), visit.number_asked("into")
    joinable = await visit.read(list_joinable, visit.who, number, visit.page_number(), size=PAGE)
    view = await visit.run(read_escalation, visit.who, number)
    chosen = None if into is None else await visit.run(read_escalation, visit.who, into)
    place = place_of(visit)
    place.pop("page", None)  # it is that of the list here
    return visit.render(
        "merge.html",
        409 if reason else 200,
        view=view,
        chosen=chosen,
        joinable=joinable,
        reason=reason,
        within=within(place),
    )
