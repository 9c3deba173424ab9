"""Officers' buttons and dialogues in the wrong hands, at the wrong time, with the wrong content."""

from bot.db.engine import transaction
from bot.db.models import Ask, EscalationState, Note, Proposal, Question, QuestionState
from bot.handlers import officers
from bot.keyboards.numbered import Shape
from bot.testing.people import Button, Seen
from tests.journeys.curation.chat import Chat, in_dialogue, text
from tests.journeys.loop.officers.desk import (
    ANSWER,
    SINGLISH,
    SINHALA,
    ask,
    claimed,
    forged,
    group,
    opened,
    written,
)
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi
from tests.journeys.team import dismiss

#: Every button of officers with as many numbers as it takes; 1 is the escalation in these tests.
BUTTONS = [
    f"{shape.prefix}:{shape.verb}{':1' * shape.count}"
    for shape in (getattr(handler, "pattern", None) for handler in officers.handlers())
    if isinstance(shape, Shape)
]


def effects(govi: Govi) -> tuple[object, ...]:
    """All that buttons of officers can change."""
    one = group(govi, 1)
    counts = [len(govi.rows(kind)) for kind in (Ask, Note, Proposal)]
    return one.state, one.claimed_by, *counts


async def test_no_button_does_anything_for_a_farmer(govi: Govi, nimal: Chat, kamala: Chat) -> None:
    """Each is refused kindly, by the role."""
    await ask(govi, nimal, SINHALA)
    await kamala.sends(SINGLISH)
    before = effects(govi)

    told = {data: await forged(kamala, data) for data in BUTTONS}

    assert set(told.values()) == {text("refusal.not_allowed_officer")}
    assert effects(govi) == before
    assert len(told) > len(officers.STEPS)


async def test_no_button_does_anything_to_what_another_holds(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat, colleague: Chat
) -> None:
    """An officer may look, and nothing more."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    await claimed(officer, number)
    await colleague.sends("/queue")
    before = effects(govi)

    for data in BUTTONS:
        await forged(colleague, data)

    assert effects(govi) == before
    assert not in_dialogue(govi, colleague.person)


async def test_a_send_button_is_its_owners(
    govi: Govi, nimal: Chat, officer: Chat, colleague: Chat
) -> None:
    """Pressed by another officer it is out of date, and nothing is sent."""
    number = await ask(govi, nimal, SINHALA)
    preview = await written(officer, await claimed(officer, number), ANSWER)
    await colleague.sends("/queue")

    told = await forged(colleague, preview.button(text("officer.button.send")).data)

    assert told == text("refusal.stale_button")
    assert group(govi, number).state is EscalationState.CLAIMED


async def test_who_is_dismissed_in_the_middle_of_an_answer_is_a_farmer(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat, admin: Chat
) -> None:
    """The send button does nothing, the group is back in the queue, a text is a question."""
    number = await ask(govi, nimal, SINHALA)
    preview = await written(officer, await claimed(officer, number), ANSWER)
    dismiss(govi, officer.person)

    told = await officer.is_told(preview.button(text("officer.button.send")))
    asked = await officer.sends("ගොයමේ කොළ පාළු රෝගයට මොකද කරන්නේ")

    assert told == text("refusal.not_allowed_officer")
    assert asked.text == BLAST_ANSWER
    assert group(govi, number).state is EscalationState.OPEN
    assert len(nimal.answers()) == 1


async def test_old_buttons_of_what_is_closed_say_so(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """Nothing is sent a second time."""
    number = await ask(govi, nimal, SINHALA)
    held = await claimed(officer, number)
    preview = await written(officer, held, ANSWER)
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    told = {
        name: await officer.is_told(held.button(text(f"officer.button.{name}")))
        for name in ("answer", "entry", "decline", "merge", "release")
    }

    assert set(told.values()) == {text("refusal.escalation_closed")}
    await nimal.sees_more(2)
    assert len(nimal.answers()) == 2


async def test_what_no_step_takes_is_refused_and_cancel_leaves_it(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """The dialogue stays where it is; only an answer may be a photo or a voice note."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    held = await claimed(officer, number)

    await begun(officer, held, "answer")
    await refuses(govi, officer, "sends_location")
    preview = await written(officer, held, ANSWER)
    await refuses(govi, officer, "sends_sticker")
    await begun(officer, held, "entry")
    await refuses(govi, officer, "sends_photo")
    whom = await begun(officer, held, "inquiry")
    await officer.presses(whom.button(text("officer.all_farmers")))
    await refuses(govi, officer, "sends_voice")
    await begun(officer, held, "split")
    await refuses(govi, officer, "sends_photo")

    preview = await written(officer, held, ANSWER)
    offered = await officer.presses(preview.button(text("officer.button.send")), replies=2)
    how = await begun(officer, offered, "keep")
    await officer.presses(how.button(text("officer.keep.new")))
    await refuses(govi, officer, "sends_voice")
    await officer.presses(Button("", f"q1:kp:{number}", how.chat_id, how.message_id))
    await refuses(govi, officer, "sends_photo")
    assert len(nimal.answers()) == 2


async def test_an_answer_to_what_was_taken_back_meanwhile_ends_the_dialogue(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """What the officer writes next is not refused as well; it may be a question."""
    number = await ask(govi, nimal, SINHALA)
    await begun(officer, await claimed(officer, number), "answer")
    await officer.after(1, lambda: nimal.person.presses(nimal.answers()[-1].buttons[0]))

    refused = await officer.sends(ANSWER)
    answer = await officer.sends(BLAST)

    assert refused.text == text("refusal.escalation_closed")
    assert answer.text == BLAST_ANSWER


async def begun(officer: Chat, seen: Seen, name: str) -> Seen:
    """Press one of an officer's buttons."""
    return await officer.presses(seen.button(text(f"officer.button.{name}")))


async def refuses(govi: Govi, officer: Chat, send: str) -> None:
    """Send something that is no text: the dialogue stays; then leave it."""
    refused = await officer.after(1, getattr(officer.person, send))
    assert refused.text == text("dialogue.words_only")
    assert in_dialogue(govi, officer.person)
    assert (await officer.sends("/cancel")).text == text("dialogue.cancelled")
    assert not in_dialogue(govi, officer.person)


async def test_a_group_of_500_askers_is_shown_in_pages(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """In messages that Telegram takes, whole and by the page."""
    number = await ask(govi, nimal, SINHALA)
    crowd(govi, number, 500)

    shown = await opened(officer, number)
    more = await officer.presses(shown.button(text("officer.button.more_askers")))
    held = await officer.presses(more.button(text("officer.button.claim")))
    whom = await officer.presses(held.button(text("officer.button.inquiry")))
    picking = await officer.presses(held.button(text("officer.button.split")))

    assert "👥 500" in shown.text
    assert text("curate.more", count=494) in shown.text
    assert text("officer.farmer", number=7) in more.text
    assert await officer.is_told(picking.button("▶")) == ""
    assert text("officer.farmer", number=9) in officer.answers()[-1].buttons[0].text
    others = await officer.presses(whom.button("▶"))
    assert text("officer.farmer", number=9) in others.buttons[0].text


def crowd(govi: Govi, number: int, count: int) -> None:
    """Let many more have asked the same."""
    with transaction(govi.services.sessions) as session:
        for at in range(1, count):
            question = Question(
                text=f"{SINHALA} {at}", script="sinhala", decision="fallback", matches=[],
                state=QuestionState.UNANSWERED, chat_id=1000 + at, message_id=1,
            )  # fmt: skip
            session.add(Ask(escalation_id=number, question=question, reason="fallback"))
