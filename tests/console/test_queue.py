"""The queue in the console."""

import re
from collections.abc import Callable

import pytest

from bot.bootstrap import Services
from bot.console.queue import PAGE
from bot.db.engine import reading, transaction
from bot.db.models import AuditEvent, Escalation, EscalationState, OutgoingMessage, Proposal
from bot.services.answering import Incoming
from bot.services.details import add_detail
from bot.services.farmers import Asker
from bot.services.queue import claim
from tests.console.asking import ADMIN, OFFICER, Guest
from tests.factories import UREA
from tests.services.loop import pass_on

#: The farmer's own message, in `tests.services.loop`.
ASKED_AT = 100
WORDS = "මගේ කෙසෙල් ගහේ කොළ ඉරිලා"


@pytest.fixture
def number(services: Services) -> int:
    """A question that two farmers asked."""
    with transaction(services.sessions) as session:
        return pass_on(session, WORDS, 11, 12).id


def group(services: Services, number: int) -> Escalation:
    """An escalation as it stands."""
    with reading(services.sessions) as session:
        found = session.get_one(Escalation, number)
        session.expunge(found)
        return found


def owed(services: Services) -> list[str]:
    """Kinds of messages that are owed, oldest first."""
    with reading(services.sessions) as session:
        return [row.kind for row in session.query(OutgoingMessage).order_by("id")]


async def held(guest: Guest, number: int) -> Guest:
    """Claim a question at the console."""
    await guest.open(f"/queue/{number}")
    await guest.submit(f"/queue/{number}/claim")
    return guest


async def test_words_that_turn_their_direction_turn_nothing(
    services: Services, officer: Guest
) -> None:
    """Neither themselves, so that an officer reads what will be answered, nor the page."""
    with transaction(services.sessions) as session:
        number = pass_on(session, "බෙහෙත \u202e10 ml\u2066 දැම්මා", 11).id

    page = await officer.open(f"/queue/{number}")

    assert "බෙහෙත 10 ml දැම්මා" in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.text)


async def test_the_queue_shows_who_asked_what_and_how_it_is_written(
    officer: Guest, number: int
) -> None:
    """Words, read out in their own language, askers and script; nobody's name."""
    page = await officer.open("/queue")

    assert f' lang="si">{WORDS}' in page.text
    assert officer.says("console.queue.askers", count=2)
    assert officer.says("console.script.sinhala")
    assert "/queue/1" in page.text


async def test_a_question_claimed_on_telegram_is_held_here(
    services: Services, officer: Guest, number: int
) -> None:
    """And whoever claims it here too is told by whom it is held."""
    await officer.open(f"/queue/{number}")
    with transaction(services.sessions) as session:
        claim(session, ADMIN, number)

    page = await officer.submit(f"/queue/{number}/claim")

    assert page.status_code == 409
    assert officer.says("refusal.held_by_other", name=str(ADMIN))


async def test_an_answer_goes_to_everyone_who_asked(
    services: Services, officer: Guest, number: int
) -> None:
    """Through the outbox, as from Telegram."""
    await held(officer, number)

    await officer.submit(f"/queue/{number}/answer", text="වතුර අඩු කරන්න.")

    assert officer.says("console.done.sent")
    assert group(services, number).state is EscalationState.ANSWERED
    assert owed(services).count("officer_answer") == 2


async def test_an_answer_that_is_too_long_is_kept_in_the_form(
    services: Services, officer: Guest, number: int
) -> None:
    """Nothing that an officer typed is lost."""
    await held(officer, number)

    page = await officer.submit(f"/queue/{number}/answer", text="අ" * 4097)

    assert officer.says("refusal.unfit_text", limit=4096)
    assert "අ" * 4097 in page.text
    assert "officer_answer" not in owed(services)


async def test_an_answer_that_comes_second_is_kept_in_the_form(
    services: Services, officer: Guest, number: int
) -> None:
    """Somebody else answered meanwhile: the farmers are not told twice."""
    await held(officer, number)
    await officer.submit(f"/queue/{number}/answer", text="පළමු උත්තරය.")

    page = await officer.client.post(
        f"/queue/{number}/answer",
        data={**officer.hidden("/language"), "text": "දෙවැනි උත්තරය."},
    )

    assert page.status_code == 409
    assert owed(services).count("officer_answer") == 2


async def test_an_entry_is_seen_before_its_answer_is_sent(
    services: Services, officer: Guest, number: int
) -> None:
    """Found by words or meaning, shown whole, then sent."""
    await held(officer, number)
    page = await officer.open(f"/queue/{number}?find={UREA}")
    assert "entry=2" in page.text
    page = await officer.open(f"/queue/{number}?entry=2")
    assert "paddy.urea ගැන උත්තරය" in page.text

    await officer.submit(f"/queue/{number}/entry")

    assert owed(services).count("officer_answer") == 2


async def test_a_farmer_is_asked_for_detail_and_the_reply_shows(
    services: Services, officer: Guest, number: int
) -> None:
    """The conversation stands under the question."""
    await held(officer, number)
    await officer.submit(f"/queue/{number}/ask", text="කොච්චර කල්ද?", ask_id="1")
    assert officer.says("console.done.asked")
    assert owed(services).count("inquiry") == 1

    said = Incoming(Asker(11, 11), "සති දෙකක් විතර", update_id=7, message_id=500)
    with transaction(services.sessions) as session:
        assert add_detail(session, said, replied_message_id=ASKED_AT)

    page = await officer.open(f"/queue/{number}")

    assert "කොච්චර කල්ද?" in page.text
    assert "සති දෙකක් විතර" in page.text


async def test_a_question_is_declined_kindly(
    services: Services, officer: Guest, number: int
) -> None:
    """Every asker is told why."""
    await held(officer, number)

    await officer.submit(f"/queue/{number}/decline", why="not_ours")

    assert officer.says("console.done.declined")
    assert owed(services).count("declined") == 2


async def test_a_question_goes_back_to_the_queue(
    services: Services, officer: Guest, number: int
) -> None:
    """Others can claim it again."""
    await held(officer, number)

    await officer.submit(f"/queue/{number}/release")

    assert group(services, number).state is EscalationState.OPEN


async def test_nobody_answers_what_they_do_not_hold(
    services: Services, officer: Guest, number: int
) -> None:
    """A forged form sends nothing."""
    await officer.open(f"/queue/{number}")
    fields = {**officer.hidden("/language"), "text": "අ", "entry_id": "1", "why": "other"}

    for act in ("answer", "entry", "ask", "decline", "release"):
        page = await officer.client.post(f"/queue/{number}/{act}", data=fields)
        assert page.status_code == 409

    assert owed(services) == []


async def test_an_answer_becomes_an_entry_that_an_admin_approves(
    services: Services, officer: Guest, number: int
) -> None:
    """The form is filled in from the answer and the askers' words."""
    await held(officer, number)
    await officer.submit(f"/queue/{number}/answer", text="වතුර අඩු කරන්න.")
    page = await officer.open(f"/knowledge/new?from={number}")
    assert "වතුර අඩු කරන්න." in page.text
    made = {"title": WORDS, "answer": "වතුර අඩු කරන්න.", "phrasings": WORDS, "area": "fruit"}

    await officer.submit(
        "/knowledge/new", act="save", source="නිලධාරී", grade="none", seen="1", **made
    )

    with reading(services.sessions) as session:
        proposal = session.query(Proposal).one()
        assert (proposal.escalation_id, proposal.proposed_by) == (number, OFFICER)


async def test_reading_a_question_is_recorded_looking_whether_it_changed_is_not(
    services: Services, officer: Guest, number: int
) -> None:
    """The trail says who read what, not how often a browser asked."""
    await officer.open(f"/queue/{number}")
    await officer.open(f"/queue/lines?open={number}")

    with reading(services.sessions) as session:
        reads = session.query(AuditEvent).filter_by(action="read escalation").all()
    assert [(event.actor, event.subject) for event in reads] == [(str(OFFICER), "escalation 1")]


async def test_nothing_is_sent_when_nothing_is_new(
    services: Services, officer: Guest, number: int
) -> None:
    """A thin line carries an empty reply, until somebody claims the question."""
    first = await officer.open(f"/queue/lines?open={number}")
    headers = {"If-None-Match": first.headers["etag"]}

    same = await officer.client.get(f"/queue/lines?open={number}", headers=headers)
    with transaction(services.sessions) as session:
        claim(session, ADMIN, number)
    other = await officer.client.get(f"/queue/lines?open={number}", headers=headers)

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200
    assert str(ADMIN) in other.text


@pytest.mark.parametrize(("area", "shown"), [("", True), ("-", True), ("paddy", False)])
async def test_the_queue_is_narrowed_to_an_area(
    officer: Guest, number: int, area: str, shown: bool
) -> None:
    """A question near no entry stands under "other"."""
    page = await officer.open(f"/queue?area={area}")

    assert (WORDS in page.text) is shown


async def test_another_page_of_an_area_is_of_that_area(
    services: Services, officer: Guest, number: int
) -> None:
    """That of questions near no entry too."""
    with transaction(services.sessions) as session:
        for farmer in range(PAGE):
            pass_on(session, "?", 100 + farmer, kind="photo")

    page = await officer.open("/queue?area=-")

    assert 'href="/queue?area=-&amp;page=1"' in page.text


async def test_an_officer_stays_in_their_part_of_the_queue(officer: Guest, number: int) -> None:
    """From the list to a question, through what is done there, and back to a list that is empty."""
    await officer.open("/queue?area=-")
    assert f'href="/queue/{number}?area=-"' in officer.page.text
    await officer.open(f"/queue/{number}?area=-")

    await officer.submit(f"/queue/{number}/claim?area=-")
    await officer.submit(f"/queue/{number}/decline?area=-", why="other")

    assert str(officer.page.url).endswith("/queue?area=-&done=declined")
    assert re.search(r'<option value="-" selected>[^<]* \(0\)', officer.page.text)
    assert officer.says("console.queue.none_here")


async def test_what_farmers_typed_is_never_markup(services: Services, officer: Guest) -> None:
    """Neither in the list nor in the question."""
    with transaction(services.sessions) as session:
        number = pass_on(session, "<script>alert(1)</script><img src=x onerror=alert(1)>").id

    for path in ("/queue", f"/queue/{number}", "/queue/lines"):
        page = await officer.open(path)
        assert "&lt;script&gt;alert" in page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


async def test_a_question_that_is_not_there_is_said(officer: Guest) -> None:
    """An old link leads to a kind page."""
    assert (await officer.open("/queue/99")).status_code == 404


async def test_a_stranger_sees_no_question(come: Callable[[], Guest], number: int) -> None:
    """Not even the list."""
    page = await come().open("/queue/lines")

    assert page.status_code == 401
    assert WORDS not in page.text
