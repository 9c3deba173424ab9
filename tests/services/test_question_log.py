"""The question log: what was asked, by nobody in particular."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import question_log
from bot.services.log_reading import list_questions
from bot.services.question_log import LogFilter, iter_questions
from tests.factories import create_draft
from tests.services.asking import ask, farmer, rate
from tests.services.curating import OFFICER, staff, store

NIGHT = datetime(2026, 11, 23, 18, 29, tzinfo=UTC)
MORNING = NIGHT + timedelta(minutes=1)


@pytest.fixture
def log(session: Session) -> Session:
    """Three questions: last night answered and liked, this morning suggested and left alone."""
    staff(session)
    for person in (11, 22):
        farmer(session, person).consented_at = MORNING
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
        (LogFilter(since=date.min, until=date.max), ["1", "2", "3"]),
        (LogFilter(since=date.max), []),
        (LogFilter(until=date.min), []),
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


@pytest.mark.parametrize("is_kept", [False, True])
def test_words_are_taken_out_of_who_agreed_alone(log: Session, is_kept: bool) -> None:
    """The promise is that they are erased in time; what became of the question is no secret."""
    farmer(log, 22).consented_at = MORNING if is_kept else None

    last = list(iter_questions(log, LogFilter()))[-1]

    assert (last.text, last.farmer, last.decision) == (
        "3" if is_kept else "",
        "farmer-2",
        "fallback",
    )


def test_the_log_is_read_whole_here(log: Session) -> None:
    """On the screen, where what is erased is gone, officers see every question."""
    farmer(log, 22).consented_at = None

    page = list_questions(log, OFFICER, LogFilter())

    assert sorted(each.text for each in page.questions) == ["1", "2", "3"]


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
