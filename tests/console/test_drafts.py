"""What waits for an admin's approval, in the console."""

import pytest

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.services.editing import edit_entry
from bot.services.proposals import propose_entry, propose_phrasing
from tests.console.asking import ADMIN, OFFICER, OTHER_ADMIN, Guest
from tests.console.test_knowledge import entry
from tests.services.curating import FIELDS


async def test_a_page_of_drafts_that_is_gone_shows_the_last(
    services: Services, admin: Guest
) -> None:
    """Not that nothing waits."""
    with transaction(services.sessions) as session:
        propose_entry(session, OFFICER, FIELDS)

    page = await admin.open("/drafts?page=1")

    assert str(FIELDS["title"]) in page.text


async def test_a_draft_is_approved(services: Services, admin: Guest) -> None:
    """From then on farmers get it."""
    with transaction(services.sessions) as session:
        pending = propose_entry(session, OFFICER, FIELDS)
    await admin.open("/drafts/1")

    await admin.submit("/drafts/1", act="approve")

    assert admin.says("console.done.approved")
    assert entry(services, pending.entry.draft.key).draft.status == "published"


async def test_a_draft_that_was_changed_meanwhile_is_not_approved(
    services: Services, admin: Guest
) -> None:
    """The admin has not seen what would reach farmers."""
    with transaction(services.sessions) as session:
        draft = propose_entry(session, OFFICER, FIELDS).entry
    await admin.open("/drafts/1")
    with transaction(services.sessions) as session:
        edit_entry(session, OTHER_ADMIN, draft.entry_id, 1, {"answer": "වෙන උත්තරයක්."})

    page = await admin.submit("/drafts/1", act="approve")

    assert page.status_code == 409
    assert entry(services, draft.draft.key).draft.status == "draft"


async def test_a_proposed_phrasing_can_be_corrected_at_approval(
    services: Services, officer: Guest, admin: Guest
) -> None:
    """What the officer proposed beside the entry is approved as it was mended."""
    await officer.open("/knowledge/1")
    await officer.submit("/knowledge/1/propose", phrasing="kola paluw rogaya")
    await admin.open("/drafts/1")

    await admin.submit("/drafts/1", act="approve", phrasing="kola paluwa rogaya")

    assert "kola paluwa rogaya" in entry(services).draft.phrasings


@pytest.mark.parametrize(
    ("act", "field", "limit"), [("approve", "phrasing", 300), ("reject", "reason", 1000)]
)
async def test_what_an_admin_wrote_about_a_draft_is_kept(
    services: Services, admin: Guest, act: str, field: str, limit: int
) -> None:
    """It is too long to be saved, and stands there to be shortened."""
    with transaction(services.sessions) as session:
        propose_phrasing(session, OFFICER, 1, "kola paluwa")
    await admin.open("/drafts/1")
    written = "ක" * (limit + 1)

    page = await admin.submit("/drafts/1", act=act, **{field: written})

    assert page.status_code == 422
    assert written in page.text


async def test_who_comes_second_is_told_who_decided(services: Services, admin: Guest) -> None:
    """A proposal is decided once."""
    with transaction(services.sessions) as session:
        propose_phrasing(session, OFFICER, 1, "kola paluwa")
    await admin.open("/drafts/1")
    await admin.submit("/drafts/1", act="reject", reason="වැරදියි")
    mark = admin.hidden("/language")

    page = await admin.client.post("/drafts/1", data={**mark, "act": "approve", "version": 1})

    assert page.status_code == 409
    assert admin.says("refusal.already_decided", name=str(ADMIN)) or str(ADMIN) in page.text


async def test_ones_own_proposal_is_for_another_admin(services: Services, admin: Guest) -> None:
    """Four eyes, in the console too."""
    with transaction(services.sessions) as session:
        propose_phrasing(session, ADMIN, 1, "kola paluwa")
    await admin.open("/drafts/1")

    page = await admin.submit("/drafts/1", act="approve")

    assert page.status_code == 400
    assert admin.says("refusal.own_proposal")
