"""A farmer is forgotten while an officer is at work on their question."""

from bot.db.models import EscalationState
from tests.journeys.curation.chat import Chat, text
from tests.journeys.loop.officers.desk import (
    ANSWER,
    SINGLISH,
    SINHALA,
    ask,
    claimed,
    group,
    opened,
    written,
)
from tests.journeys.serving import Govi


async def forget(farmer: Chat) -> None:
    """Let a farmer have everything erased."""
    asked = await farmer.sends("/forget")
    assert await farmer.is_told(asked.button(text("forget.yes"))) == text("forget.erased")


async def test_the_answer_goes_to_the_others_only(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """The officer goes on with the group, in the words of who is left."""
    number = await ask(govi, nimal, SINHALA)
    assert await ask(govi, kamala, SINGLISH) == number
    held = await claimed(officer, number)

    await forget(nimal)
    said = len(nimal.answers())
    preview = await written(officer, held, ANSWER)
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert ANSWER in (await kamala.sees_more(2)).text
    assert len(nimal.answers()) == said
    assert group(govi, number).text == SINGLISH


async def test_who_was_alone_takes_the_question_from_the_officer(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """It leaves the queue; what the officer was writing is not sent."""
    number = await ask(govi, nimal, SINHALA)
    preview = await written(officer, await claimed(officer, number), ANSWER)

    await forget(nimal)
    said = len(nimal.answers())
    told = await officer.is_told(preview.button(text("officer.button.send")))

    assert told == text("refusal.escalation_closed")
    assert group(govi, number).state is EscalationState.WITHDRAWN
    assert len(nimal.answers()) == said
    assert f"#{number}" not in (await officer.sends("/queue")).text


async def test_what_was_added_is_not_told_to_the_officer_any_more(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """Who opens the group again finds neither the question nor the detail."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    detail = "පොත්තේ කළු ලප දෙකක් තියෙනවා"
    passed_on = nimal.answers()[0]
    await nimal.after(1, lambda: nimal.person.sends(detail, replying_to=passed_on))
    assert detail in (await opened(officer, number)).text

    await forget(nimal)

    shown = (await opened(officer, number)).text
    assert (detail in shown, SINHALA in shown, SINGLISH in shown) == (False, False, True)
