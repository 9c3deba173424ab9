"""Reminders of what waits, of what is held, and of what has expired."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.db.models import Entry, EntryStatus, Escalation, EscalationState, Origin, Role, RoleGrant
from bot.delivery import job_messages
from bot.jobs import work
from bot.services.curation import import_entries
from tests.factories import create_draft
from tests.jobs.clock import MORNING
from tests.jobs.owing import DAY, TEXTS, occasion, owed
from tests.services.loop import ADMIN, MALA, SUNIL, appoint, pass_on

HOPPERS, MITES = "දුඹුරු පැළ කීඩෑවා ආවා", "මිරිස් වල මයිටාවෝ"
MINUTE = timedelta(minutes=1)
#: A Monday, and the days after it.
MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=MORNING.tzinfo)


@pytest.fixture(autouse=True)
def tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is owed is read then, whatever day it is."""
    monkeypatch.setattr(job_messages, "utc_now", lambda: MONDAY + DAY)


@pytest.fixture(autouse=True)
def team(services: Services) -> None:
    """Two officers and an admin."""
    with transaction(services.sessions) as session:
        for each, role in ((SUNIL, Role.OFFICER), (MALA, Role.OFFICER), (ADMIN, Role.ADMIN)):
            appoint(session, each, role)


def store(services: Services, text: str, since: datetime, holder: int | None = None) -> int:
    """Let a farmer wait, or an officer hold what they asked, since an instant."""
    with transaction(services.sessions) as session:
        group = pass_on(session, text)
        group.created_at = since
        if holder is not None:
            group.state, group.claimed_by = EscalationState.CLAIMED, holder
            group.claimed_at = since
        return group.id


async def test_all_officers_hear_of_what_nobody_took_and_a_holder_of_what_they_hold(
    services: Services,
) -> None:
    """After a day, to the minute."""
    store(services, HOPPERS, MORNING - DAY)
    store(services, MITES, MORNING - DAY, holder=SUNIL)
    store(services, "අලුත්", MORNING - DAY + MINUTE)

    assert await work.remind(services, occasion()) == "to 3 officers"

    words = dict(owed(services))
    assert all(HOPPERS in each and "අලුත්" not in each for each in words.values())
    assert [chat_id for chat_id, each in words.items() if MITES in each] == [SUNIL]
    assert words[SUNIL].startswith(TEXTS.text("reminder.held"))


async def test_nobody_is_reminded_of_the_same_within_a_day(services: Services) -> None:
    """But again after it, for as long as nobody answers."""
    store(services, HOPPERS, MORNING - DAY)

    found = [
        await work.remind(services, occasion(MORNING + after))
        for after in (0 * DAY, MINUTE, DAY - MINUTE, DAY)
    ]

    assert found == ["to 3 officers", None, None, "to 3 officers"]


async def test_an_officer_who_comes_later_is_reminded_of_what_waited_before(
    services: Services,
) -> None:
    """Where nobody is told, nothing counts as told."""
    with transaction(services.sessions) as session:
        session.execute(delete(RoleGrant))
    store(services, HOPPERS, MORNING - DAY)
    assert await work.remind(services, occasion()) is None

    with transaction(services.sessions) as session:
        appoint(session, SUNIL)

    assert await work.remind(services, occasion(MORNING + MINUTE)) == "to 1 officers"


async def test_what_a_clock_gone_wrong_has_dated_is_overdue(services: Services) -> None:
    """Asked, held and reminded of in a year to come: officers hear of it, as often as of others."""
    number = store(services, HOPPERS, MORNING + 300 * DAY)
    store(services, MITES, MORNING + 300 * DAY, holder=SUNIL)
    with transaction(services.sessions) as session:
        session.get_one(Escalation, number).reminded_at = MORNING + 300 * DAY

    assert await work.remind(services, occasion()) == "to 3 officers"
    assert await work.remind(services, occasion(MORNING + MINUTE)) is None
    assert [chat_id for chat_id, each in owed(services) if MITES in each] == [SUNIL]


async def test_a_reminder_of_what_is_settled_meanwhile_is_not_sent(services: Services) -> None:
    """Neither of what another officer holds by now."""
    number = store(services, HOPPERS, MORNING - DAY)
    await work.remind(services, occasion())
    with transaction(services.sessions) as session:
        group = session.get(Escalation, number)
        group.state, group.claimed_by = EscalationState.CLAIMED, MALA

    assert {words for _, words in owed(services)} == {""}


async def test_the_hours_can_be_set(services: Services) -> None:
    """Some teams promise less."""
    services.settings = services.settings.model_copy(update={"reminder_hours": 48})
    store(services, HOPPERS, MORNING - 2 * DAY + MINUTE)

    assert await work.remind(services, occasion()) is None
    assert await work.remind(services, occasion(MORNING + MINUTE)) == "to 3 officers"


def publish(services: Services, **until: date) -> None:
    """Store entries that are valid until some day."""
    drafts = [create_draft(f"a.{name}", valid_until=day) for name, day in until.items()]
    with transaction(services.sessions) as session:
        import_entries(session, drafts, Origin.IMPORT, "test")


async def test_admins_are_shown_what_has_expired_since_the_last_list(services: Services) -> None:
    """The last valid day is not yet expired."""
    publish(services, old=date(2026, 11, 1), new=date(2026, 11, 23), valid=date(2026, 11, 24))
    tuesday = occasion(MONDAY + DAY, since=MONDAY)

    assert await work.flag_expired(services, tuesday) == "1 entries"
    await work.flag_expired(services, tuesday)

    ((chat_id, words),) = owed(services)
    assert chat_id == ADMIN
    assert "a.new" in words
    assert "a.old" not in words


async def test_on_mondays_everything_that_is_expired_is_shown(services: Services) -> None:
    """Until somebody looks after it."""
    publish(services, old=date(2025, 11, 1))

    assert await work.flag_expired(services, occasion(MONDAY, since=MONDAY - DAY)) == "1 entries"
    assert await work.flag_expired(services, occasion(MONDAY + DAY, since=MONDAY)) is None


async def test_what_was_renewed_or_retired_meanwhile_is_not_shown(services: Services) -> None:
    """The list is made when it is read."""
    publish(services, old=date(2025, 11, 1), older=date(2025, 10, 1))
    await work.flag_expired(services, occasion(MONDAY))
    with transaction(services.sessions) as session:
        session.query(Entry).filter_by(key="a.old").update({"valid_until": None})
        session.query(Entry).filter_by(key="a.older").update({"status": EntryStatus.RETIRED})

    assert owed(services) == [(ADMIN, "")]
