"""The question log in the console."""

import io
from datetime import timedelta

import openpyxl
import pytest

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.db.engine import reading, transaction
from bot.db.models import AuditEvent, Proposal, Question
from bot.services.log_reading import PAGE, fill_sounds
from bot.services.texts import SOUND_LIMIT, sound_of
from tests.console.asking import OFFICER, Guest
from tests.factories import BLAST, UREA
from tests.services.asking import ask, farmer, rate

SINHALA, SINGLISH = "ගොයම් කොළ කහ වෙනවා", "goyam kola kaha wenawa"
MATCH = {
    "key": "paddy.blast", "score": 0.61, "phrasing": BLAST, "dense_score": 0.7,
    "lexical_score": 0.4,
}  # fmt: skip


def record(services: Services, text: str, decision: str = "suggest", **fields: object) -> int:
    """Store a question that came near the first entry; return its number."""
    with transaction(services.sessions) as session:
        near = {"matches": [MATCH], "score": 0.61, "margin": 0.2}
        return ask(session, text, decision, **(near | fields)).id


@pytest.mark.parametrize("words", ["කොළ කහ", "kola kaha", "KAHA  kola", "කොල"])
async def test_sinhala_and_singlish_find_each_other(
    services: Services, officer: Guest, words: str
) -> None:
    """In any order, with the letters that people confuse."""
    record(services, SINHALA)
    record(services, SINGLISH)
    record(services, "මීයන් ගොයම කනවා")

    page = await officer.open(f"/questions?q={words}")

    assert officer.says("console.log.count", count=2)
    assert SINHALA in page.text
    assert SINGLISH in page.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("decision=suggest", 1),
        ("decision=fallback", 1),
        ("script=latin", 1),
        ("area=paddy", 1),
        ("area=-", 1),
        ("feedback=down", 1),
        ("feedback=none", 1),
        ("least=0.5", 1),
        ("most=0.5", 0),
        ("since=2999-01-01", 0),
        ("since=never&least=lots&feedback=odd", 2),
        ("decision=odd&script=runes", 2),
        ("q=%25", 0),
    ],
)
async def test_the_log_is_filtered(
    services: Services, officer: Guest, query: str, count: int
) -> None:
    """By what was decided, asked and rated; nonsense filters nothing."""
    number = record(services, SINHALA)
    record(services, SINGLISH, "fallback", script="latin", matches=[], score=None)
    with transaction(services.sessions) as session:
        rate(session, session.get_one(Question, number), is_helpful=False)

    await officer.open(f"/questions?{query}")

    assert officer.says("console.log.count", count=count) is (count > 0) or (
        officer.says("curate.find.nothing")
    )
    assert officer.page.text.count("data-item") == count


async def test_a_long_log_is_paged_newest_first(services: Services, officer: Guest) -> None:
    """Each question stands on one page."""
    now = utc_now()
    with transaction(services.sessions) as session:
        for number in range(PAGE + 3):
            ask(session, f"ප්‍රශ්නය {number}", asked_at=now - timedelta(minutes=number % 7))

    first = (await officer.open("/questions")).text
    older = first.split('rel="next" href="')[1].split('"')[0]
    second = (await officer.open(older)).text

    assert (first.count("data-item"), second.count("data-item")) == (PAGE, 3)


async def test_a_question_shows_what_was_decided_and_why(
    services: Services, officer: Guest
) -> None:
    """Matches with their scores, and that somebody read it is recorded."""
    number = record(services, SINHALA)

    page = await officer.open(f"/questions/{number}")

    assert "0.610" in page.text
    assert BLAST in page.text
    with reading(services.sessions) as session:
        [event] = session.query(AuditEvent).filter_by(action="read question")
    assert (event.actor, event.subject) == (str(OFFICER), f"question {number}")


async def test_one_click_teaches_an_entry_a_question(services: Services, officer: Guest) -> None:
    """As a proposal that an admin approves."""
    number = record(services, SINGLISH)
    await officer.open(f"/questions/{number}")

    await officer.submit(f"/questions/{number}/teach")

    assert officer.says("console.done.proposed")
    with reading(services.sessions) as session:
        proposal = session.query(Proposal).one()
    assert (proposal.entry_id, proposal.phrasing) == (1, SINGLISH)


async def test_another_entry_is_looked_for_and_taught(services: Services, officer: Guest) -> None:
    """Not only those that were found at the time."""
    number = record(services, SINGLISH, matches=[], score=None)

    page = await officer.open(f"/questions/{number}?find={UREA}")

    assert 'name="entry_id" value="2"' in page.text


async def test_what_another_entry_holds_is_not_taught_twice(
    services: Services, officer: Guest
) -> None:
    """The officer is told whose it is."""
    number = record(services, UREA)
    await officer.open(f"/questions/{number}")

    page = await officer.submit(f"/questions/{number}/teach")

    assert page.status_code == 422
    assert "paddy.urea" in page.text


async def test_what_is_filtered_is_exported(services: Services, admin: Guest) -> None:
    """As a workbook and as text, with the words of who agreed, nobody's name, and on record."""
    record(services, SINHALA)
    with transaction(services.sessions) as session:
        farmer(session).consented_at = utc_now()
        ask(session, "තියාගන්න එපා", "fallback", farmer=farmer(session, 22))
    record(services, "=1+1", "fallback")

    table = await admin.open("/questions/export.csv?decision=fallback")
    book = await admin.open("/questions/export.xlsx?q=kola")

    assert "'=1+1" in table.text
    assert SINHALA not in table.text
    assert "තියාගන්න එපා" not in table.text
    assert table.text.count("farmer-") == 2
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert [row[6].value for row in sheet.iter_rows(min_row=2)] == [SINHALA]
    with reading(services.sessions) as session:
        assert session.query(AuditEvent).filter_by(action="export questions").count() == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx", "exe"])
async def test_officers_take_no_questions_out(officer: Guest, kind: str) -> None:
    """Reading is recorded one by one; a file of all is for admins."""
    assert (await officer.open(f"/questions/export.{kind}")).status_code in (403, 404)


async def test_what_does_not_fit_into_a_spreadsheet_is_said(
    services: Services, admin: Guest
) -> None:
    """Whoever pipes a book into the terminal chat leaves such a question."""
    record(services, "x" * 40_000, farmer=None)

    page = await admin.open("/questions/export.xlsx")

    assert page.status_code == 409
    assert admin.says("console.log.too_long")
    assert (await admin.open("/questions/export.csv")).status_code == 200


async def test_questions_of_older_releases_become_searchable(services: Services) -> None:
    """A little at a time, whatever their words."""
    with transaction(services.sessions) as session:
        for text in (SINHALA, "", "🌾", "අ" * 5000):
            ask(session, text).folded = None

    with transaction(services.sessions) as session:
        assert not fill_sounds(session)

    with reading(services.sessions) as session:
        sounds = [question.folded for question in session.query(Question).order_by("id")]
    assert sounds[:3] == [sound_of(SINGLISH), "", ""]
    assert 0 < len(sounds[3] or "") <= SOUND_LIMIT


async def test_a_farmers_markup_is_only_words(services: Services, officer: Guest) -> None:
    """In the list, in the question, and in what is searched for."""
    evil = "<script>alert(1)</script>"
    number = record(services, evil)

    for path in ("/questions", f"/questions/{number}", f"/questions?q={evil}"):
        page = await officer.open(path)
        assert "&lt;script&gt;alert(1)" in page.text
        assert evil not in page.text


async def test_a_question_that_is_not_there_is_said(officer: Guest) -> None:
    """An old link leads to a kind page."""
    assert (await officer.open("/questions/99")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/questions/{}", "/queue/{}", "/knowledge/{}/edit", "/media/answers/{}", "/drafts/{}"]
)
async def test_a_number_of_thousands_of_digits_leads_nowhere(admin: Guest, path: str) -> None:
    """Python refuses to read one; a page says kindly that nothing is there."""
    page = await admin.open(path.format("9" * 5_000))

    assert page.status_code == 404
    assert admin.says("console.sorry.missing")


@pytest.mark.parametrize(
    "path",
    [
        "/questions?q={}", "/questions?area={}", "/queue?area={}", "/queue/lines?area={}",
        "/knowledge?q={}", "/knowledge?area={}", "/questions/export.csv?q={}",
    ],
)  # fmt: skip
async def test_what_no_database_can_hold_is_looked_for_in_vain(admin: Guest, path: str) -> None:
    """PostgreSQL refuses a NUL; SQLite would look for it."""
    assert (await admin.open(path.format("%F0%9F%98%80%00"))).status_code == 200


async def test_a_key_that_no_database_can_hold_leads_nowhere(admin: Guest) -> None:
    """As one that no entry has."""
    assert (await admin.open("/knowledge/key/a%00b")).status_code == 404


async def test_a_number_of_thousands_of_digits_may_be_asked_for(admin: Guest) -> None:
    """Behind the question mark, as any that is too large."""
    digits = "9" * 5_000

    assert (await admin.open(f"/questions?before={digits}")).status_code == 200
    assert (await admin.open(f"/knowledge?page={digits}")).status_code == 200
