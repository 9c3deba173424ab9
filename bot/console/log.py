"""The question log: to search, to study, to export, and to teach Govi from."""

import asyncio
from collections.abc import Collection
from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from bot.console.guard import signed_in
from bot.console.knowledge import look_up
from bot.console.visiting import Visit
from bot.errors import KnowledgeError
from bot.question_files import format_log
from bot.services.browsing import count_areas
from bot.services.log_reading import (
    MOST_COUNTED,
    QuestionView,
    export_questions,
    list_questions,
    note_export,
    read_question,
)
from bot.services.proposals import propose_phrasing
from bot.services.question_log import DECISIONS, SCRIPTS, LogFilter
from bot.tables import FormatError

FEEDBACK = ("up", "down", "none")
_FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/questions", show_log),
        Route("/questions/export.{kind}", export),
        Route("/questions/{number:row}", show_question),
        Route("/questions/{number:row}/teach", teach, methods=["POST"]),
    ]


@signed_in
async def show_log(visit: Visit) -> Response:
    """List the newest questions that the filter lets through."""
    wanted = _filter(visit)
    listed = await visit.read(list_questions, visit.who, wanted, visit.number_asked("before"))
    return visit.render(
        "log.html",
        listed=listed,
        asked={name: visit.query(name) for name in _FIELDS},
        areas=await visit.read(count_areas, visit.who),
        decisions=DECISIONS,
        scripts=SCRIPTS,
        ratings=FEEDBACK,
        most_counted=MOST_COUNTED,
        is_later=visit.number_asked("before") is not None,
    )


@signed_in
async def export(visit: Visit) -> Response:
    """Hand out what is filtered as a file, naming nobody."""
    kind = visit.request.path_params["kind"]
    if kind not in _FORMATS:
        raise HTTPException(404)
    await visit.run(note_export, visit.who)
    questions = await visit.read(export_questions, visit.who, _filter(visit))
    try:
        content = await asyncio.to_thread(format_log, f".{kind}", questions)
    except FormatError:
        return visit.render("refused.html", 409, reason=visit.text("console.log.too_long"))
    headers = {"Content-Disposition": f'attachment; filename="questions.{kind}"'}
    return Response(content, media_type=_FORMATS[kind], headers=headers)


@signed_in
async def show_question(visit: Visit) -> Response:
    """Show one question, what was decided, and the matches and scores behind it."""
    return await _question(visit)


@signed_in
async def teach(visit: Visit) -> Response:
    """Propose the question as a phrasing of the entry that it should have found."""
    view = await visit.run(read_question, visit.who, visit.number("number"))
    entry_id = visit.form.number("entry_id")
    try:
        pending = await visit.run(propose_phrasing, visit.who, entry_id, view.logged.text)
    except KnowledgeError as error:
        return await _shown(visit, view, 422, faults=error.faults)
    return visit.go(f"/questions/{view.logged.question_id}", "proposed" if pending else "known")


async def _question(visit: Visit) -> Response:
    view = await visit.run(read_question, visit.who, visit.number("number"))
    return await _shown(visit, view, 200)


async def _shown(visit: Visit, view: QuestionView, status: int, **shown: object) -> Response:
    words = visit.query("find")
    return visit.render(
        "question.html",
        status,
        view=view,
        words=words,
        found=await look_up(visit, words),
        thresholds=visit.desk.services.index.retriever.thresholds,
        **shown,
    )


_FIELDS = ("q", "since", "until", "decision", "area", "script", "feedback", "least", "most")


def _filter(visit: Visit) -> LogFilter:
    """Read the filter from the address; what makes no sense there filters nothing."""
    return LogFilter(
        since=_day(visit.query("since")),
        until=_day(visit.query("until")),
        decision=_one_of(DECISIONS, visit.query("decision")),
        area=visit.area(),
        script=_one_of(SCRIPTS, visit.query("script")),
        feedback=_one_of(FEEDBACK, visit.query("feedback")),
        words=visit.query("q") or None,
        least_score=_share(visit.query("least")),
        most_score=_share(visit.query("most")),
    )


def _one_of(known: Collection[str], text: str) -> str | None:
    return text if text in known else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _share(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None
