"""Keeping an answer: nothing reaches farmers before an admin has approved it."""

from bot.db.models import Proposal
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat, in_dialogue, stored, text
from tests.journeys.loop.officers.desk import (
    SINGLISH,
    SINHALA,
    answered,
    ask,
    claimed,
    kept,
    proposed_key,
)
from tests.journeys.serving import BLAST, Govi


async def test_a_part_of_the_draft_is_changed_before_it_is_proposed(
    govi: Govi, nimal: Chat, officer: Chat, admin: Chat
) -> None:
    """The others stay as they were gathered; the farmer's words can be made more general."""
    offered = await answered(officer, await ask(govi, nimal, SINHALA))
    preview = await previewed(officer, offered)
    change = preview.button(text("curate.field.phrasings"))
    assert (await officer.presses(change)).text == text("officer.keep.phrasings")

    preview = await officer.sends("කුරුඳු පොතු සුදු පාටයි\nkurundu pothu sudu")
    done = await officer.presses(preview.button(text("officer.keep.propose")))

    (proposal,) = govi.rows(Proposal)
    key = proposed_key(govi)
    assert done.text == text("officer.keep.proposed", number=proposal.id, entry=key)
    draft = stored(govi, admin.person, key).draft
    assert draft.phrasings == ("කුරුඳු පොතු සුදු පාටයි", "kurundu pothu sudu")
    assert (draft.title, draft.area, draft.status) == (SINHALA, "spices", "draft")


async def test_an_answer_too_long_for_an_entry_is_asked_for_again(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """What farmers got may be longer than what an entry may hold."""
    offered = await answered(officer, await ask(govi, nimal, SINHALA), "අ" * 3600)
    how = await officer.presses(offered.button(text("officer.button.keep")))

    asked = await officer.presses(how.button(text("officer.keep.new")))

    assert asked.text == text("officer.keep.answer")
    refused = await officer.sends("අ" * 3600)
    assert text("fault.string_too_long", max_length=3500) in refused.text
    assert in_dialogue(govi, officer.person)


async def test_words_of_another_entry_are_refused_and_can_be_changed(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """A question belongs to one entry."""
    offered = await answered(officer, await ask(govi, nimal, SINHALA))
    preview = await previewed(officer, offered)
    await officer.presses(preview.button(text("curate.field.phrasings")))

    refused = await officer.sends(BLAST)

    assert text("fault.taken", text=BLAST, entry="paddy.blast") in refused.text
    buttons = [button.text for button in refused.buttons]
    assert text("officer.keep.propose") not in buttons


async def test_the_questions_are_taught_to_an_entry_that_is_looked_for(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat, admin: Chat
) -> None:
    """Each way of asking becomes a proposal; approved, the entry is found by it."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    offered = await answered(officer, number)
    how = await officer.presses(offered.button(text("officer.button.keep")))
    await officer.presses(how.button(text("officer.keep.phrasing")))
    found = await officer.sends("පාළු රෝගයට")

    done = await officer.presses(found.buttons[0])
    again = await officer.presses(found.buttons[0])

    proposals = govi.rows(Proposal)
    assert {each.escalation_id for each in proposals} == {number}
    count = len(proposals)
    expected = text("officer.keep.phrasings_proposed", entry="paddy.blast", count=count)
    assert done.text == expected
    assert again.text == text("officer.keep.known", entry="paddy.blast")
    assert not in_dialogue(govi, officer.person)
    draft = await admin.presses((await admin.sends("/drafts")).buttons[0])
    await admin.presses(draft.button(text("curate.drafts.approve")))
    assert stored(govi, admin.person, "paddy.blast").draft.phrasings[-1] == SINHALA


async def test_the_entry_that_was_used_is_offered_first(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """One press teaches it the question."""
    held = await claimed(officer, await ask(govi, nimal, SINHALA))
    await officer.presses(held.button(text("officer.button.entry")))
    found = await officer.sends("පාළු රෝගයට")
    preview = await officer.presses(found.buttons[0])
    offered = await officer.presses(preview.button(text("officer.button.send")), replies=2)

    how = await officer.presses(offered.button(text("officer.button.keep")))
    await officer.presses(how.buttons[0])

    (proposal,) = govi.rows(Proposal)
    assert (proposal.entry_id, proposal.phrasing) == (1, SINHALA)


async def test_the_only_admin_keeps_and_approves_alone(
    govi: Govi, nimal: Chat, admin: Chat
) -> None:
    """Where there is one person, there are no four eyes."""
    offered = await answered(admin, await ask(govi, nimal, SINHALA))
    await kept(admin, offered)

    draft = await admin.presses((await admin.sends("/drafts")).buttons[0])
    await admin.presses(draft.button(text("curate.drafts.approve")))

    assert stored(govi, admin.person, proposed_key(govi)).draft.status == "published"


async def test_nothing_has_to_be_kept(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """No is an answer."""
    offered = await answered(officer, await ask(govi, nimal, SINHALA))

    told = await officer.is_told(offered.button(text("officer.keep.no")))

    assert told == text("officer.keep.not_kept")
    assert govi.rows(Proposal) == []


async def previewed(officer, offered):
    """Keep an answer as an entry, up to the preview."""
    how = await officer.presses(offered.button(text("officer.button.keep")))
    await officer.presses(how.button(text("officer.keep.new")))
    area = await officer.sends("කෘෂිකර්ම දෙපාර්තමේන්තුව")
    assert area.text == text("officer.keep.area")
    return await officer.sends(" Spices ")


async def test_a_press_whose_answer_was_lost_leads_on_all_the_same(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Telegram was out of reach; the officer is not told that the button is out of date."""
    offered = await answered(officer, await ask(govi, nimal, SINHALA))
    how = await officer.presses(offered.button(text("officer.button.keep")))
    await officer.presses(how.button(text("officer.keep.new")))
    area = await officer.sends("කෘෂිකර්ම දෙපාර්තමේන්තුව")
    api.fail("sendMessage", faults.dropped_connection())

    preview = await officer.presses(area.buttons[0])

    assert preview.button(text("officer.keep.propose"))
