"""The main story: three farmers ask, an officer answers once, and Govi has learnt it."""

from bot.db.models import EscalationState, Proposal
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, stored, text
from tests.journeys.loop.officers.desk import (
    ANSWER,
    MIXED,
    SINGLISH,
    SINHALA,
    ask,
    group,
    kept,
    opened,
    proposed_key,
    written,
)
from tests.journeys.serving import Govi


async def test_what_three_farmers_ask_is_answered_once_and_then_known(
    api: BotApi,
    govi: Govi,
    nimal: Chat,
    kamala: Chat,
    sunil: Chat,
    officer: Chat,
    colleague: Chat,
    admin: Chat,
) -> None:
    """Asked, passed on, grouped, claimed, answered, kept, approved, answered at once."""
    farmers = {nimal: SINHALA, kamala: SINGLISH, sunil: MIXED}
    numbers = [await ask(govi, farmer, words) for farmer, words in farmers.items()]
    assert numbers == numbers[:1] * 3
    number = numbers[0]

    shown = [await opened(each, number) for each in (officer, colleague)]
    claim = text("officer.button.claim")
    held = await officer.presses(shown[0].button(claim))
    told = await colleague.is_told(shown[1].button(claim))
    assert told == text("refusal.held_by_other", name="Person 3")

    preview = await written(officer, held, ANSWER)
    assert ANSWER in preview.text
    assert text("officer.recipients", count=3) in preview.text
    offered = await officer.presses(preview.button(text("officer.button.send")), replies=2)
    for farmer in farmers:
        answer = await farmer.sees_more(2)
        assert ANSWER in answer.text
        assert answer.replies_to == own_message(farmer).message_id
    assert group(govi, number).state is EscalationState.ANSWERED

    await kept(officer, offered)
    (proposal,) = govi.rows(Proposal)
    assert proposal.escalation_id == number
    listed = await admin.sends("/drafts")
    draft = await admin.presses(listed.buttons[0])
    await admin.presses(draft.button(text("curate.drafts.approve")))

    await api.until(lambda: not govi.services.index.refresh())
    fourth = Chat(api, api.user(14))
    assert (await fourth.sends("kurundu poththa sudu wenawane")).text == ANSWER
    entry = stored(govi, admin.person, proposed_key(govi))
    assert entry.draft.phrasings == (SINHALA, SINGLISH, MIXED)


def own_message(farmer: Chat) -> Seen:
    """What a farmer asked."""
    return next(seen for seen in farmer.person.sees() if not seen.raw["from"]["is_bot"])
