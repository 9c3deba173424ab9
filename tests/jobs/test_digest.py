"""The morning digest to officers, and the weekly summary to admins."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot import charts
from bot.bootstrap import Services
from bot.charts import Chart, ChartError
from bot.db.engine import transaction
from bot.db.models import Question, Role, RoleGrant
from bot.jobs import work
from bot.rendering import Attachment
from tests.jobs.clock import MORNING
from tests.jobs.owing import DAY, TEXTS, occasion, owed, rendered_rows
from tests.services.asking import ask, rate
from tests.services.loop import ADMIN, MALA, SUNIL, appoint, pass_on

HOPPERS, MITES = "දුඹුරු පැළ කීඩෑවා ආවා", "මිරිස් වල මයිටාවෝ"
LAST_WEEK = MORNING - 7 * DAY


@pytest.fixture
def team(services: Services) -> None:
    """Two officers and an admin."""
    with transaction(services.sessions) as session:
        for each, role in ((SUNIL, Role.OFFICER), (MALA, Role.OFFICER), (ADMIN, Role.ADMIN)):
            appoint(session, each, role)


def store(services: Services, text: str, *farmers: int, at: datetime) -> int:
    """Let farmers ask in one escalation; return its number."""
    with transaction(services.sessions) as session:
        group = pass_on(session, text, *farmers, asked_at=at)
        group.created_at = at
        for each in group.asks:
            each.joined_at = at
        return group.id


@pytest.mark.usefixtures("team")
async def test_officers_get_what_is_new_old_and_frequent(services: Services) -> None:
    """Each of them, the admin too, once however often the job runs."""
    store(services, HOPPERS, 11, 22, at=MORNING - timedelta(hours=3))
    store(services, MITES, 33, at=MORNING - 3 * DAY)

    assert await work.post_digest(services, occasion()) == "to 3 officers"
    assert await work.post_digest(services, occasion()) is None
    assert {chat_id for chat_id, _ in owed(services)} == {SUNIL, MALA, ADMIN}
    words = owed(services)[0][1]
    counts = TEXTS.text("digest.counts", new=2, waiting=2)
    oldest, frequent = TEXTS.text("digest.oldest"), TEXTS.text("digest.frequent")
    assert words.index(counts) < words.index(oldest) < words.index(MITES)
    assert words.index(MITES) < words.index(HOPPERS) < words.index(frequent)
    assert words.count(MITES) == 1  # nobody else asked for it
    assert words.count(HOPPERS) == 2


@pytest.mark.usefixtures("team")
async def test_an_empty_digest_is_not_sent(services: Services) -> None:
    """Questions that were answered at once are no work for officers."""
    with transaction(services.sessions) as session:
        ask(session, HOPPERS, "answer", asked_at=MORNING - timedelta(hours=1))

    assert await work.post_digest(services, occasion()) is None
    assert owed(services) == []


@pytest.mark.usefixtures("team")
async def test_what_came_while_a_digest_was_missed_is_new(services: Services) -> None:
    """The next one counts from the last that there was."""
    store(services, MITES, 33, at=MORNING - 2 * DAY)

    await work.post_digest(services, occasion(since=MORNING - 3 * DAY))

    assert TEXTS.text("digest.counts", new=1, waiting=1) in owed(services)[0][1]


@pytest.mark.usefixtures("team")
async def test_who_is_officer_no_more_gets_no_digest(services: Services) -> None:
    """Also when the role was taken after it was owed: it holds farmers' words."""
    store(services, MITES, 33, at=MORNING - DAY)
    await work.post_digest(services, occasion())
    with transaction(services.sessions) as session:
        session.query(RoleGrant).filter_by(telegram_user_id=SUNIL).update({"revoked_at": MORNING})

    assert dict(owed(services))[SUNIL] == ""
    assert MITES in dict(owed(services))[MALA]


@pytest.mark.usefixtures("team")
async def test_a_week_of_days_is_drawn(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday last; days are those of Sri Lanka."""
    drawn: list[Chart] = []
    monkeypatch.setattr(charts, "draw", lambda chart: drawn.append(chart) or b"png")
    store(services, MITES, 33, at=MORNING - DAY)

    await work.post_digest(services, occasion())
    (part,) = rendered_rows(services)[0][1].parts

    assert isinstance(part, Attachment)
    assert part.content() == b"png"
    (chart,) = drawn
    assert chart.labels[-1] == TEXTS.text("chart.day.1", day=24)
    assert [series.counts[-1] for series in chart.series] == [0, 0, 1]


@pytest.mark.usefixtures("team")
async def test_a_digest_whose_chart_cannot_be_drawn_goes_without(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so in the log alone."""

    def fail(_: Chart) -> bytes:
        raise ChartError("no font")

    monkeypatch.setattr(charts, "draw", fail)
    store(services, MITES, 33, at=MORNING - DAY)

    await work.post_digest(services, occasion())
    (part,) = rendered_rows(services)[0][1].parts

    assert part.content() is None
    assert MITES in part.caption


@pytest.mark.usefixtures("team")
async def test_the_digest_cuts_a_long_question_between_two_words(services: Services) -> None:
    """And says that there is more."""
    store(services, f"{HOPPERS}\n" * 10, 11, at=MORNING - DAY)

    await work.post_digest(services, occasion())

    words = owed(services)[0][1]
    assert f" {HOPPERS.split()[1]}…" in words
    assert HOPPERS + "\n" + HOPPERS not in words


def asked(session: Session, text: str, days_ago: int, decision: str = "fallback") -> Question:
    """Store a question of some days ago."""
    return ask(session, text, decision, asked_at=MORNING - days_ago * DAY)


@pytest.mark.usefixtures("team")
async def test_admins_get_the_figures_of_last_week_beside_the_week_before(
    services: Services,
) -> None:
    """From Monday to Sunday; officers do not get them."""
    with transaction(services.sessions) as session:
        asked(session, "අද උදේ", 0)  # a Wednesday
        asked(session, HOPPERS, 3)
        asked(session, HOPPERS, 9, "answer")
        rate(session, asked(session, MITES, 11, "answer"), is_helpful=True, at=MORNING - 4 * DAY)
        asked(session, MITES, 10)

    assert await work.post_week(services, occasion()) == "to 1 admins"
    assert await work.post_week(services, occasion()) is None

    ((chat_id, words),) = owed(services)
    assert chat_id == ADMIN
    assert TEXTS.text("weekly.heading", first="2026-11-16", last="2026-11-22") in words
    figures = TEXTS.text(
        "weekly.figures", questions=2, questions_before=2, answered=1, suggested=0, unanswered=1,
        unanswered_before=1, resolved=0,
    )  # fmt: skip
    rated = TEXTS.text("weekly.rated", helpful="100%", rated=1)
    assert f"{figures}\n{rated}\n\n" in words  # no officer's answer, no median
    assert f"1 × {HOPPERS}" in words
    assert MITES not in words


@pytest.mark.usefixtures("team")
async def test_a_week_without_questions_is_not_summed_up(services: Services) -> None:
    """There is nothing in it."""
    assert await work.post_week(services, occasion()) is None


@pytest.mark.usefixtures("team")
async def test_a_long_question_is_summed_up_in_one_line(services: Services) -> None:
    """Cut between two of its words, as /stats does."""
    with transaction(services.sessions) as session:
        asked(session, f"{HOPPERS}\n" * 40, 3)

    await work.post_week(services, occasion())

    ((_, words),) = owed(services)
    line = next(line for line in words.splitlines() if line.startswith("1 × "))
    assert line.endswith(f" {HOPPERS.split()[0]}…")
