"""Farmers hear from officers, and say what they think of it."""

from typing import Any

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import (
    Attachment,
    Escalation,
    EscalationState,
    Farmer,
    Note,
    OutboxStatus,
    OutgoingMessage,
)
from bot.services import announcing, queue, resolving
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, text
from tests.journeys.loop.officers.desk import ANSWER, MIXED, SINGLISH, SINHALA, group
from tests.journeys.serving import BLAST, BLAST_ANSWER, LONG, UNKNOWN, Govi


def resolve(govi: Govi, officer: Chat, act: Any, *words: Any) -> None:
    """Claim the only escalation, and let its askers hear."""
    with transaction(govi.services.sessions) as session:
        queue.claim(session, officer.person.id, 1)
        act(session, officer.person.id, 1, *words)


def question_of(farmer: Chat) -> Seen:
    """What a farmer asked first."""
    return next(seen for seen in farmer.person.sees() if not seen.raw["from"]["is_bot"])


async def test_three_farmers_in_three_scripts_hear_one_answer(
    govi: Govi, nimal: Chat, kamala: Chat, sunil: Chat, officer: Chat
) -> None:
    """Each under their own question; one who blocked Govi keeps nobody from it."""
    for farmer, words in ((nimal, SINHALA), (kamala, SINGLISH), (sunil, MIXED)):
        await farmer.sends(words)
    assert len(govi.rows(Escalation)) == 1
    kamala.person.blocks()

    resolve(govi, officer, resolving.send_answer, ANSWER)

    for number, farmer in ((1, nimal), (3, sunil)):
        answer = await farmer.sees_more(2)
        assert answer.text == text("word.answer", number=number, text=ANSWER)
        assert answer.replies_to == question_of(farmer).message_id
    assert len(kamala.answers()) == 1


async def test_a_thumb_down_brings_the_question_back(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat
) -> None:
    """The officer is told; the next answer goes to that farmer alone."""
    await nimal.sends(SINHALA)
    await kamala.sends(SINGLISH)
    resolve(govi, officer, resolving.send_answer, ANSWER)
    answer = await nimal.sees_more(2)

    again = await nimal.presses(answer.button("👎"))

    assert again.text == text("passed_on.after_rating", number=1)
    told = await officer.sees_more(2)
    assert told.text == text("notice.reopened", number=1, question=SINHALA)
    resolve(govi, officer, resolving.send_answer, "අලුත් උත්තරය")
    assert "අලුත් උත්තරය" in (await nimal.sees_more(4)).text
    assert len(kamala.answers()) == 2


async def test_a_thumb_up_thanks(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """And leaves the question settled."""
    await nimal.sends(SINHALA)
    resolve(govi, officer, resolving.send_answer, ANSWER)

    told = await nimal.is_told((await nimal.sees_more(2)).button("👍"))

    assert told == text("button.thanks")
    assert group(govi, 1).state is EscalationState.ANSWERED
    assert text("mine.state.answered") in (await nimal.sends("/mine")).text


async def test_an_officers_question_is_answered_by_replying(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """A yes is a detail here, not small talk."""
    await nimal.sends(SINHALA)
    resolve(govi, officer, resolving.ask_detail, "පොත්ත පිටින්ද?")
    inquiry = await nimal.sees_more(2)

    noted = await nimal.after(1, lambda: nimal.person.sends("ඔව්", replying_to=inquiry))

    assert noted.text == text("passed_on.detail_noted", number=1)
    assert "ඔව්" in (await officer.sees_more(2)).text


async def test_what_comes_next_after_an_officers_question_answers_it(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Few farmers know how to reply on Telegram. Thanks are none; what follows is a question."""
    await nimal.sends(SINHALA)
    resolve(govi, officer, resolving.ask_detail, "පින්තූරයක් එවන්න පුළුවන්ද?")
    await nimal.sees_more(2)
    await nimal.sends("ස්තූතියි")

    noted = await nimal.after(1, nimal.person.sends_photo)
    answer = await nimal.sends(BLAST)

    assert noted.text == text("passed_on.detail_noted", number=1)
    assert answer.text == BLAST_ANSWER
    assert [each.question_id for each in govi.rows(Attachment)] == [1]


async def test_what_nothing_fits_under_an_answer_goes_to_an_officer_with_the_question(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """By itself "it did not help" says nothing, and would be like what others say of other things.

    Under the officer's answer it brings the question back.
    """
    answer = await nimal.sends(BLAST)

    noted = await nimal.after(1, lambda: nimal.person.sends(UNKNOWN, replying_to=answer))
    assert noted.text == text("passed_on.detail_noted", number=1)
    assert [each.text for each in govi.rows(Escalation)] == [BLAST]
    resolve(govi, officer, resolving.send_answer, ANSWER)
    again = await nimal.sees_more(3)
    await nimal.after(1, lambda: nimal.person.sends("zork frobozz", replying_to=again))

    assert group(govi, 1).state is EscalationState.OPEN
    details = [note.text for note in govi.rows(Note) if note.kind == "detail"]
    assert details == [UNKNOWN, "zork frobozz"]


async def test_a_question_under_an_answer_is_answered(govi: Govi, nimal: Chat) -> None:
    """Many reply to what they read last, whatever they ask."""
    answer = await nimal.sends(BLAST)

    other = await nimal.after(1, lambda: nimal.person.sends(LONG, replying_to=answer))

    assert other.text != text("passed_on.detail_noted", number=1)
    assert govi.rows(Escalation) == []


async def test_who_shut_the_bot_out_hears_the_answer_later(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Once they let it in again; until then it is not sent."""
    await nimal.sends(SINHALA)
    nimal.person.blocks()
    resolve(govi, officer, resolving.send_answer, ANSWER)
    await nimal.api.until(lambda: govi.rows(OutgoingMessage)[-1].status is OutboxStatus.DROPPED)

    nimal.person.unblocks()

    assert "වේලන්න" in (await nimal.sees_more(2)).text
    assert [each.is_reachable for each in govi.rows(Farmer)] == [True]


async def test_officers_are_told_of_what_is_new(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """With a button that opens it."""
    await nimal.sends(SINHALA)

    with transaction(govi.services.sessions) as session:
        announcing.announce(session, utc_now(), announcing.Rules(15))

    told = await officer.sees_more(2)
    assert SINHALA in told.text
    assert [button.data for button in told.buttons] == ["q1:o:1"]
