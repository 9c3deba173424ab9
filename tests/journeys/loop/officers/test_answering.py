"""What an officer may say to those who asked: an answer, an entry, a question back, a kind no."""

from datetime import timedelta

import pytest

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import EscalationState, Note, Question
from bot.handlers.officers import queueing
from bot.services import digests, queue, reminding
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat, in_dialogue, text
from tests.journeys.loop.officers.desk import (
    ANSWER,
    ROOTS,
    SINGLISH,
    SINHALA,
    answered,
    ask,
    claimed,
    forged,
    group,
    opened,
    written,
)
from tests.journeys.serving import BLAST_ANSWER, Govi


async def test_a_reply_to_the_group_is_an_answer_to_it(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """It claims the group on the way, and is shown before it goes."""
    number = await ask(govi, nimal, SINHALA)
    shown = await opened(officer, number)

    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=shown))
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert ANSWER in (await nimal.sees_more(2)).text
    assert group(govi, number).closed_by == officer.person.id


async def test_a_reply_to_any_part_of_a_long_one_is_an_answer_to_it(
    govi: Govi, nimal: Chat, officer: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last part has the buttons, and is what an officer replies to."""
    monkeypatch.setattr(queueing, "LIMIT", 80)
    await ask(govi, nimal, f"{SINHALA}\n\n{ROOTS}\n\n{SINHALA}")
    listed = await officer.sends("/queue")
    await officer.presses(listed.button("#1"), replies=2)
    await officer.api.until(lambda: [each for each in officer.answers()[2:] if each.buttons] != [])
    last = officer.answers()[-1]

    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=last))

    assert preview.button(text("officer.button.send"))


@pytest.mark.parametrize("what", ["reminder", "digest"])
async def test_a_reply_to_a_reminder_or_a_digest_is_an_answer(
    govi: Govi, nimal: Chat, officer: Chat, what: str
) -> None:
    """If it lists one question only; it is no question of the officer's own."""
    await officer.sends("/start")
    await ask(govi, nimal, SINHALA)
    later = utc_now() + timedelta(days=2)
    with transaction(govi.services.sessions) as session:
        if what == "reminder":
            reminding.remind(session, later, timedelta(hours=24))
        else:
            digests.post_digest(session, later - timedelta(days=3), later)
    notice = await officer.sees_more(2)

    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=notice))

    assert preview.text.startswith(text("officer.answer.preview", number=1))


async def test_a_reply_to_what_another_holds_tells_who(
    govi: Govi, nimal: Chat, officer: Chat, colleague: Chat
) -> None:
    """Nothing is kept of it."""
    number = await ask(govi, nimal, SINHALA)
    shown = await opened(officer, number)
    await claimed(colleague, number)

    told = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=shown))

    assert told.text == text("refusal.held_by_other", name="Person 4")
    assert not in_dialogue(govi, officer.person)


async def test_a_restart_loses_nothing_of_an_answer(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """Neither what is asked for, nor what waits to be sent."""
    number = await ask(govi, nimal, SINHALA)
    held = await claimed(officer, number)
    await officer.presses(held.button(text("officer.button.answer")))

    await govi.stop()
    await govi.start()
    preview = await officer.sends(ANSWER)
    await govi.stop()
    await govi.start()
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert ANSWER in (await nimal.sees_more(2)).text


async def test_an_answer_is_written_again_and_goes_once(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """The first wording is never sent, its button is out of date, and nothing goes twice."""
    number = await ask(govi, nimal, SINHALA)
    first = await written(officer, await claimed(officer, number), "වැරදි එකක්")
    assert (await officer.sends("තව ටිකක්")).text == text("curate.press_a_button")
    await officer.presses(first.button(text("officer.again")))
    second = await officer.sends(ANSWER)
    send = text("officer.button.send")

    assert await officer.is_told(first.button(send)) == text("refusal.stale_button")
    await officer.presses(second.button(send), replies=2)
    assert await officer.is_told(second.button(send)) == text("refusal.stale_button")

    assert ANSWER in (await nimal.sees_more(2)).text
    assert [note.text for note in govi.rows(Note)] == [ANSWER]


async def test_a_press_that_is_handled_again_tells_the_same(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Telegram was out of reach right after the answer was on its way; it goes once."""
    number = await ask(govi, nimal, SINHALA)
    preview = await written(officer, await claimed(officer, number), ANSWER)
    api.fail("editMessageReplyMarkup", faults.dropped_connection())

    offered = await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert officer.answers()[-2].text == text("officer.answer.sent", number=number, count=1)
    assert offered.button(text("officer.button.keep"))
    assert ANSWER in (await nimal.sees_more(2)).text
    assert len(govi.rows(Note)) == 1


async def test_a_preview_that_did_not_arrive_is_shown_again(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Telegram was out of reach when it was to be shown; without it nothing could be sent."""
    number = await ask(govi, nimal, SINHALA)
    held = await claimed(officer, number)
    await officer.presses(held.button(text("officer.button.answer")))
    api.fail("sendMessage", faults.dropped_connection())

    preview = await officer.sends(ANSWER)
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert ANSWER in (await nimal.sees_more(2)).text


async def test_an_answer_of_4096_characters_arrives_whole(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Signs that HTML writes longer make it more than one message."""
    number = await ask(govi, nimal, SINHALA)
    long = ("ගස & ලෑල්ල. " * 400)[:4095] + "!"
    held = await claimed(officer, number)
    await officer.presses(held.button(text("officer.button.answer")))
    preview = await officer.sends(long, replies=2)

    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    await nimal.sees_more(3)
    sent = " ".join(seen.text for seen in nimal.answers()[1:])
    assert sent.count("ගස & ලෑල්ල.") == long.count("ගස & ලෑල්ල.")
    assert "!" in sent


async def test_an_entry_is_found_and_its_answer_sent(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """By words, in the middle of the dialogue; it is shown before it goes."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    held = await claimed(officer, number)
    await officer.presses(held.button(text("officer.button.entry")))
    assert (await officer.sends("zzzzzzzz")).text == text("officer.entry.nothing")

    found = await officer.sends("පාළු රෝගයට")
    preview = await officer.presses(found.buttons[0])
    assert BLAST_ANSWER in preview.text
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    for farmer in (nimal, kamala):
        assert BLAST_ANSWER in (await farmer.sees_more(2)).text
    (note,) = govi.rows(Note)
    assert note.entry_id == 1


async def test_a_farmer_is_asked_and_replies_without_names(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """What one of two says reaches the officer, and stands with the question."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    held = await claimed(officer, number)
    whom = await officer.presses(held.button(text("officer.button.inquiry")))
    await officer.presses(whom.button(text("officer.farmer", number=2)))
    preview = await officer.sends("ලෑලි ගෙනාවේ කවදද?")
    assert text("officer.recipients", count=1) in preview.text
    await officer.presses(preview.button(text("officer.button.send")))

    inquiry = await kamala.sees_more(2)
    assert "ලෑලි ගෙනාවේ කවදද?" in inquiry.text
    assert "Person" not in inquiry.text
    before = len(officer.answers())
    kamala.person.sends("ගිය සතියේ", replying_to=inquiry)
    detail = await officer.sees_more(before + 1)

    assert "ගිය සතියේ" in detail.text
    assert "Person" not in detail.text
    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=detail))
    assert text("officer.recipients", count=2) in preview.text
    shown = await opened(officer, number)
    who = text("officer.farmer", number=2)
    assert text("officer.group.detail", who=who, words="ගිය සතියේ") in shown.text
    assert len(nimal.answers()) == 1


async def test_a_question_is_declined_kindly(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """The officer sees what the farmer will read; pressed twice it goes once."""
    number = await ask(govi, nimal, SINHALA)
    held = await claimed(officer, number)
    why = await officer.presses(held.button(text("officer.button.decline")))
    preview = await officer.presses(why.button(text("officer.decline.not_ours")))
    send = preview.button(text("officer.button.send"))

    await officer.presses(send)
    again = await officer.is_told(send)

    told = await nimal.sees_more(2)
    assert told.text in preview.text
    assert again == text("refusal.escalation_closed")
    assert group(govi, number).state is EscalationState.DECLINED


async def test_a_farmer_who_blocked_govi_keeps_nobody_from_the_answer(
    api: BotApi, govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """The others get it; the officer is told no lie about an error."""
    number = await ask(govi, nimal, SINHALA)
    await ask(govi, kamala, SINGLISH)
    nimal.person.blocks()

    await answered(officer, number)

    assert ANSWER in (await kamala.sees_more(2)).text
    assert group(govi, number).state is EscalationState.ANSWERED


async def test_who_lost_the_hold_keeps_the_words(
    govi: Govi, nimal: Chat, officer: Chat, colleague: Chat
) -> None:
    """Told who has it, and able to send once it is theirs again."""
    number = await ask(govi, nimal, SINHALA)
    preview = await written(officer, await claimed(officer, number), ANSWER)
    send = preview.button(text("officer.button.send"))
    pass_hold(govi, number, officer, colleague)

    assert await officer.is_told(send) == text("refusal.held_by_other", name="4")
    pass_hold(govi, number, colleague, officer)
    await officer.presses(send, replies=2)

    assert ANSWER in (await nimal.sees_more(2)).text


def pass_hold(govi: Govi, number: int, holder: Chat, other: Chat) -> None:
    """Let one officer release an escalation and another claim it, elsewhere."""
    with transaction(govi.services.sessions) as session:
        queue.release(session, holder.person.id, number)
        queue.claim(session, other.person.id, number)


async def test_an_officer_is_a_farmer_too(govi: Govi, officer: Chat, colleague: Chat) -> None:
    """A text outside any dialogue is a question, and joins the queue."""
    number = await ask(govi, officer, SINHALA)

    await answered(colleague, number)

    assert ANSWER in (await officer.sees_more(2)).text
    assert await forged(colleague, f"q1:a:{number}") == text("refusal.escalation_closed")


async def test_an_answer_that_is_changed_once_it_is_sent_is_no_question(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """The officer hears that nobody gets it again."""
    number = await ask(govi, nimal, SINHALA)
    await answered(officer, number)
    said = next(seen for seen in officer.person.sees() if seen.text == ANSWER)

    told = await officer.after(1, lambda: officer.person.edits(said, f"{ANSWER}!"))

    assert told.text == text("ask.no_edits")
    assert len(govi.rows(Question)) == 1
