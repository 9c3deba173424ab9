"""What farmers asked and what became of it, without saying who they are."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session, aliased

from bot.db.models import Entry, Feedback, Question, Reply
from bot.local_time import COLOMBO, start_of
from bot.services.consent import words_may_be_kept
from bot.services.finding import find_areas
from bot.services.texts import sound_of

DECISIONS = ("answer", "suggest", "fallback", "media", "emergency", "smalltalk")
SCRIPTS = ("sinhala", "latin", "mixed", "tamil", "other")
_STEP = 500


class LogFilter(NamedTuple):
    """Which questions; None takes all.

    Attributes:
        since: First day, in Sri Lanka.
        until: Last day.
        decision: One of `DECISIONS`.
        area: Of the entry that answered it, or else came nearest.
        script: One of `SCRIPTS`.
        feedback: "up", "down" or "none".
        words: All of these stand in it, in whatever script they are written.
        least_score: Of the best match; so is `most_score`.
    """

    since: date | None = None
    until: date | None = None
    decision: str | None = None
    area: str | None = None
    script: str | None = None
    feedback: str | None = None
    words: str | None = None
    least_score: float | None = None
    most_score: float | None = None


class LoggedQuestion(NamedTuple):
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
    """Yield the questions that a filter lets through, oldest first, to be taken out as a file.

    The words of farmers who have not agreed to be kept are left out: what is erased here once,
    at their wish or for its age, would live on in the file.
    """
    last_id = 0
    while True:
        page = select(Question, words_may_be_kept()).where(
            Question.id > last_id, *conditions(wanted)
        )
        rows = session.execute(page.order_by(Question.id).limit(_STEP)).all()
        if not rows:
            return
        logged = describe(session, [question for question, _ in rows])
        for each, (_, is_kept) in zip(logged, rows, strict=True):
            yield each if is_kept else each._replace(text="")
        last_id = logged[-1].question_id


def describe(session: Session, questions: Sequence[Question]) -> list[LoggedQuestion]:
    """Return questions as the log tells of them, in the same order."""
    ids = [question.entry_id for question in questions if question.entry_id is not None]
    keys = {
        row.id: row.key
        for row in session.execute(select(Entry.id, Entry.key).where(Entry.id.in_(ids)))
    }
    named = [keys.get(each.entry_id or 0) or each.nearest_key or "" for each in questions]
    areas = find_areas(session, set(named))
    ratings = _ratings(session, [question.id for question in questions])
    return [
        _logged(question, key, areas.get(key, ""), ratings.get(question.id))
        for question, key in zip(questions, named, strict=True)
    ]


def conditions(wanted: LogFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what a question must fulfil to pass a filter."""
    yield from _on_its_own(wanted)
    if wanted.area is not None:
        yield _in_area(wanted.area)
    if wanted.feedback is not None:
        yield _rated(wanted.feedback)
    if wanted.words is not None:
        yield _holding(wanted.words)


def _on_its_own(wanted: LogFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what can be told from the question's row alone."""
    if wanted.since is not None and wanted.since > date.min:
        yield Question.asked_at >= start_of(wanted.since)
    if wanted.until is not None and wanted.until < date.max:
        yield Question.asked_at < start_of(wanted.until + timedelta(days=1))
    if wanted.decision is not None:
        yield Question.decision == wanted.decision
    if wanted.script is not None:
        yield Question.script == wanted.script
    if wanted.least_score is not None:
        yield Question.score >= wanted.least_score
    if wanted.most_score is not None:
        yield Question.score <= wanted.most_score


def _in_area(area: str) -> ColumnElement[bool]:
    if area == "":
        known = select(Entry.key)
        is_near = and_(Question.nearest_key.is_not(None), Question.nearest_key.in_(known))
        return and_(Question.entry_id.is_(None), not_(is_near))
    used = select(Entry.id).where(Entry.area == area)
    near = select(Entry.key).where(Entry.area == area)
    return or_(
        Question.entry_id.in_(used),
        and_(Question.entry_id.is_(None), Question.nearest_key.in_(near)),
    )


def _rated(feedback: str) -> ColumnElement[bool]:
    newest = (
        select(Feedback.is_helpful)
        .join(Reply, Feedback.reply_id == Reply.id)
        .where(Reply.question_id == Question.id)
        .order_by(Feedback.given_at.desc(), Feedback.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    if feedback == "none":
        return newest.is_(None)
    rated = select(Reply.question_id).join(Feedback, Feedback.reply_id == Reply.id)
    return and_(Question.id.in_(rated), newest.is_(feedback == "up"))


def _holding(words: str) -> ColumnElement[bool]:
    """Look for each word in the index of sounds, which is a fraction of the table's size."""
    sounds = sound_of(words).split()
    if not sounds:
        return Question.text.contains(words.strip(), autoescape=True)
    other = aliased(Question)
    holding = select(other.id).where(
        *(other.folded.contains(sound, autoescape=True) for sound in sounds)
    )
    return Question.id.in_(holding)


def _ratings(session: Session, question_ids: Sequence[int]) -> dict[int, tuple[bool, str | None]]:
    """Return each question's newest rating."""
    rows = session.execute(
        select(Reply.question_id, Feedback.is_helpful, Feedback.reason)
        .join(Reply, Feedback.reply_id == Reply.id)
        .where(Reply.question_id.in_(question_ids))
        .order_by(Feedback.given_at, Feedback.id)
    )
    return {question_id: (is_helpful, reason) for question_id, is_helpful, reason in rows}


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
