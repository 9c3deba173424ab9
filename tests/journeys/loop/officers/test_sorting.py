"""Splitting what was grouped wrongly, and merging what belongs together."""

from bot.db.models import Ask, EscalationState
from tests.journeys.curation.chat import Chat, in_dialogue, text
from tests.journeys.loop.officers.desk import (
    ANSWER,
    MIXED,
    ROOTS,
    SINGLISH,
    SINHALA,
    answered,
    ask,
    claimed,
    group,
)
from tests.journeys.serving import Govi


async def test_askers_are_picked_and_split_off(
    govi: Govi, nimal: Chat, kamala: Chat, sunil: Chat, officer: Chat
) -> None:
    """One who was picked and unpicked stays; each group goes on by itself."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    await ask(govi, sunil, MIXED)
    held = await claimed(officer, number)
    picking = await officer.presses(held.button(text("officer.button.split")))
    split = picking.button(text("officer.split.do", count=0))
    assert await officer.is_told(split) == text("refusal.unfit_split")

    for farmer in (2, 3, 2):
        await officer.is_told(picking.button(text("officer.farmer", number=farmer)))
    assert text("officer.split.do", count=1) in officer.answers()[-1].buttons[-1].text
    done = await officer.presses(split)

    new = govi.rows(Ask)[-1].escalation_id
    assert done.text == text("officer.split.done", number=new)
    assert [each.escalation_id for each in govi.rows(Ask)] == [number, number, new]
    assert group(govi, new).claimed_by == officer.person.id
    assert not in_dialogue(govi, officer.person)


async def test_two_groups_become_one(govi: Govi, nimal: Chat, kamala: Chat, officer: Chat) -> None:
    """One answer then reaches the askers of both."""
    number = await ask(govi, nimal, SINHALA)
    other = await ask(govi, kamala, ROOTS)
    held = await claimed(officer, number)

    asking = await officer.presses(held.button(text("officer.button.merge")))
    sure = await officer.presses(asking.button(f"#{other}"))
    assert SINHALA in sure.text
    assert ROOTS in sure.text
    await officer.presses(sure.button(text("officer.merge.yes")))
    await answered(officer, other)

    for farmer in (nimal, kamala):
        assert ANSWER in (await farmer.sees_more(2)).text
    assert group(govi, number).state is EscalationState.MERGED


async def test_alone_in_the_queue_there_is_nothing_to_merge_with(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """The officer is told, and holds it as before."""
    number = await ask(govi, nimal, SINHALA)
    held = await claimed(officer, number)

    told = await officer.is_told(held.button(text("officer.button.merge")))

    assert told == text("officer.merge.none")
    assert group(govi, number).claimed_by == officer.person.id
