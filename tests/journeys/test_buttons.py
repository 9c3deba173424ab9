"""Buttons that are old, forged or pressed too often."""

import pytest

from bot.db.models import Ask, Feedback, InboxStatus, Question, ReceivedUpdate, Reply, Role
from bot.i18n import Catalogue
from bot.testing.bot_api import BotApi
from bot.testing.faults import Fault
from bot.testing.people import Person
from tests.journeys.serving import BLAST, MITES, Govi
from tests.journeys.team import appoint
from tests.journeys.test_hostile_input import settled
from tests.journeys.test_roles import ways_in

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


async def test_the_example_is_asked_once_however_often_it_is_pressed(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """A press that comes again has another update id; there is still one question and reply."""
    farmer.sends("/start")
    await api.until(lambda: len(farmer.sees()) == 2)
    welcome = farmer.sees()[-1]

    for _ in range(2):
        farmer.presses_anything(welcome.buttons[0].data, dict(welcome.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert len(govi.rows(Question)) == 1
    assert len(govi.rows(Reply)) == 1


@pytest.mark.parametrize("button", ["👍", "👎"])
async def test_a_rating_counts_once_however_often_it_is_pressed(
    api: BotApi, govi: Govi, farmer: Person, button: str
) -> None:
    """The second press is told that it is noted already."""
    reply = await api.reply_to(farmer.sends(BLAST))

    for _ in range(2):
        farmer.presses_anything(reply.button(button).data, dict(reply.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert len(govi.rows(Feedback)) == 1
    assert api.calls("answerCallbackQuery")[1].parameters["text"] == TEXTS.text("button.already")


async def test_none_of_these_opens_one_escalation_however_often_it_is_pressed(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The officers see the question once, and the farmer hears of it once."""
    offer = await api.reply_to(farmer.sends(MITES))

    for _ in range(2):
        farmer.presses_anything(offer.buttons[-1].data, dict(offer.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert [reply.kind for reply in govi.rows(Reply)] == ["suggest", "fallback"]
    assert len(govi.rows(Ask)) == 1


async def test_an_entry_that_was_not_offered_cannot_be_chosen(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """A forged entry id is treated as an old button."""
    offer = await api.reply_to(farmer.sends(MITES))

    farmer.presses_anything(offer.buttons[0].data.rpartition(":")[0] + ":4", dict(offer.raw))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 1)
    assert [reply.kind for reply in govi.rows(Reply)] == ["suggest"]


async def test_who_blocks_the_bot_after_a_press_sets_nothing_aside(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """The press is carried out; only its buttons cannot be taken away any more."""
    reply = await api.reply_to(farmer.sends(BLAST))
    api.fail("editMessageReplyMarkup", Fault(status=403), times=9)

    farmer.presses(reply.button("👍"))
    await api.until(lambda: len(govi.rows(Feedback)) == 1)
    await api.until(
        lambda: {each.status for each in govi.rows(ReceivedUpdate)} == {InboxStatus.DONE}
    )

    assert len(api.calls("editMessageReplyMarkup")) == 1


async def test_presses_that_waited_too_long_to_be_answered_fail_nowhere(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """After an outage Telegram takes no line over the chat any more; what they ask for is done."""
    appoint(govi, farmer, Role.ADMIN)
    carrier = await api.reply_to(farmer.sends("/help"))
    ways = [way.text for way in ways_in(govi) if not way.text.startswith("/")]
    await govi.stop()

    for data in ways:
        farmer.presses_anything(data, dict(carrier.raw))
    api.world.open_callbacks.clear()
    await govi.start()

    await api.until(lambda: len(api.calls("answerCallbackQuery")) >= len(ways))
    assert await settled(api, govi) == []
