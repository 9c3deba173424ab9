"""A farmer asks for seasonal tips, gets one, and has had enough."""

from bot.db.engine import transaction
from bot.db.models import Farmer, Lane
from bot.i18n import Catalogue
from bot.services import outbox
from bot.testing.bot_api import BotApi
from bot.testing.people import Person, Seen
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi

TEXTS = Catalogue.load()


def are_wanted(govi: Govi, person: Person) -> bool:
    """Whether a person is down for tips."""
    rows = [row for row in govi.rows(Farmer) if row.telegram_user_id == person.id]
    return any(row.tips_since is not None for row in rows)


def post_tip(govi: Govi, person: Person) -> None:
    """Owe a person a tip, as the weekly job does."""
    with transaction(govi.services.sessions) as session:
        data = {"entry_id": 1, "season": "maha"}
        outbox.post(session, person.id, "tip", data, lane=Lane.BULK)


async def last_with(api: BotApi, person: Person, words: str) -> Seen:
    """Wait for the bot's message with these words."""
    await api.until(lambda: any(words in each.text for each in person.sees()))
    return next(each for each in reversed(person.sees()) if words in each.text)


async def test_tips_come_to_who_asks_and_stop_at_one_press(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Each carries the button; what was said stays to be read."""
    farmer.sends("/tips")
    offer = await last_with(api, farmer, TEXTS.text("tip.are_off"))
    farmer.presses(offer.buttons[0])
    await last_with(api, farmer, TEXTS.text("tip.on"))
    assert are_wanted(govi, farmer)

    post_tip(govi, farmer)
    tip = await last_with(api, farmer, BLAST)
    assert BLAST_ANSWER in tip.text
    farmer.presses(tip.button("🔕"))
    await last_with(api, farmer, TEXTS.text("tip.off"))

    assert not are_wanted(govi, farmer)
    left = next(each for each in farmer.sees() if each.message_id == tip.message_id)
    assert (left.text, left.buttons) == (tip.text, [])


async def test_words_do_as_well_as_buttons(api: BotApi, govi: Govi, farmer: Person) -> None:
    """/tips on, and /tips off."""
    farmer.sends("/tips on")
    await last_with(api, farmer, TEXTS.text("tip.on"))
    farmer.sends("/tips")
    state = await last_with(api, farmer, TEXTS.text("tip.are_on"))
    assert are_wanted(govi, farmer)

    farmer.sends("/tips off")
    await last_with(api, farmer, TEXTS.text("tip.off"))

    assert [button.data for button in state.buttons] == ["t1:off"]
    assert not are_wanted(govi, farmer)


async def test_a_group_is_sent_to_the_private_chat(api: BotApi, govi: Govi, farmer: Person) -> None:
    """Nobody signs up their neighbours."""
    group = api.group(-1001)
    asked = farmer.sends("/tips@govi_bot on", chat_id=group)

    assert (await api.reply_to(asked)).text == TEXTS.text("refusal.private_only")
    assert not are_wanted(govi, farmer)
