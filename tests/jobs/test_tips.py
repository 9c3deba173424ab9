"""Seasonal tips to farmers who asked for them."""

from datetime import date, datetime
from pathlib import Path

import pytest

from bot.bootstrap import STARTER, Services
from bot.db.engine import transaction
from bot.db.models import Entry, EntryStatus, Farmer, Lane, Origin, OutgoingMessage
from bot.delivery import job_messages
from bot.jobs import work
from bot.knowledge_files import read_knowledge
from bot.local_time import COLOMBO
from bot.services import tips
from bot.services.curation import import_entries
from bot.services.farmers import Asker
from bot.tips import Tip, TipsError, due_between, load_tips
from tests.factories import create_draft
from tests.jobs.clock import MORNING
from tests.jobs.owing import DAY, TEXTS, occasion, owed, rendered_rows

NIMAL, KAMALA, RUWAN = 11, 22, 33
#: The tip of 1 October falls to Thursday, 1 October 2026.
THURSDAY = datetime(2026, 10, 1, 16, 30, tzinfo=COLOMBO)
TIP = Tip("maha", 10, 1, "season.maha")


@pytest.fixture(autouse=True)
def calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """One tip a year, and it is read on its day."""
    monkeypatch.setattr(work, "load_tips", lambda: (TIP,))
    monkeypatch.setattr(job_messages, "utc_now", lambda: THURSDAY)


@pytest.fixture(autouse=True)
def farmers(services: Services) -> None:
    """Nimal and Kamala want tips, Ruwan does not; Kamala has blocked the bot since."""
    draft = create_draft(TIP.entry_key, phrasings=("මහ කන්නය කවදද",), answer="ඔක්තෝබර් වල")
    with transaction(services.sessions) as session:
        import_entries(session, [draft], Origin.IMPORT, "test")
        for each in (NIMAL, KAMALA):
            tips.choose_tips(session, Asker(each, each), are_wanted=True, now=MORNING)
        tips.choose_tips(session, Asker(RUWAN, RUWAN), are_wanted=False, now=MORNING)
        session.query(Farmer).filter_by(telegram_user_id=KAMALA).update({"is_reachable": False})


async def test_who_asked_for_tips_gets_one_in_its_week_once(services: Services) -> None:
    """In the lane behind everything else, with a button against more."""
    assert await work.post_tips(services, occasion(THURSDAY)) == "season.maha to 1 farmers"
    assert await work.post_tips(services, occasion(THURSDAY)) == "season.maha to 0 farmers"

    ((chat_id, rendered),) = rendered_rows(services)
    assert chat_id == NIMAL
    heading = TEXTS.text("tip.heading.maha")
    source = TEXTS.text("tip.source", source="Department of Agriculture")
    assert rendered.parts == (f"{heading}\nමහ කන්නය කවදද\n\nඔක්තෝබර් වල\n\n{source}",)
    assert rendered.keyboard.inline_keyboard[0][0].callback_data == "t1:off"
    with transaction(services.sessions) as session:
        assert session.query(OutgoingMessage).one().lane == Lane.BULK


@pytest.mark.parametrize("days", [-1, 7])
async def test_no_tip_is_sent_before_or_after_its_week(services: Services, days: int) -> None:
    """One that was missed is out of season."""
    assert await work.post_tips(services, occasion(THURSDAY + days * DAY)) is None
    assert owed(services) == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": EntryStatus.RETIRED},
        {"valid_until": date(2026, 9, 30)},
        {"grade": "M"},
        {"source": " "},
    ],
)
async def test_only_what_a_source_says_and_still_holds_is_sent(
    services: Services, change: dict[str, object]
) -> None:
    """Whether it changed before the tip was owed or after."""
    await work.post_tips(services, occasion(THURSDAY))
    with transaction(services.sessions) as session:
        session.query(Entry).update(change)

    done = await work.post_tips(services, occasion(THURSDAY + 365 * DAY))

    assert done == "season.maha is not fit to be sent"
    assert owed(services) == [(NIMAL, "")]


async def test_who_opts_out_before_it_is_sent_is_spared(services: Services) -> None:
    """A long queue of bulk messages may take hours."""
    await work.post_tips(services, occasion(THURSDAY))
    with transaction(services.sessions) as session:
        tips.choose_tips(session, Asker(NIMAL, NIMAL), are_wanted=False, now=MORNING)

    assert owed(services) == [(NIMAL, "")]


async def test_many_farmers_are_taken_in_batches(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no transaction is long; none is left out or told twice."""
    monkeypatch.setattr(work, "TIP_BATCH", 2)
    with transaction(services.sessions) as session:
        for each in range(100, 104):
            tips.choose_tips(session, Asker(each, each), are_wanted=True, now=MORNING)

    assert await work.post_tips(services, occasion(THURSDAY)) == "season.maha to 5 farmers"
    assert [chat_id for chat_id, _ in owed(services)] == [NIMAL, 100, 101, 102, 103]


def test_a_tip_after_new_year_is_found_across_it() -> None:
    """The week has two years."""
    tip = Tip("maha", 1, 2, "a.b")

    assert due_between([tip, TIP], date(2026, 12, 31), date(2027, 1, 7)) == [tip]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[tip]]\nseason = 'maha'\non = '10-01'", "tips.toml, tip 1"),
        ("[[tip]]\nseason = 'summer'\non = '10-01'\nentry = 'a'", "tip 1"),
        ("[[tip]]\nseason = 'maha'\non = '02-29'\nentry = 'a'", "tip 1"),
        ("[[tip]]\nseason = 'maha'\non = '10-01'\nentry = 'a'\nprice = 1", "tip 1"),
        ("tip = [", "cannot be read"),
    ],
)
def test_a_list_with_a_fault_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """The message says where."""
    file = tmp_path / "tips.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(TipsError, match=reason):
        load_tips(file)


def test_every_shipped_tip_is_of_a_sourced_entry_in_its_season() -> None:
    """Maha from September to March, Yala from the end of March to August."""
    entries = {draft.key: draft for draft in read_knowledge(STARTER)}
    shipped = load_tips()

    assert [tip for tip in shipped if entries[tip.entry_key].grade not in tips.SOURCED] == []
    assert {tip.month for tip in shipped if tip.season == "maha"} <= {9, 10, 11, 12, 1, 2, 3}
    assert {tip.month for tip in shipped if tip.season == "yala"} <= {3, 4, 5, 6, 7, 8}
    assert len({tip.entry_key for tip in shipped}) == len(shipped)
