"""Buttons that are old, forged or pressed too often."""

import pytest

from bot.db.models import Feedback, Reply
from bot.i18n import Catalogue
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, MITES, Govi

TEXTS = Catalogue.load()

FORGED = ["1:c:999:1", "1:n:999", "1:r:999:1", "0:x", "", "1:c:1", "x" * 64, "1:r:1:2", "1:n:-1"]


@pytest.mark.parametrize("data", FORGED)
async def test_a_forged_button_gets_a_polite_line(
    api: BotApi, govi: Govi, farmer: Person, data: str
) -> None:
    """Whatever the data, the press is answered, nothing changes and nothing fails."""
    reply = await api.reply_to(farmer.sends(BLAST))

    farmer.presses_anything(data, dict(reply.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 1)
    assert api.calls("answerCallbackQuery")[0].parameters["text"] == TEXTS.text("button.stale")
    assert govi.rows(Feedback) == []


async def test_a_suggestion_is_answered_once_however_often_it_is_pressed(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The second press finds the question closed and is told so."""
    question = farmer.sends(MITES)
    offer = await api.reply_to(question)

    for _ in range(2):
        farmer.presses_anything(offer.buttons[0].data, dict(offer.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert [reply.kind for reply in govi.rows(Reply)] == ["suggest", "answer"]


async def test_an_entry_that_was_not_offered_cannot_be_chosen(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """A forged entry id is treated as an old button."""
    offer = await api.reply_to(farmer.sends(MITES))

    farmer.presses_anything(offer.buttons[0].data.rpartition(":")[0] + ":4", dict(offer.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 1)
    assert [reply.kind for reply in govi.rows(Reply)] == ["suggest"]
