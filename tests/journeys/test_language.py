"""A person chooses what to read."""

import pytest

from bot.db.models import Farmer, Role
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, Govi
from tests.journeys.team import TEXTS, appoint, menu_of


@pytest.mark.parametrize("language", ["si", "en", "ta"])
async def test_the_chosen_language_is_spoken_from_now_on(
    api: BotApi, govi: Govi, farmer: Person, language: str
) -> None:
    """The buttons give way to a line in it, and the next command answers in it."""
    offer = await api.reply_to(farmer.sends("/language"))

    farmer.presses(offer.button(TEXTS.text(f"language.{language}")))

    await api.until(lambda: farmer.sees()[-1].text == TEXTS.text("language.chosen", language))
    assert not farmer.sees()[-1].buttons
    assert [f.language for f in govi.rows(Farmer)] == [language]
    assert (await api.reply_to(farmer.sends("/help"))).text == TEXTS.text("help.text", language)


async def test_an_answer_is_rated_in_the_persons_language(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The buttons under it, and the line over the chat once one is pressed."""
    offer = await api.reply_to(farmer.sends("/language"))
    farmer.presses(offer.button("English"))
    await api.until(lambda: not farmer.sees()[-1].buttons)
    answer = await api.reply_to(farmer.sends(BLAST))

    farmer.presses(answer.button(TEXTS.text("button.helpful", "en")))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    line = api.calls("answerCallbackQuery")[-1].parameters["text"]
    assert line == TEXTS.text("button.thanks", "en")


async def test_a_refusal_is_in_the_persons_language(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Kind words help only who can read them."""
    offer = await api.reply_to(farmer.sends("/language"))
    farmer.presses(offer.button("English"))
    await api.until(lambda: not farmer.sees()[-1].buttons)

    reply = await api.reply_to(farmer.sends("/role"))

    assert reply.text == TEXTS.text("refusal.not_allowed_admin", "en")


async def test_an_officers_menu_speaks_it_too(api: BotApi, govi: Govi, farmer: Person) -> None:
    """As soon as it is chosen."""
    appoint(govi, farmer, Role.OFFICER)
    offer = await api.reply_to(farmer.sends("/language"))

    farmer.presses(offer.button("English"))

    english = TEXTS.text("menu.team", "en")
    await api.until(lambda: (menu_of(api, farmer) or {}).get("team") == english)
    assert menu_of(api, farmer)["help"] == TEXTS.text("menu.help", "en")


async def test_pressing_twice_is_harmless(api: BotApi, govi: Govi, farmer: Person) -> None:
    """The second press finds nothing left to change and is answered all the same."""
    offer = await api.reply_to(farmer.sends("/language"))

    for _ in range(2):
        farmer.presses_anything(offer.button("English").data, dict(offer.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert [f.language for f in govi.rows(Farmer)] == ["en"]
