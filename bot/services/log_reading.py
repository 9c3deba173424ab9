"""The question log as officers read it: page by page, and one question with its matches."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from bot.db.models import Ask, Entry, Question, Role
from bot.errors import QuestionMissingError
from bot.services import audit, roles
from bot.services.media import Media, is_taken_back, list_media
from bot.services.question_log import (
    LogFilter,
    LoggedQuestion,
    conditions,
    describe,
    iter_questions,
)
from bot.services.texts import sound_of
from retrieval import Match

PAGE = 50
#: Beyond so many it is enough to know that there are more.
MOST_COUNTED = 10_000
#: Rows given their sound in one transaction, which takes a fraction of a second.
_STEP = 1_000


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the log, newest first.

    Attributes:
        count: How many pass the filter, counted up to `MOST_COUNTED`.
        older_than: What to ask the next page for; None on the last one.
    """

    questions: tuple[LoggedQuestion, ...]
    count: int
    older_than: int | None


class MatchLine(NamedTuple):
    """One entry that retrieval found; `entry_id` is None for one that is there no more."""

    match: Match
    entry_id: int | None
    title: str


class QuestionView(NamedTuple):
    """One question with what was decided and why.

    Attributes:
        escalation_id: Where officers have it, if they do.
        media: What was sent with it, or later in addition; nothing once it was taken back.
    """

    logged: LoggedQuestion
    matches: tuple[MatchLine, ...]
    escalation_id: int | None
    media: tuple[Media, ...]


def list_questions(
    session: Session, officer_id: int, wanted: LogFilter, older_than: int | None = None
) -> LogPage:
    """Return the newest questions that pass a filter, or those before one of them.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, officer_id, Role.OFFICER)
    passing = tuple(conditions(wanted))
    page = select(Question).where(*passing)
    last = session.get(Question, older_than) if older_than is not None else None
    if last is not None:
        place = tuple_(Question.asked_at, Question.id)
        page = page.where(place < tuple_(last.asked_at, last.id))
    page = page.order_by(Question.asked_at.desc(), Question.id.desc()).limit(PAGE + 1)
    rows = session.scalars(page).all()
    shown = rows[:PAGE]
    counted = select(Question.id).where(*passing).limit(MOST_COUNTED + 1).subquery()
    return LogPage(
        questions=tuple(describe(session, shown)),
        count=session.scalar(select(func.count()).select_from(counted)) or 0,
        older_than=shown[-1].id if len(rows) > PAGE else None,
    )


def read_question(session: Session, officer_id: int, question_id: int) -> QuestionView:
    """Return one question; that it was read is recorded. Does not commit.

    Raises:
        NotAllowedError: The person is no officer.
        QuestionMissingError: There is none of this number.
    """
    roles.require(session, officer_id, Role.OFFICER)
    question = session.get(Question, question_id)
    if question is None:
        raise QuestionMissingError(str(question_id))
    audit.record(session, officer_id, "read question", f"question {question_id}")
    matches = [Match(**match) for match in question.matches]
    known = {
        row.key: row
        for row in session.execute(
            select(Entry.key, Entry.id, Entry.title).where(Entry.key.in_([m.key for m in matches]))
        )
    }
    lines = [
        MatchLine(each, known[each.key].id, known[each.key].title)
        if each.key in known
        else MatchLine(each, None, each.key)
        for each in matches
    ]
    asked = select(Ask.escalation_id).where(Ask.question_id == question_id)
    [logged] = describe(session, [question])
    media = () if is_taken_back(question) else list_media(question)
    return QuestionView(logged, tuple(lines), session.scalar(asked), media)


def note_export(session: Session, admin_id: int) -> None:
    """Record that somebody takes questions out as a file. Does not commit.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, admin_id, Role.ADMIN)
    audit.record(session, admin_id, "export questions", "question log")


def export_questions(session: Session, admin_id: int, wanted: LogFilter) -> list[LoggedQuestion]:
    """Return all that passes a filter, oldest first; writes nothing, see `note_export`.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, admin_id, Role.ADMIN)
    return list(iter_questions(session, wanted))


def fill_sounds(session: Session) -> bool:
    """Give some questions of older releases their sound; return whether more are waiting."""
    rows = session.scalars(select(Question).where(Question.folded.is_(None)).limit(_STEP)).all()
    for question in rows:
        question.folded = sound_of(question.text)
    session.flush()
    return len(rows) == _STEP
