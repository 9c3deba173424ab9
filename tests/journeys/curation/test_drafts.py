"""/drafts: what officers propose, admins decide."""

import pytest

from bot.db.engine import transaction
from bot.db.models import Escalation, Proposal, ProposalState, Question
from bot.services import proposals
from bot.services.editing import edit_entry, read_entry
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, in_dialogue, label, stored, text
from tests.journeys.serving import BLAST_ANSWER, UNKNOWN, Govi
from tests.services.curating import FIELDS

WORDS = "xyzzy plugh qwop paluwa"


def proposed_entry(govi: Govi, person: Chat) -> int:
    """A draft entry that waits; the proposal's number."""
    with transaction(govi.services.sessions) as session:
        fields = {**FIELDS, "key": "paddy.new", "phrasings": [UNKNOWN]}
        return proposals.propose_entry(session, person.person.id, fields).proposal_id


def proposed_phrasing(govi: Govi, person: Chat, words: str = WORDS) -> int:
    """A phrasing for paddy.blast that waits; the proposal's number."""
    with transaction(govi.services.sessions) as session:
        pending = proposals.propose_phrasing(session, person.person.id, 1, words)
        return pending.proposal_id


def decision(govi: Govi) -> tuple[ProposalState, int | None, str | None]:
    """What became of the only proposal, by whom and why."""
    (row,) = govi.rows(Proposal)
    return row.state, row.decided_by, row.reason


async def opened(admin: Chat) -> Seen:
    """List what waits and open the first of it."""
    listed = await admin.sends("/drafts")
    return await admin.presses(listed.buttons[0])


async def test_a_draft_is_approved_and_answers_the_farmer(
    api: BotApi, govi: Govi, admin: Chat, officer: Chat, asker: Chat
) -> None:
    """Before nobody gets it; after, everybody, with no restart."""
    proposed_entry(govi, officer)
    assert (await asker.sends(UNKNOWN)).text == text("ask.passed_on", number=1)

    draft = await opened(admin)
    assert FIELDS["answer"] in draft.text
    approved = await admin.presses(draft.button(label("curate.drafts.approve")))

    assert approved.text == text("curate.drafts.approved", entry="paddy.new")
    await api.until(lambda: not govi.services.index.refresh())
    assert (await asker.sends(UNKNOWN)).text == FIELDS["answer"]


async def test_an_approved_phrasing_finds_its_entry(
    api: BotApi, govi: Govi, admin: Chat, officer: Chat, asker: Chat
) -> None:
    """The entry is shown beside it."""
    proposed_phrasing(govi, officer)

    shown = await opened(admin)
    assert WORDS in shown.text
    assert BLAST_ANSWER in shown.text
    await admin.presses(shown.button(label("curate.drafts.approve")))

    await api.until(lambda: not govi.services.index.refresh())
    assert (await asker.sends(WORDS)).text == BLAST_ANSWER


async def test_two_admins_press_at_once(
    api: BotApi, govi: Govi, admin: Chat, other_admin: Chat, officer: Chat
) -> None:
    """One decides; the other is told who."""
    proposed_entry(govi, officer)
    shown = [await opened(chat) for chat in (admin, other_admin)]

    await admin.presses(shown[0].button(label("curate.drafts.approve")))
    told = await other_admin.is_told(shown[1].button(label("curate.drafts.approve")))

    assert told == text("refusal.already_decided", name="Person 1")
    assert decision(govi) == (ProposalState.APPROVED, 1, None)


async def test_ones_own_draft_waits_for_another_admin(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """Four eyes, where there are four."""
    proposed_entry(govi, admin)
    own, others = [await opened(chat) for chat in (admin, other_admin)]

    told = await admin.is_told(own.button(label("curate.drafts.approve")))
    assert told == text("refusal.own_proposal")
    await other_admin.presses(others.button(label("curate.drafts.approve")))
    assert decision(govi) == (ProposalState.APPROVED, 2, None)


async def test_the_only_admin_approves_their_own(govi: Govi, admin: Chat) -> None:
    """Otherwise nothing would ever be learnt there."""
    proposed_entry(govi, admin)

    await admin.presses((await opened(admin)).button(label("curate.drafts.approve")))

    assert decision(govi) == (ProposalState.APPROVED, 1, None)


async def test_a_draft_is_edited_and_then_approved(govi: Govi, admin: Chat, officer: Chat) -> None:
    """The edit is an ordinary one."""
    proposed_entry(govi, officer)
    draft = await opened(admin)
    fields = await admin.presses(draft.button(label("curate.drafts.edit")))
    await admin.presses(fields.button(text("curate.field.answer")), replies=2)
    preview = await admin.sends("හදපු උත්තරය.")
    await admin.presses(preview.button(label("curate.save")))

    await admin.presses(draft.button(label("curate.drafts.approve")))

    entry = stored(govi, admin.person, "paddy.new")
    assert (entry.draft.answer, entry.draft.status) == ("හදපු උත්තරය.", "published")


async def test_a_phrasing_is_corrected_and_approved(govi: Govi, admin: Chat, officer: Chat) -> None:
    """The farmer's number goes, the question stays."""
    proposed_phrasing(govi, officer, f"{WORDS} 0771234567")
    shown = await opened(admin)
    await admin.presses(shown.button(label("curate.drafts.edit")), replies=2)
    assert admin.answers()[-1].text == f"{WORDS} 0771234567"

    approved = await admin.sends(WORDS)

    assert approved.text == text("curate.drafts.approved", entry="paddy.blast")
    assert stored(govi, admin.person, "paddy.blast").draft.phrasings[-1] == WORDS
    assert not in_dialogue(govi, admin.person)


async def test_a_correction_that_cannot_be_is_asked_for_again(
    govi: Govi, admin: Chat, officer: Chat
) -> None:
    """The proposal goes on waiting."""
    proposed_phrasing(govi, officer)
    shown = await opened(admin)
    await admin.presses(shown.button(label("curate.drafts.edit")), replies=2)

    refused = await admin.sends("🌾")

    assert text("fault.nothing_to_find") in refused.text
    assert decision(govi)[0] is ProposalState.PENDING
    assert in_dialogue(govi, admin.person)


@pytest.mark.parametrize("reason", ["මූලාශ්‍රයක් නෑ", None])
async def test_a_draft_is_rejected_with_or_without_a_reason(
    govi: Govi, admin: Chat, officer: Chat, reason: str | None
) -> None:
    """It is never shown to a farmer; the reason is kept."""
    number = proposed_entry(govi, officer)
    shown = await opened(admin)
    asking = await admin.presses(shown.button(label("curate.drafts.reject")))
    assert asking.text == text("curate.drafts.ask_reason")

    told = await (
        admin.sends(reason)
        if reason
        else admin.presses(asking.button(label("curate.drafts.no_reason")))
    )

    assert told.text == text("curate.drafts.rejected", number=number)
    assert decision(govi) == (ProposalState.REJECTED, 1, reason)
    assert not in_dialogue(govi, admin.person)


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location", "document"])
@pytest.mark.parametrize("step", ["edit", "reject"])
async def test_media_instead_of_words_is_refused_kindly(
    api: BotApi, govi: Govi, admin: Chat, officer: Chat, kind: str, step: str
) -> None:
    """The step stays, nothing is decided."""
    proposed_phrasing(govi, officer)
    shown = await opened(admin)
    button = shown.button(label(f"curate.drafts.{step}"))
    await admin.presses(button, replies=2 if step == "edit" else 1)

    media = (
        admin.person.sends_document("k.csv", b"key")
        if kind == "document"
        else getattr(admin.person, f"sends_{kind}")()
    )

    assert (await api.reply_to(media)).text == text("dialogue.words_only")
    assert decision(govi)[0] is ProposalState.PENDING


async def test_entries_like_a_draft_are_shown_with_it(
    govi: Govi, admin: Chat, officer: Chat
) -> None:
    """So that nothing is answered twice."""
    with transaction(govi.services.sessions) as session:
        fields = {**FIELDS, "key": "a.new", "phrasings": ["පොල් මයිටා හානිය ගැන කියන්නකෝ"]}
        proposals.propose_entry(session, officer.person.id, fields)

    shown = await opened(admin)

    assert text("curate.near") in shown.text
    assert "coconut.mites" in shown.text


async def test_many_drafts_come_in_pages(govi: Govi, admin: Chat, officer: Chat) -> None:
    """Oldest first; opening one that was decided meanwhile says so."""
    for number in range(9):
        proposed_phrasing(govi, officer, f"{WORDS} {number}")
    listed = await admin.sends("/drafts")
    assert text("curate.drafts.heading", count=9) in listed.text

    rest = await admin.presses(listed.button(label("curate.drafts.more")))
    assert f"{WORDS} 8" in rest.buttons[0].text
    shown = await admin.presses(rest.buttons[0])
    await admin.presses(shown.button(label("curate.drafts.approve")))

    told = await admin.is_told(rest.buttons[0])
    assert told == text("refusal.already_decided", name="Person 1")


async def test_nothing_waiting_is_said(govi: Govi, admin: Chat) -> None:
    """A quiet day."""
    assert (await admin.sends("/drafts")).text == text("curate.drafts.none")


@pytest.mark.parametrize("verb", ["reject", "edit"])
async def test_what_ended_a_dialogue_is_no_question_when_it_is_handled_again(
    api: BotApi, govi: Govi, admin: Chat, officer: Chat, verb: str
) -> None:
    """Telegram was out of reach after the decision; the admin hears that it is made."""
    proposed_phrasing(govi, officer)
    draft = await opened(admin)
    await admin.presses(draft.button(label(f"curate.drafts.{verb}")), 1 if verb == "reject" else 2)
    api.fail("sendMessage", faults.dropped_connection())

    told = await admin.sends("xyzzy plugh")

    assert told.text == text("refusal.already_decided", name="Person 1")
    assert govi.rows(Question) == []


async def test_what_ended_a_dialogue_alarms_nobody_when_it_is_handled_again(
    api: BotApi, govi: Govi, admin: Chat, officer: Chat
) -> None:
    """A reason for a rejection may name an emergency; it still is said in a dialogue."""
    proposed_phrasing(govi, officer)
    draft = await opened(admin)
    await admin.presses(draft.button(label("curate.drafts.reject")), 1)
    api.fail("sendMessage", faults.dropped_connection(), times=2)

    said = admin.person.sends("මගේ මහත්තයා වස බීලා")

    told = text("refusal.already_decided", name="Person 1")
    await api.until(lambda: told in [reply.text for reply in api.replies(said)])
    assert govi.rows(Escalation) == []


async def test_a_button_without_a_reason_leaves_another_dialogue_alone(
    govi: Govi, admin: Chat, officer: Chat
) -> None:
    """Who has begun an entry since the question for a reason loses nothing of it."""
    proposed_phrasing(govi, officer)
    asking = await admin.presses((await opened(admin)).button(label("curate.drafts.reject")))
    await admin.sends("/add")

    await admin.presses(asking.button(label("curate.drafts.no_reason")))

    assert decision(govi)[0] is ProposalState.REJECTED
    assert in_dialogue(govi, admin.person)


@pytest.mark.parametrize("verb", ["reject", "edit"])
async def test_what_somebody_else_has_decided_asks_for_no_more_words(
    govi: Govi, admin: Chat, other_admin: Chat, officer: Chat, verb: str
) -> None:
    """The next message is a question again, and not refused once more."""
    proposed_phrasing(govi, officer)
    shown, others = [await opened(chat) for chat in (admin, other_admin)]
    await admin.presses(shown.button(label(f"curate.drafts.{verb}")), 1 if verb == "reject" else 2)
    await other_admin.presses(others.button(label("curate.drafts.approve")))

    told = await admin.sends(WORDS)

    assert told.text == text("refusal.already_decided", name="Person 2")
    assert not in_dialogue(govi, admin.person)


async def test_a_page_that_has_become_empty_is_not_said_to_be_all(
    govi: Govi, admin: Chat, officer: Chat
) -> None:
    """What waits moves up when others are decided."""
    for number in range(9):
        proposed_phrasing(govi, officer, f"{WORDS} {number}")
    listed = await admin.sends("/drafts")
    shown = await admin.presses(listed.buttons[0])
    await admin.presses(shown.button(label("curate.drafts.approve")))

    rest = await admin.presses(listed.button(label("curate.drafts.more")))

    assert text("curate.drafts.heading", count=8) in rest.text


async def test_what_somebody_has_written_into_a_draft_is_not_approved_unseen(
    govi: Govi, admin: Chat, other_admin: Chat, officer: Chat
) -> None:
    """Shown as it is now, it is."""
    proposed_entry(govi, officer)
    shown = await opened(admin)
    with transaction(govi.services.sessions) as session:
        entry = read_entry(session, admin.person.id, "paddy.new")
        changes = {"answer": "වෙන උත්තරයක්."}
        edit_entry(session, other_admin.person.id, entry.entry_id, 1, changes)

    told = await admin.is_told(shown.button(label("curate.drafts.approve")))

    assert told == text("refusal.changed_meanwhile", entry="paddy.new", version=2)
    assert decision(govi)[0] is ProposalState.PENDING
    await admin.presses((await opened(admin)).button(label("curate.drafts.approve")))
    assert decision(govi)[0] is ProposalState.APPROVED
