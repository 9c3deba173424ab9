"""The figures of the last days."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from bot.db.models import QuestionState
from bot.services.statistics import (
    Subject,
    count_figures,
    list_unanswered_subjects,
    read_figures,
)
from tests.factories import create_draft
from tests.services.asking import answer, ask, escalate, rate
from tests.services.curating import ADMIN, staff, store

#: Noon in Sri Lanka; its day began at 18:30 UTC of the day before.
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
THIS_MORNING = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
LAST_NIGHT = THIS_MORNING - timedelta(seconds=1)


def test_days_are_those_of_sri_lanka(session: Session) -> None:
    """A question a second before midnight is yesterday's."""
    staff(session)
    ask(session, "අද", asked_at=THIS_MORNING)
    ask(session, "ඊයේ", asked_at=LAST_NIGHT)
    ask(session, "සති දෙකකට කලින්", asked_at=NOW - timedelta(days=14))
    ask(session, "පරණයි", asked_at=NOW - timedelta(days=30))

    figures = read_figures(session, ADMIN, NOW)

    assert [(each.days, each.questions) for each in figures] == [(1, 1), (7, 2), (30, 3)]


def test_questions_are_counted_by_what_became_of_them(session: Session) -> None:
    """Pictures, greetings and the terminal chat do not count."""
    staff(session)
    ask(session, "a", "answer", asked_at=NOW)
    ask(session, "b", "suggest", asked_at=NOW)
    ask(session, "c", "suggest", asked_at=NOW, state=QuestionState.ANSWERED)
    ask(session, "d", asked_at=NOW)
    ask(session, "e", asked_at=NOW, state=QuestionState.RESOLVED)
    ask(session, "", "media", asked_at=NOW, kind="photo")
    ask(session, "f", asked_at=NOW, channel="terminal")

    today = read_figures(session, ADMIN, NOW)[0]

    assert (today.questions, today.answered, today.unanswered, today.resolved) == (5, 1, 2, 1)
    assert (today.suggested, today.chosen) == (2, 1)


def test_ratings_count_on_the_day_they_are_given(session: Session) -> None:
    """Whenever the question was asked."""
    staff(session)
    old = ask(session, "a", "answer", asked_at=NOW - timedelta(days=40))
    rate(session, old, is_helpful=True, at=NOW)
    rate(session, old, is_helpful=False, at=NOW)
    rate(session, old, is_helpful=True, at=LAST_NIGHT)

    today, week, _ = read_figures(session, ADMIN, NOW)

    assert (today.rated, today.helpful) == (2, 1)
    assert (week.rated, week.helpful) == (3, 2)


def test_a_span_that_is_over_has_no_answers_of_later(session: Session) -> None:
    """The weekly summary told last week's median with what came on Monday."""
    staff(session)
    early, late = (ask(session, text, asked_at=LAST_NIGHT) for text in "ab")
    answer(session, escalate(session, early), LAST_NIGHT + timedelta(minutes=1))
    answer(session, escalate(session, late), NOW)

    figures = count_figures(session, 7, THIS_MORNING + timedelta(hours=1))

    assert figures.median_seconds == 60


def test_the_median_wait_is_taken_over_the_askers(session: Session) -> None:
    """From each one's own question to the first answer they got."""
    staff(session)
    hours = [
        ask(session, text, asked_at=NOW - timedelta(hours=ago))
        for text, ago in (("a", 1), ("b", 5), ("c", 6))
    ]
    escalation = escalate(session, *hours)
    answer(session, escalation, NOW)
    answer(session, escalation, NOW + timedelta(hours=9))

    assert read_figures(session, ADMIN, NOW)[0].median_seconds == 5 * 3600


def test_an_answer_before_an_asker_joined_is_not_theirs(session: Session) -> None:
    """A reopened group was answered before."""
    staff(session)
    late = ask(session, "a", asked_at=NOW)
    answer(session, escalate(session, late), NOW - timedelta(hours=1))

    assert read_figures(session, ADMIN, NOW)[0].median_seconds is None


def test_nothing_at_all_gives_zeros(session: Session) -> None:
    """The first day of an installation."""
    staff(session)

    today = read_figures(session, ADMIN, NOW)[0]

    assert (today.questions, today.answered, today.rated, today.median_seconds) == (0, 0, 0, None)


def test_subjects_are_the_nearest_entries_or_the_words(session: Session) -> None:
    """However a question is typed; most frequent first, with the newest as the example."""
    staff(session)
    store(session, create_draft("paddy.blast", area="paddy_diseases"))
    near, far = ([{"key": "paddy.blast", "score": score}] for score in (0.5, 0.3))
    ask(session, "කොළ ලප", asked_at=NOW, matches=near)
    ask(session, "kola lapa", asked_at=NOW, matches=near, state=QuestionState.RESOLVED)
    ask(session, "kola lapa tiyenawa", asked_at=NOW, matches=near)
    ask(session, "Iphone ekak", asked_at=NOW, matches=far)
    ask(session, "iphone  ekak?", asked_at=NOW, matches=far)
    ask(session, "හරි", "answer", asked_at=NOW, matches=near)

    subjects = list_unanswered_subjects(session, ADMIN, NOW, suggest_threshold=0.6)

    assert subjects == [
        Subject(3, "kola lapa tiyenawa", "paddy.blast", "paddy_diseases"),
        Subject(2, "iphone  ekak?", None, None),
    ]
