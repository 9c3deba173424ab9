"""Officers who reply to the message that lists what is new."""

from collections.abc import Awaitable, Callable

import pytest

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import Escalation, EscalationState, Question, Role
from bot.services import announcing
from bot.services.farmers import Asker, choose_language
from bot.testing.bot_api import BotApi
from bot.testing.people import Button, Person, Seen
from tests.journeys.curation.chat import Chat, in_dialogue, text
from tests.journeys.loop.officers.desk import ANSWER, ROOTS, SINHALA, ask, claimed, group
from tests.journeys.serving import Govi
from tests.journeys.team import appoint

GROUP = -1001
#: What sounds like a call for help.
POISON = "වස බීලා නම් ඉක්මනට ඉස්පිරිතාලෙට ගෙනියන්න"

Announce = Callable[[], Awaitable[Seen]]


@pytest.fixture
def announce(api: BotApi, govi: Govi, officer: Chat) -> Announce:
    """Tells the officers' group what is new; the officer has talked to Govi in private before."""
    api.group(GROUP)

    async def call() -> Seen:
        await officer.sends("/start")
        rules = announcing.Rules(15, chat_id=GROUP)
        with transaction(govi.services.sessions) as session:
            announcing.announce(session, utc_now(), rules)
        await api.until(lambda: bool(officer.person.sees(GROUP)))
        return officer.person.sees(GROUP)[-1]

    return call


def in_group(api: BotApi, person: Person) -> list[str]:
    """What Govi has said in the group."""
    return [seen.text for seen in person.sees(GROUP) if seen.raw["from"]["is_bot"]]


async def test_a_reply_in_the_group_is_shown_in_private_before_it_goes(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, announce: Announce
) -> None:
    """It claims the question, and the group reads nothing more than where to look."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()

    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=notice))
    assert preview.text.startswith(text("officer.answer.preview", number=number))
    assert ANSWER in preview.text
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert ANSWER in (await nimal.sees_more(2)).text
    assert group(govi, number).closed_by == officer.person.id
    assert in_group(api, officer.person)[1:] == [text("officer.answer.in_private")]


async def test_a_photo_in_the_group_is_an_answer_too(
    govi: Govi, nimal: Chat, officer: Chat, announce: Announce
) -> None:
    """Shown in private as a photo."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()

    preview = await officer.after(
        1, lambda: officer.person.sends_photo("මේ වගේ", replying_to=notice)
    )

    assert preview.photo
    assert "මේ වගේ" in preview.caption
    assert group(govi, number).claimed_by == officer.person.id


async def test_who_is_no_officer_answers_nobody_in_the_group(
    api: BotApi, govi: Govi, nimal: Chat, sunil: Chat, announce: Announce
) -> None:
    """They are told so; their words are neither an answer nor a question."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()

    told = await api.reply_to(sunil.person.sends(ANSWER, replying_to=notice))

    assert told.text == text("refusal.not_allowed_officer")
    assert group(govi, number).state is EscalationState.OPEN
    assert not in_dialogue(govi, sunil.person)
    assert [question.text for question in govi.rows(Question)] == [SINHALA]


async def test_of_several_questions_the_officer_says_which(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, announce: Announce
) -> None:
    """A press on one shows it in private, where a reply is the answer to it."""
    await ask(govi, nimal, SINHALA)
    other = await ask(govi, nimal, ROOTS)
    notice = await announce()

    told = await api.reply_to(officer.person.sends(ANSWER, replying_to=notice))
    assert told.text == text("officer.answer.open_first")
    shown = await officer.presses(told.button(f"#{other}"))
    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=shown))

    assert preview.text.startswith(text("officer.answer.preview", number=other))
    assert len(govi.rows(Question)) == 2


async def test_what_is_no_answer_is_no_question_either(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, announce: Announce
) -> None:
    """A sticker, or a changed message: the officer hears how to answer."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()

    sticker = officer.person.sends_sticker(replying_to=notice)
    told = await api.reply_to(sticker)

    assert told.text == text("officer.answer.open_first")
    assert [button.data for button in told.buttons] == [f"q1:o:{number}"]
    said = officer.person.sends(ANSWER, replying_to=notice)
    await api.reply_to(said)
    officer.person.edits(said, "වෙනස් කළා")
    await api.until(lambda: len(api.replies(said)) == 2)
    assert api.replies(said)[1].text == text("officer.answer.open_first")
    assert len(govi.rows(Question)) == 1


async def test_a_reply_about_what_another_holds_tells_who(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, colleague: Chat, announce: Announce
) -> None:
    """Nothing is kept of it."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()
    await claimed(colleague, number)

    told = await api.reply_to(officer.person.sends(ANSWER, replying_to=notice))

    assert told.text == text("refusal.held_by_other", name="Person 4")
    assert not in_dialogue(govi, officer.person)


async def test_an_answer_about_poison_alarms_nobody(
    govi: Govi, nimal: Chat, officer: Chat, announce: Announce
) -> None:
    """In reply to a notice it is an answer, though it reads like a call for help."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()

    preview = await officer.after(1, lambda: officer.person.sends(POISON, replying_to=notice))

    assert preview.text.startswith(text("officer.answer.preview", number=number))
    assert [escalation.is_urgent for escalation in govi.rows(Escalation)] == [False]


@pytest.mark.parametrize("language", ["si", "en"])
async def test_a_reply_to_what_is_new_in_private_is_an_answer(
    govi: Govi, nimal: Chat, officer: Chat, language: str
) -> None:
    """Where officers are told one by one, in the language of each."""
    number = await ask(govi, nimal, SINHALA)
    await officer.sends("/start")
    with transaction(govi.services.sessions) as session:
        choose_language(session, Asker(officer.person.id, officer.person.id), language)
        announcing.announce(session, utc_now(), announcing.Rules(15))
    notice = await officer.sees_more(2)

    preview = await officer.after(1, lambda: officer.person.sends(ANSWER, replying_to=notice))

    assert preview.text.startswith(text("officer.answer.preview", language, number=number))


@pytest.mark.parametrize("verb", ["o", "c"])
async def test_who_never_wrote_to_the_bot_hears_to_begin_with_that(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, announce: Announce, verb: str
) -> None:
    """What is opened or taken up in the group is shown in private; nothing could be shown there."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()
    newcomer = Chat(api, appoint(govi, api.user(8), Role.OFFICER))

    told = await newcomer.is_told(Button("", f"q1:{verb}:{number}", GROUP, notice.message_id))

    assert told == text("refusal.private_first")


async def test_of_an_album_the_first_goes_with_its_words(
    api: BotApi, govi: Govi, nimal: Chat, officer: Chat, announce: Announce
) -> None:
    """The officer reads that the others do not; they would each be an answer of its own."""
    number = await ask(govi, nimal, SINHALA)
    notice = await announce()
    before = len(officer.answers())
    for words in ("මේ වගේ", "", ""):
        officer.person.sends_photo(words, album="b", replying_to=notice)
    officer.person.sends("/help", GROUP)
    await api.until(lambda: text("help.text") in in_group(api, officer.person))

    [preview] = officer.answers()[before:]
    assert text("officer.answer.one_of_album") in preview.caption
    await officer.presses(preview.button(text("officer.button.send")), replies=2)
    assert "මේ වගේ" in (await nimal.sees_more(2)).caption
    assert group(govi, number).state is EscalationState.ANSWERED
