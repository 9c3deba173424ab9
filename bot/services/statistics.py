"""How well farmers are served: counts of the last days, and what they could not be told."""

import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Feedback,
    Note,
    Question,
    QuestionState,
    Role,
)
from bot.knowledge import match_key
from bot.local_time import local_date, start_of
from bot.services import roles
from bot.services.finding import NEAR_SHARE, find_areas

_DAY = timedelta(days=1)
#: Days that are told about, today among them.
DAYS = (1, 7, 30)
SUBJECT_COUNT = 5
#: Questions that subjects are made of, newest first; more would tell nothing new.
_MOST_QUESTIONS = 5_000
#: What questions are counted by: answered, offered "did you mean", neither.
DECISIONS = ("answer", "suggest", "fallback")


class Figures(NamedTuple):
    """One span of days.

    Attributes:
        days: How many, today among them.
        questions: Texts that asked for something; no greetings, pictures or terminal chats.
        answered: Of those, answered at once.
        suggested: Offered as "did you mean".
        chosen: Of the suggested, those where the farmer took an offer.
        unanswered: Neither answered nor suggested.
        resolved: By an officer, or with a kind reason why not; of all the questions, for officers
            get those too whose answer or offer was no help.
        rated: Answers that got a 👍 or 👎.
        helpful: Of those, 👍.
        median_seconds: From a question to the officer's answer; None without any.
    """

    days: int
    questions: int
    answered: int
    suggested: int
    chosen: int
    unanswered: int
    resolved: int
    rated: int
    helpful: int
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class DecisionCounts:
    """How many questions there were, by what became of them at once."""

    answered: int
    suggested: int
    unanswered: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.answered + self.suggested + self.unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount(DecisionCounts):
    """Questions of one day."""

    day: date


@dataclass(frozen=True, slots=True)
class Subject:
    """What several farmers could not be told.

    Attributes:
        count: Questions about it.
        example: The newest of them.
        key: The entry that came nearest, None when none was near.
        area: That entry's.
    """

    count: int
    example: str
    key: str | None
    area: str | None


def read_figures(session: Session, telegram_user_id: int, now: datetime) -> list[Figures]:
    """Return figures for each span of `DAYS`; days are those of Sri Lanka.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return [count_figures(session, days, now) for days in DAYS]


def list_unanswered_subjects(
    session: Session,
    telegram_user_id: int,
    now: datetime,
    suggest_threshold: float,
    days: int = max(DAYS),
) -> list[Subject]:
    """Return what most questions of the last days lacked an answer to, most frequent first.

    Args:
        session: The transaction; nothing is written.
        telegram_user_id: An admin.
        now: The present instant.
        suggest_threshold: The model's; questions a little below it are grouped by their entry,
            those far from any entry by their own words.
        days: How many days, today among them.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    rows = session.execute(
        select(Question.text, Question.nearest_key, Question.score)
        .where(
            _asked(days, now),
            Question.text != "",  # the words of who wanted to be forgotten
            Question.state.in_([QuestionState.UNANSWERED, QuestionState.RESOLVED]),
        )
        .order_by(Question.id.desc())
        .limit(_MOST_QUESTIONS)
    )
    floor = NEAR_SHARE * suggest_threshold
    counts: Counter[tuple[str | None, str]] = Counter()
    examples: dict[tuple[str | None, str], str] = {}
    for text, key, score in rows:
        nearest = key if score is not None and score >= floor else None
        subject = (nearest, "" if nearest else match_key(text))
        counts[subject] += 1
        examples.setdefault(subject, text)
    common = counts.most_common(SUBJECT_COUNT)
    areas = find_areas(session, [key for (key, _), _ in common if key])
    return [
        Subject(count, examples[subject], subject[0], areas.get(subject[0] or ""))
        for subject, count in common
    ]


def count_figures(session: Session, days: int, now: datetime) -> Figures:
    """Return figures of some days until `now`, its own day among them.

    Of officers' answers, those count that were given in these days.
    """
    is_suggested = Question.decision == "suggest"
    asked = session.execute(
        select(
            func.count().label("questions"),
            _count(Question.decision == "answer").label("answered"),
            _count(is_suggested).label("suggested"),
            _count(and_(is_suggested, Question.state == QuestionState.ANSWERED)).label("chosen"),
            _count(Question.decision == "fallback").label("unanswered"),
            _count(Question.state == QuestionState.RESOLVED).label("resolved"),
        ).where(_asked(days, now))
    ).one()
    rated = session.execute(
        select(
            func.count().label("rated"),
            _count(Feedback.is_helpful.is_(True)).label("helpful"),
        ).where(Feedback.given_at.between(start_of_span(days, now), now))
    ).one()
    counts = {name: int(count) for name, count in {**asked._mapping, **rated._mapping}.items()}
    return Figures(days=days, median_seconds=_median_seconds(session, days, now), **counts)


def count_days(session: Session, last: date, days: int) -> list[DayCount]:
    """Count the questions of some days of Sri Lanka, oldest first."""
    return [_count_day(session, last - back * _DAY) for back in reversed(range(days))]


def _count_day(session: Session, day: date) -> DayCount:
    rows = session.execute(
        select(Question.decision, func.count().label("count_"))
        .where(
            Question.asked_at >= start_of(day),
            Question.asked_at < start_of(day + _DAY),
            is_counted(),
        )
        .group_by(Question.decision)
    )
    counts = {row.decision: row.count_ for row in rows}
    return DayCount(*(counts.get(decision, 0) for decision in DECISIONS), day=day)


def is_counted() -> ColumnElement[bool]:
    """Whether figures count a question: a text that asked for something, not in a terminal."""
    return and_(Question.decision.in_(DECISIONS), Question.channel != "terminal")


def start_of_span(days: int, now: datetime) -> datetime:
    """Return the first instant of some days of Sri Lanka, of which `now` is in the last."""
    return start_of(local_date(now) - timedelta(days=days - 1))


def _asked(days: int, now: datetime) -> ColumnElement[bool]:
    return and_(Question.asked_at.between(start_of_span(days, now), now), is_counted())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _median_seconds(session: Session, days: int, now: datetime) -> float | None:
    waits = list_waits(session, start_of_span(days, now), now)
    return statistics.median(waits) if waits else None


def list_waits(session: Session, since: datetime, until: datetime) -> list[float]:
    """Return how many seconds each asker waited whose first answer came between two instants.

    One who joined later counts from their own question.
    """
    first = func.min(Note.written_at)
    rows = session.execute(
        select(Question.asked_at, first)
        .select_from(Ask)
        .join(Ask.question)
        .join(Note, Note.escalation_id == Ask.escalation_id)
        .where(
            Note.kind == "answer",
            or_(Note.ask_id.is_(None), Note.ask_id == Ask.id),
            Note.written_at >= Ask.joined_at,
        )
        .group_by(Ask.id, Question.asked_at)
        .having(first.between(since, until))
    )
    return [(answered - asked).total_seconds() for asked, answered in rows]
