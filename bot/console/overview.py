"""How well farmers are served, drawn from the database as it is; and what ran by itself."""

from starlette.responses import Response
from starlette.routing import Route

from bot.console.drawing import draw_days, draw_share
from bot.console.guard import signed_in
from bot.console.visiting import Visit
from bot.db.base import utc_now
from bot.services.job_runs import list_runs
from bot.services.overview import SPANS, read_overview

_USUAL = 30


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [Route("/overview", show_overview), Route("/jobs", show_runs)]


@signed_in
async def show_overview(visit: Visit) -> Response:
    """Show figures and charts of the last days."""
    asked = visit.number_asked("days")
    days = asked if asked in SPANS else _USUAL
    threshold = visit.desk.services.index.retriever.thresholds.suggest
    overview = await visit.read(read_overview, visit.who, utc_now(), days, threshold)
    most = {
        "areas": max((share.total for share in overview.areas), default=0),
        "scripts": max((share.total for share in overview.scripts), default=0),
    }
    return visit.render(
        "overview.html",
        overview=overview,
        chart=draw_days(overview.days),
        draw=draw_share,
        most=most,
        days=days,
        spans=SPANS,
    )


@signed_in
async def show_runs(visit: Visit) -> Response:
    """List the newest runs of scheduled work."""
    return visit.render("jobs.html", runs=await visit.read(list_runs, visit.who))
