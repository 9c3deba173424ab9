"""The question log: what was asked, by nobody in particular."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import question_log
from bot.services.question_log import LogFilter, iter_questions
from tests.factories import create_draft
from tests.services.asking import ask, farmer, rate
from tests.services.curating import staff, store

NIGHT = datetime(2026, 11, 23, 18, 29, tzinfo=UTC)
MORNING = NIGHT + timedelta(minutes=1)


@pytest.fixture
def log(session: Session) -> Session:
    """Three questions: last night answered and liked, this morning suggested and left alone."""
    staff(session)
    entry = store(session, create_draft("paddy.blast", area="paddy"), create_draft("a.b", area="a"))
    near = [{"key": "a.b", "score": 0.6}]
    liked = ask(session, "1", "answer", asked_at=NIGHT, entry_id=entry.entry_id, matches=near)
    rate(session, liked, is_helpful=False, reason="wrong")
    rate(session, liked, is_helpful=True)
    ask(session, "2", "suggest", asked_at=MORNING, matches=near, script="latin")
    ask(session, "3", "fallback", asked_at=MORNING, farmer=farmer(session, 22))
    return session


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        (LogFilter(), ["1", "2", "3"]),
        (LogFilter(since=date(2026, 11, 24)), ["2", "3"]),
        (LogFilter(until=date(2026, 11, 23)), ["1"]),
        (LogFilter(decision="suggest"), ["2"]),
        (LogFilter(script="latin"), ["2"]),
        (LogFilter(area="paddy"), ["1"]),
        (LogFilter(area="a"), ["2"]),
        (LogFilter(area=""), ["3"]),
        (LogFilter(feedback="up"), ["1"]),
        (LogFilter(feedback="down"), []),
        (LogFilter(feedback="none"), ["2", "3"]),
        (LogFilter(script="latin", area="paddy"), []),
    ],
)
def test_filters_let_through_what_fits_all_of_them(
    log: Session, wanted: LogFilter, texts: list[str]
) -> None:
    """Days are those of Sri Lanka; the area is that of the entry used, or of the nearest."""
    assert [each.text for each in iter_questions(log, wanted)] == texts


def test_a_question_carries_what_became_of_it(log: Session) -> None:
    """The newest rating, the entry, and the time on the wall."""
    first = next(iter_questions(log, LogFilter()))

    assert (first.key, first.area, first.state) == ("paddy.blast", "paddy", "answered")
    assert (first.feedback, first.asked_at) == ("up", "2026-11-23T23:59:00+05:30")


def test_people_are_told_apart_and_not_named(log: Session) -> None:
    """No Telegram id is in the log."""
    people = [each.farmer for each in iter_questions(log, LogFilter())]

    assert people == ["farmer-1", "farmer-1", "farmer-2"]


def test_a_forgotten_person_leaves_an_empty_place(log: Session) -> None:
    """The question may stay, the person does not."""
    ask(log, "4", farmer=None)

    assert [each.farmer for each in iter_questions(log, LogFilter())][-1] == ""


def test_more_questions_than_one_page_come_once_each(
    log: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order."""
    monkeypatch.setattr(question_log, "_STEP", 2)

    assert [each.text for each in iter_questions(log, LogFilter())] == ["1", "2", "3"]
