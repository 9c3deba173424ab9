"""Figures and charts in the console."""

import re
from datetime import date, timedelta

import pytest

from bot.bootstrap import Services
from bot.console.drawing import HEIGHT, WIDTH, draw_days
from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import QuestionState
from bot.services.statistics import DayCount
from tests.console.asking import ADMIN, OFFICER, Guest
from tests.services.asking import answer, ask, escalate, rate

HOUR = timedelta(hours=1)
NEAR = [{"key": "paddy.blast", "score": 0.6, "phrasing": "", "dense_score": 0, "lexical_score": 0}]


def serve_a_day(services: Services) -> None:
    """Three questions: one answered and liked, one an officer answered after an hour."""
    now = utc_now()
    with transaction(services.sessions) as session:
        liked = ask(session, "1", "answer", entry_id=1, matches=NEAR, asked_at=now - 2 * HOUR)
        rate(session, liked, is_helpful=True)
        ask(session, "2", "suggest", matches=NEAR, script="latin")
        asked = ask(session, "xyzzy", "fallback", asked_at=now - 2 * HOUR)
        answer(session, escalate(session, asked), now - HOUR)


async def test_the_overview_tells_what_the_rows_hold(services: Services, admin: Guest) -> None:
    """Shares, times, areas and officers' work, each with its number."""
    serve_a_day(services)

    page = await admin.open("/overview?days=7")
    cells = re.findall(r"<td[^>]*>(\d+)</td>", page.text)

    assert admin.says("curate.stats.span", hours=1, minutes=0)
    assert "33%" in page.text
    assert "100%" in page.text
    assert "xyzzy" in page.text
    assert str(OFFICER) in page.text
    assert cells.count("1") >= 6


async def test_what_officers_settled_is_no_part_of_what_was_unanswered(
    services: Services, admin: Guest
) -> None:
    """They settle answers that were no help, too; none was unanswered here."""
    with transaction(services.sessions) as session:
        disliked = ask(session, "1", "answer", entry_id=1, matches=NEAR)
        answer(session, escalate(session, disliked), utc_now())
        disliked.state = QuestionState.RESOLVED

    page = await admin.open("/overview?days=7")

    tiles = re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", page.text)
    assert ("Not answered", "0% <small>0</small>") in tiles
    assert ("Settled by officers", "1") in tiles


async def test_an_overview_of_nothing_is_a_page_too(admin: Guest) -> None:
    """The first day has no question yet."""
    page = await admin.open("/overview")

    assert page.status_code == 200
    assert admin.says("console.overview.nothing")


async def test_the_chart_holds_one_bar_for_each_part_of_a_day(
    services: Services, admin: Guest
) -> None:
    """Drawn from the rows, with a table of the same numbers."""
    serve_a_day(services)

    page = await admin.open("/overview?days=7")
    chart = page.text.split('<svg class="chart"')[1].split("</svg>")[0]

    assert chart.count("<rect") == 3


@pytest.mark.parametrize("path", ["/overview"])
async def test_officers_see_no_overview(officer: Guest, path: str) -> None:
    """It tells of colleagues' work."""
    assert (await officer.open(path)).status_code == 403


async def test_scheduled_work_is_listed(officer: Guest) -> None:
    """Also before anything has run."""
    page = await officer.open("/jobs")

    assert page.status_code == 200
    assert officer.says("console.jobs.none")
    assert ADMIN != OFFICER


@pytest.mark.parametrize("count", [1, 7, 90])
def test_bars_stay_within_the_chart(count: int) -> None:
    """With one day of data as with a season's."""
    days = [DayCount(each, 3, 1, day=date(2026, 1, 1) + timedelta(each)) for each in range(count)]

    chart = draw_days(days)

    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in chart.bars)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in chart.bars)
    assert 1 <= len(chart.days) <= 12
