"""A farmer asks, and Govi answers."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.db.models import Feedback, Question, QuestionState, Reply
from bot.handlers.menu import FARMERS
from bot.i18n import Catalogue
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from retrieval import SearchResult
from tests.journeys.serving import (
    BLAST,
    BLAST_ANSWER,
    LONG,
    MITES,
    UNKNOWN,
    Govi,
    create_services,
)

TEXTS = Catalogue.load()


async def test_start_welcomes_in_sinhala_with_an_example(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The first message is the welcome, with one button that holds a real question."""
    farmer.sends("/start")

    await api.until(lambda: len(farmer.sees()) == 2)

    welcome = farmer.sees()[-1]
    assert welcome.text == f"{TEXTS.text('start.welcome')}\n\n{TEXTS.text('privacy.notice')}"
    assert TEXTS.text("start.example_question") in welcome.buttons[0].text


async def test_the_example_button_asks_its_question(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Pressing it records a question like any other and takes the button away."""
    farmer.sends("/start")
    await api.until(lambda: len(farmer.sees()) == 2)

    farmer.presses(farmer.sees()[-1].buttons[0])

    await api.until(lambda: bool(api.replies(farmer.sees()[1])) and not farmer.sees()[1].buttons)
    assert [q.text for q in govi.rows(Question)] == [TEXTS.text("start.example_question")]


async def test_help_says_how_to_ask(api: BotApi, govi: Govi, farmer: Person) -> None:
    """/help is answered with the help text."""
    reply = await api.reply_to(farmer.sends("/help"))

    assert reply.text == TEXTS.text("help.text")


async def test_an_unknown_command_is_answered_kindly(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """A command that Govi does not know leads back to asking."""
    reply = await api.reply_to(farmer.sends("/price"))

    assert reply.text == TEXTS.text("ask.unknown_command")


async def test_a_question_gets_its_stored_answer_as_a_reply(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The stored text comes word for word, markup characters included, under the question."""
    reply = await api.reply_to(farmer.sends(BLAST))

    assert reply.text == BLAST_ANSWER
    assert [button.text for button in reply.buttons] == ["👍 හොඳයි", "👎 වැඩක් නෑ"]


async def test_typing_is_shown_before_the_answer(
    api: BotApi, govi: Govi, farmer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is looked for, however long that takes."""
    looked_up, search = threading.Event(), govi.services.index.retriever.search

    def search_long(texts: Sequence[str]) -> list[SearchResult]:
        looked_up.wait(120)
        return search(texts)

    monkeypatch.setattr(govi.services.index.retriever, "search", search_long)
    question = farmer.sends(BLAST)

    await api.until(lambda: bool(api.calls("sendChatAction")))
    is_answered = bool(api.replies(question))
    looked_up.set()

    assert not is_answered
    assert (await api.reply_to(question)).text == BLAST_ANSWER


async def test_a_thumb_up_is_recorded_once(api: BotApi, govi: Govi, farmer: Person) -> None:
    """Pressing twice leaves one rating, takes the buttons away and thanks."""
    reply = await api.reply_to(farmer.sends(BLAST))

    farmer.presses(reply.button("👍"))
    farmer.presses_anything(reply.button("👍").data, dict(reply.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert [row.is_helpful for row in govi.rows(Feedback)] == [True]
    said = [call.parameters["text"] for call in api.calls("answerCallbackQuery")]
    assert said == [TEXTS.text("button.thanks"), TEXTS.text("button.already")]


async def test_a_chosen_suggestion_is_answered_under_the_question(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The answer of the chosen entry comes as a second reply to the farmer's own message."""
    question = farmer.sends(MITES)
    offer = await api.reply_to(question)

    farmer.presses(offer.button("මිරිස්"))

    await api.until(lambda: len(api.replies(question)) == 2)
    assert "chilli.mites" in api.replies(question)[1].text
    await api.until(lambda: not api.replies(question)[0].buttons)


async def test_none_of_these_is_recorded_as_unanswered(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Refusing every suggestion leads to the fallback and an unanswered question."""
    question = farmer.sends(MITES)
    offer = await api.reply_to(question)

    farmer.presses(offer.button("එකක්වත් නෙවෙයි"))

    await api.until(lambda: len(api.replies(question)) == 2)
    assert "1920" in api.replies(question)[1].text
    assert govi.rows(Question)[0].state is QuestionState.UNANSWERED


async def test_an_unknown_question_gets_an_honest_fallback(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """It is recorded as unanswered, and the farmer is told so, with the number to call."""
    reply = await api.reply_to(farmer.sends(UNKNOWN))

    assert TEXTS.text("ask.kept", number=1) in reply.text
    assert govi.rows(Question)[0].state is QuestionState.UNANSWERED


async def test_a_tamil_question_falls_back_in_tamil(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Who asks in Tamil is told in Tamil that nothing was found."""
    reply = await api.reply_to(farmer.sends("இது என்ன கேள்வி"))

    assert reply.text.endswith(TEXTS.text("ask.kept", "ta", number=1))


async def test_an_edited_question_is_answered_anew(api: BotApi, govi: Govi, farmer: Person) -> None:
    """The edit gets a reply of its own and is recorded as an edit."""
    question = farmer.sends(UNKNOWN)
    await api.reply_to(question)

    farmer.edits(question, BLAST)

    await api.until(lambda: len(api.replies(question)) == 2)
    assert api.replies(question)[1].text == BLAST_ANSWER
    assert [q.is_edit for q in govi.rows(Question)] == [False, True]


@pytest.mark.parametrize("kind", ["sticker", "location"])
async def test_media_get_a_kind_sentence(
    api: BotApi, govi: Govi, farmer: Person, kind: str
) -> None:
    """Each kind has its own sentence and is recorded with its kind."""
    reply = await api.reply_to(getattr(farmer, f"sends_{kind}")())

    assert reply.text == TEXTS.text(f"media.{kind}")
    assert [q.kind for q in govi.rows(Question)] == [kind]


async def test_a_message_without_words_is_asked_for_words(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Emoji alone are no question."""
    reply = await api.reply_to(farmer.sends("🌾🌾🐄"))

    assert reply.text == TEXTS.text("ask.no_words")


@pytest.mark.parametrize(
    "text",
    ["<b>ගොයම & </i>", "'; drop table questions; --", "ගොයම " * 800, "\u202eගො\u200bයම\ufeff {x}"],
)
async def test_odd_text_is_answered_like_any_other(
    api: BotApi, govi: Govi, farmer: Person, text: str
) -> None:
    """Markup, SQL, 4,000 characters, directions and zero-width characters lead to a reply."""
    reply = await api.reply_to(farmer.sends(text))

    assert reply.text
    assert len(govi.rows(Question)) == 1


async def test_five_thousand_characters_are_answered(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """More than Telegram lets a person type at once is no reason to fail."""
    reply = await api.reply_to(farmer.sends("ගොයම්" * 1000))

    assert reply.text


async def test_a_long_answer_comes_in_parts(api: BotApi, govi: Govi, farmer: Person) -> None:
    """The parts stand in order under the question and only the last has buttons."""
    question = farmer.sends(LONG)

    await api.until(lambda: len(api.replies(question)) == 2)

    first, second = api.replies(question)
    assert not first.buttons
    assert len(second.buttons) == 2
    assert (first.text + " " + second.text).count("අ & ආ") == 290


async def test_the_menu_is_set_for_private_chats_and_groups(api: BotApi, govi: Govi) -> None:
    """Each scope gets its commands, described in Sinhala."""
    await api.until(lambda: len(api.world.commands) == 3)

    names = [[c["command"] for c in menu] for menu in api.world.commands.values()]
    everybodys = [name for name in FARMERS if name != "listen"]  # nothing speaks in tests
    assert names == [everybodys, everybodys, ["help"]]


async def test_a_menu_that_cannot_be_set_keeps_nobody_from_being_answered(
    api: BotApi, farmer: Person, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is only logged."""
    api.fail("setMyCommands", faults.server_error(500), times=9)
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()

    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER
    await api.until(lambda: "command menus not set" in caplog.text)
    await govi.stop()
    await govi.close()


async def test_a_sent_reply_is_recorded_with_its_message(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The reply row carries Telegram's id, so that it is never sent a second time."""
    reply = await api.reply_to(farmer.sends(BLAST))

    await api.until(lambda: govi.rows(Reply)[0].sent_at is not None)
    assert [row.message_id for row in govi.rows(Reply)] == [reply.message_id]


async def test_a_reaction_to_what_has_no_words_is_not_answered(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Telegram tells of it as of a change."""
    said = farmer.sends("🌾")
    await api.reply_to(said)

    farmer.edits(said, "🌾")
    await api.reply_to(farmer.sends(BLAST))

    assert len(api.replies(said)) == 1
