"""A farmer's question goes to the officers, and stays the farmer's."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.db.engine import transaction
from bot.db.models import Ask, Escalation, EscalationState, Note, Question, QuestionState
from bot.services import queue
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, text
from tests.journeys.loop.officers.desk import ROOTS, SINGLISH, SINHALA, forged, group
from tests.journeys.serving import BLAST, BLAST_ANSWER, MITES, Govi

#: There is somebody to pass questions on to.
pytestmark = pytest.mark.usefixtures("officer")


def run(govi: Govi, function: Callable[..., Any], *arguments: Any) -> Any:
    """Do what an officer would."""
    with transaction(govi.services.sessions) as session:
        return function(session, *arguments)


def details(govi: Govi) -> list[str]:
    """What farmers have added."""
    return [note.text for note in govi.rows(Note) if note.kind == "detail"]


def states(govi: Govi) -> list[QuestionState]:
    """What became of the questions."""
    return [question.state for question in govi.rows(Question)]


async def test_a_farmer_hears_at_once_that_an_officer_was_asked(govi: Govi, nimal: Chat) -> None:
    """With the number of the question, and a button that takes it back."""
    reply = await nimal.sends(SINHALA)

    assert reply.text == text("ask.passed_on", number=1)
    assert [button.text for button in reply.buttons] == [text("passed_on.withdraw")]
    assert [ask.reason for ask in govi.rows(Ask)] == ["fallback"]


async def test_none_of_these_is_passed_on(govi: Govi, nimal: Chat) -> None:
    """It is said in the same words."""
    offer = await nimal.sends(MITES)

    reply = await nimal.presses(offer.button(text("button.none_of_these")))

    assert reply.text == text("ask.passed_on", number=1)
    assert [ask.reason for ask in govi.rows(Ask)] == ["none_fits"]


async def test_a_question_is_listed_completed_and_taken_back(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """/mine, a reply with more detail that the officer hears of, and the button of the list."""
    passed_on = await nimal.sends(SINHALA)
    listed = await nimal.sends("/mine")
    assert text("mine.state.waiting") in listed.text
    assert SINHALA in listed.text

    run(govi, queue.claim, officer.person.id, 1)
    noted = await nimal.after(1, lambda: nimal.person.sends("මාතලේ", replying_to=passed_on))
    assert noted.text == text("passed_on.detail_noted", number=1)
    notice = await officer.sees_more(2)
    assert "මාතලේ" in notice.text
    assert notice.buttons[0].data == "q1:o:1"

    listed = await nimal.sends("/mine")
    assert text("mine.state.held") in listed.text
    assert await nimal.is_told(listed.buttons[0]) == text("passed_on.withdrawn")
    await nimal.api.until(lambda: text("mine.state.withdrawn") in nimal.answers()[-1].text)
    assert nimal.answers()[-1].buttons == []
    assert group(govi, 1).state is EscalationState.WITHDRAWN
    assert (await officer.sees_more(3)).text == text(
        "notice.all_withdrawn", number=1, question=SINHALA
    )


async def test_a_question_is_taken_back_under_its_own_message(govi: Govi, nimal: Chat) -> None:
    """Pressing twice is harmless, and the button goes away."""
    passed_on = await nimal.sends(SINHALA)
    button = passed_on.buttons[0]

    told = [await nimal.is_told(button) for _ in range(2)]

    assert told == [text("passed_on.withdrawn"), text("passed_on.withdrawn_already")]
    await nimal.api.until(lambda: not nimal.answers()[0].buttons)
    assert states(govi) == [QuestionState.WITHDRAWN]


async def test_a_reply_to_the_own_question_is_no_other_question(govi: Govi, nimal: Chat) -> None:
    """What is said about what is over is one, though."""
    question = nimal.person.sends(SINHALA)
    passed_on = await nimal.api.reply_to(question)
    await nimal.after(1, lambda: nimal.person.sends(ROOTS, replying_to=question))
    assert details(govi) == [ROOTS]

    await nimal.is_told(passed_on.buttons[0])
    late = await nimal.after(1, lambda: nimal.person.sends(ROOTS, replying_to=question))

    assert late.text == text("ask.passed_on", number=2)
    assert [question.text for question in govi.rows(Question)] == [SINHALA, ROOTS]


async def test_a_thumb_down_asks_an_officer_and_why(govi: Govi, nimal: Chat) -> None:
    """The reason is optional; once given, only the button to take the question back is left."""
    answer = await nimal.sends(BLAST)
    asking = await nimal.presses(answer.button("👎"))
    assert asking.text == text("passed_on.after_rating", number=1)

    told = await nimal.is_told(asking.button(text("passed_on.reason.wrong")))

    assert told == text("passed_on.reason_noted")
    await nimal.api.until(lambda: len(nimal.answers()[-1].buttons) == 1)
    assert nimal.answers()[-1].buttons[0].text == text("passed_on.withdraw")
    assert [ask.reason for ask in govi.rows(Ask)] == ["wrong"]


async def test_an_edited_question_takes_the_place_of_the_first(govi: Govi, nimal: Chat) -> None:
    """Officers are not kept busy with what the farmer did not mean."""
    question = nimal.person.sends(SINHALA)
    await nimal.sees_more(1)

    answer = await nimal.after(1, lambda: nimal.person.edits(question, BLAST))

    assert answer.text == BLAST_ANSWER
    assert group(govi, 1).state is EscalationState.WITHDRAWN
    assert states(govi) == [QuestionState.WITHDRAWN, QuestionState.ANSWERED]


async def test_an_edit_that_changes_no_word_changes_nothing(govi: Govi, nimal: Chat) -> None:
    """Telegram tells of one when it has fetched the preview of a link, for example."""
    question = nimal.person.sends(SINHALA)
    await nimal.sees_more(1)

    nimal.person.edits(question, SINHALA)
    answer = await nimal.sends(BLAST)

    assert answer.text == BLAST_ANSWER
    assert states(govi) == [QuestionState.UNANSWERED, QuestionState.ANSWERED]
    assert len(nimal.answers()) == 2


async def test_like_questions_join_from_the_first_repeat(
    govi: Govi, nimal: Chat, kamala: Chat
) -> None:
    """Each farmer has a number of their own; the officers have one group."""
    numbers = [(await farmer.sends(words)).text for farmer, words in
               ((nimal, SINHALA), (kamala, SINGLISH))]  # fmt: skip

    assert numbers == [text("ask.passed_on", number=number) for number in (1, 2)]
    assert len(govi.rows(Escalation)) == 1


async def test_in_a_group_everyone_has_their_own(
    api: BotApi, govi: Govi, nimal: Chat, kamala: Chat
) -> None:
    """What is asked there is listed there, and nobody takes back what a neighbour asked."""
    chat_id = api.group(-1001)
    await nimal.sends(ROOTS)
    question = nimal.person.sends(f"@govi_bot {SINHALA}", chat_id)
    passed_on = await api.reply_to(question)

    told = await kamala.is_told(passed_on.buttons[0])
    listed = await api.reply_to(nimal.person.sends("/mine@govi_bot", chat_id))

    assert told == text("refusal.not_yours")
    assert SINHALA in listed.text
    assert ROOTS not in listed.text


async def test_a_neighbours_reply_is_no_detail(
    api: BotApi, govi: Govi, nimal: Chat, kamala: Chat
) -> None:
    """In a group it is a question of their own."""
    chat_id = api.group(-1001)
    passed_on = await api.reply_to(nimal.person.sends(f"@govi_bot {SINHALA}", chat_id))

    reply: Seen = await api.reply_to(kamala.person.sends(ROOTS, chat_id, replying_to=passed_on))

    assert reply.text == text("ask.passed_on", number=2)
    assert details(govi) == []


async def test_made_up_buttons_are_refused(govi: Govi, nimal: Chat) -> None:
    """What they name is not there, has no 👎, or is of no format of ours; nothing changes."""
    await nimal.sends(SINHALA)

    missing = [await forged(nimal, data) for data in ("f1:w:999", "f1:m:999", "f1:r:1:0:1")]
    garbage = [await forged(nimal, data) for data in ("f1:w:-1", "f1:r:1:3:1", "f1:w:1:1", "f1:")]

    assert set(missing) == {text("refusal.stale_button")}
    assert set(garbage) == {text("button.stale")}
    assert states(govi) == [QuestionState.UNANSWERED]


async def test_who_asked_nothing_has_nothing(govi: Govi, nimal: Chat) -> None:
    """/mine says so, and how to ask."""
    assert (await nimal.sends("/mine")).text == text("mine.none")
