"""/queue: what waits, and who holds it."""

from bot.db.models import AuditEvent, EscalationState
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat, text
from tests.journeys.loop.officers.desk import (
    MIXED,
    ROOTS,
    SINGLISH,
    SINHALA,
    ask,
    claimed,
    forged,
    group,
    opened,
    set_area,
)
from tests.journeys.serving import Govi
from tests.journeys.team import dismiss, lines_over_the_chat, menu_of


async def test_one_question_of_three_farmers_is_one_line_before_others(
    govi: Govi, nimal: Chat, kamala: Chat, sunil: Chat, officer: Chat
) -> None:
    """However each of them types; more askers come first."""
    other = await ask(govi, nimal, ROOTS)
    numbers = {
        await ask(govi, farmer, words)
        for farmer, words in ((nimal, SINHALA), (kamala, SINGLISH), (sunil, MIXED))
    }

    listed = await officer.sends("/queue")

    (number,) = numbers
    first, second = listed.text.split("\n\n")[1:]
    assert first.startswith(f"#{number} · 👥 3")
    assert second.startswith(f"#{other} · 👥 1")
    assert [first.splitlines()[1], second.splitlines()[1]] == [SINHALA, ROOTS]


async def test_an_empty_queue_is_good_news(officer: Chat) -> None:
    """And is told as that."""
    assert (await officer.sends("/queue")).text == text("officer.queue.none")


async def test_nobody_speaks_as_another_farmer(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """A line of a farmer's that looks like one of ours is set in."""
    forged_line = text("officer.group.asker", who=text("officer.farmer", number=2), words="x")
    number = await ask(govi, nimal, f"{ROOTS}\n{forged_line}")

    shown = await opened(officer, number)

    assert forged_line in shown.text
    assert forged_line not in shown.text.splitlines()


async def test_farmers_are_numbers(govi: Govi, nimal: Chat, kamala: Chat, officer: Chat) -> None:
    """Their words are shown, who they are is not; that they were read is recorded."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)

    shown = await opened(officer, number)

    for farmer, words in ((1, SINHALA), (2, SINGLISH)):
        who = text("officer.farmer", number=farmer)
        assert text("officer.group.asker", who=who, words=words) in shown.text
    assert "Person" not in shown.text
    read = [event for event in govi.rows(AuditEvent) if event.action == "read escalation"]
    assert [(event.actor, event.subject) for event in read] == [("3", f"escalation {number}")]


async def test_two_officers_claim_at_once(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, colleague: Chat
) -> None:
    """One has it; the other is told who, and sees no buttons to answer with."""
    number = await ask(govi, nimal, SINHALA)
    shown = {chat: await opened(chat, number) for chat in (officer, colleague)}

    for chat, seen in shown.items():
        chat.person.presses(seen.button(text("officer.button.claim")))
    await api.until(lambda: text("officer.hold.claimed") in lines_over_the_chat(api))
    await api.until(lambda: len([line for line in lines_over_the_chat(api) if line]) == len(shown))

    holder = group(govi, number).claimed_by
    refused = text("refusal.held_by_other", name=f"Person {holder}")
    assert sorted(filter(None, lines_over_the_chat(api))) == sorted(
        [text("officer.hold.claimed"), refused]
    )
    other = next(chat for chat in shown if chat.person.id != holder)
    seen = await opened(other, number)
    assert text("officer.held", name=f"Person {holder}") in seen.text
    assert seen.buttons == []


async def test_claiming_twice_is_harmless(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """A telephone that missed the answer presses again."""
    number = await ask(govi, nimal, SINHALA)
    listed = await officer.sends("/queue")
    claim = listed.button(text("officer.button.claim"))

    await officer.presses(claim)
    again = await officer.presses(claim)

    assert text("officer.held_by_you") in again.text
    assert group(govi, number).state is EscalationState.CLAIMED


async def test_what_is_released_another_may_claim(
    govi: Govi, nimal: Chat, officer: Chat, colleague: Chat
) -> None:
    """It is back in the queue for everybody."""
    number = await ask(govi, nimal, SINHALA)
    held = await claimed(officer, number)

    released = await officer.presses(held.button(text("officer.button.release")))
    await claimed(colleague, number)

    assert released.text == text("officer.hold.released")
    assert group(govi, number).claimed_by == colleague.person.id


async def test_the_queue_is_paged_and_filtered_in_place(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """One message changes; an area's button has its name and shows that area alone."""
    for plant in "ගොඩපර වෙනිවැල්ගැට ඉරමුසු කොහොඹ රම්පෙ සේර නෙල්ලි".split():
        await ask(govi, nimal, f"{plant} {plant} {plant}")
    number = await ask(govi, nimal, "මිරිස් අච්චාරු හදන හැටි")
    set_area(govi, number, "vegetables")
    listed = await officer.sends("/queue")
    assert text("officer.queue.pages", page=1, pages=2) in listed.text

    def shown() -> str:
        return officer.answers()[-1].text

    await officer.is_told(listed.button("▶"))
    assert text("officer.queue.pages", page=2, pages=2) in shown()
    await officer.is_told(listed.button(f"{text('area.vegetables')} (1)"))
    heading = text("officer.queue.heading_area", area=text("area.vegetables"), count=1)
    assert shown().startswith(heading)
    assert len(officer.answers()) == 1


async def test_what_is_claimed_in_the_officers_group_is_shown_in_private(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, sunil: Chat
) -> None:
    """Nobody else in the group reads it; who is no officer is refused there too."""
    number = await ask(govi, nimal, SINHALA)
    await officer.sends("/start", replies=1)
    notice = officer.person.sends("…", chat_id=api.group(-1001))

    sunil.person.presses_anything(f"q1:c:{number}", dict(notice.raw))
    shown = await officer.after(
        1, lambda: officer.person.presses_anything(f"q1:c:{number}", dict(notice.raw))
    )

    assert text("officer.held_by_you") in shown.text
    assert shown.chat_id == officer.person.id
    await api.until(lambda: len(lines_over_the_chat(api)) > 1)
    assert set(lines_over_the_chat(api)) == {
        text("officer.hold.in_private"),
        text("refusal.not_allowed_officer"),
    }


async def test_farmers_have_no_queue(govi: Govi, nimal: Chat) -> None:
    """Neither by the command nor by a forged button."""
    number = await ask(govi, nimal, SINHALA)

    told = await nimal.sends("/queue")

    assert told.text == text("refusal.not_allowed_officer")
    for data in ("q1:l:0:0", f"q1:o:{number}", f"q1:c:{number}", f"q1:r:{number}"):
        assert await forged(nimal, data) == text("refusal.not_allowed_officer")
    assert group(govi, number).state is EscalationState.OPEN


async def test_made_up_buttons_do_nothing(officer: Chat) -> None:
    """A number with nothing behind it is told to be missing, garbage to be out of date."""
    await officer.sends("/queue")
    missing = ["q1:o:999", "q1:c:999", "q1:r:999", "q1:o:999999999999999999"]
    garbage = ["q1:", "q1:o", "q1:o:x", "q1:o:-1", "q1:o:1:2:3", "q2:o:1", "q1:o:" + "9" * 40, "…"]

    told = {data: await forged(officer, data) for data in (*missing, *garbage)}

    assert told == {
        **dict.fromkeys(missing, text("refusal.escalation_missing")),
        **dict.fromkeys(garbage, text("button.stale")),
    }


async def test_who_was_dismissed_cannot_claim(
    govi: Govi, nimal: Chat, officer: Chat, admin: Chat
) -> None:
    """The button that is still there does nothing any more."""
    number = await ask(govi, nimal, SINHALA)
    shown = await opened(officer, number)
    dismiss(govi, officer.person)

    told = await officer.is_told(shown.button(text("officer.button.claim")))

    assert told == text("refusal.not_allowed_officer")
    assert group(govi, number).state is EscalationState.OPEN


async def test_the_queue_is_in_the_menu_of_officers(
    api: BotApi, govi: Govi, officer: Chat, nimal: Chat
) -> None:
    """And in nobody else's."""
    await officer.sends("/start")

    await api.until(lambda: menu_of(api, officer.person) is not None)
    assert "queue" in menu_of(api, officer.person)
    assert menu_of(api, nimal.person) is None
