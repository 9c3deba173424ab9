"""What farmers asked and what became of it, without saying who they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.db.models import Entry, Feedback, Question, Reply
from bot.local_time import COLOMBO, start_of

_STEP = 500


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which questions; None takes all.

    Attributes:
        since: First day, in Sri Lanka.
        until: Last day.
        decision: "answer", "suggest", "fallback", ...
        area: Of the entry that answered it, or else came nearest.
        script: "sinhala", "latin", "mixed", "tamil" or "other".
        feedback: "up", "down" or "none".
    """

    since: date | None = None
    until: date | None = None
    decision: str | None = None
    area: str | None = None
    script: str | None = None
    feedback: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """One question as it is handed out for study.

    Attributes:
        asked_at: Time in Sri Lanka, ISO 8601.
        farmer: A number that is the same for all of a person's questions and is nothing else;
            empty where the person is not known or wanted to be forgotten.
        key: Of the entry that answered it, or else came nearest.
        feedback: "up", "down" or "".
        reason: Why it was no help, if that was said.
    """

    question_id: int
    asked_at: str
    farmer: str
    channel: str
    kind: str
    script: str
    text: str
    decision: str
    state: str
    key: str
    area: str
    score: float | None
    margin: float | None
    feedback: str
    reason: str
    seconds: float | None
    model_id: str


def iter_questions(session: Session, wanted: LogFilter) -> Iterator[LoggedQuestion]:
    """Yield the questions that a filter lets through, oldest first; for operators."""
    entries = {
        row.id: (row.key, row.area)
        for row in session.execute(select(Entry.id, Entry.key, Entry.area))
    }
    areas = dict(entries.values())
    last_id = 0
    while True:
        page = select(Question).where(Question.id > last_id, *_conditions(wanted))
        questions = session.scalars(page.order_by(Question.id).limit(_STEP)).all()
        if not questions:
            return
        ratings = _ratings(session, [question.id for question in questions])
        for question in questions:
            key = _key(question, entries)
            logged = _logged(question, key, areas.get(key, ""), ratings.get(question.id))
            if _passes(logged, wanted):
                yield logged
        last_id = questions[-1].id


def _conditions(wanted: LogFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield Question.asked_at >= start_of(wanted.since)
    if wanted.until is not None:
        yield Question.asked_at < start_of(wanted.until + timedelta(days=1))
    if wanted.decision is not None:
        yield Question.decision == wanted.decision
    if wanted.script is not None:
        yield Question.script == wanted.script


def _ratings(session: Session, question_ids: Sequence[int]) -> dict[int, tuple[bool, str | None]]:
    """Return each question's newest rating."""
    rows = session.execute(
        select(Reply.question_id, Feedback.is_helpful, Feedback.reason)
        .join(Reply, Feedback.reply_id == Reply.id)
        .where(Reply.question_id.in_(question_ids))
        .order_by(Feedback.given_at, Feedback.id)
    )
    return {question_id: (is_helpful, reason) for question_id, is_helpful, reason in rows}


def _key(question: Question, entries: dict[int, tuple[str, str]]) -> str:
    if question.entry_id is not None:
        return entries[question.entry_id][0]
    return str(question.matches[0]["key"]) if question.matches else ""


def _logged(
    question: Question, key: str, area: str, rating: tuple[bool, str | None] | None
) -> LoggedQuestion:
    is_helpful, reason = rating or (None, None)
    return LoggedQuestion(
        question_id=question.id,
        asked_at=question.asked_at.astimezone(COLOMBO).isoformat(timespec="seconds"),
        farmer="" if question.farmer_id is None else f"farmer-{question.farmer_id}",
        channel=question.channel,
        kind=question.kind,
        script=question.script,
        text=question.text,
        decision=question.decision,
        state=question.state.value,
        key=key,
        area=area,
        score=question.score,
        margin=question.margin,
        feedback="" if is_helpful is None else "up" if is_helpful else "down",
        reason=reason or "",
        seconds=question.seconds,
        model_id=question.model_id or "",
    )


def _passes(logged: LoggedQuestion, wanted: LogFilter) -> bool:
    rated = logged.feedback or "none"
    return wanted.area in (None, logged.area) and wanted.feedback in (None, rated)
