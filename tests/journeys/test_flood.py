"""One person sends more than anybody can mean."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.models import InboxStatus, Question, ReceivedUpdate, Role
from bot.services.questions import NAMELESS
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi, create_services
from tests.journeys.team import TEXTS, appoint, lines_over_the_chat

BURST = 3
HELP = "මගේ තාත්තා බෙහෙත් බිව්වා"


@pytest.fixture
def per_minute() -> float:
    """What one person may send in the long run: nothing comes back while a test runs."""
    return 0.01


@pytest.fixture
async def govi(api: BotApi, tmp_path: Path, per_minute: float) -> AsyncIterator[Govi]:
    """Govi, serving, with three messages at once."""
    limits = {"rate_burst": BURST, "rate_per_minute": per_minute}
    govi = Govi(create_services(api.url, api.token, tmp_path, **limits))
    await govi.start()
    yield govi
    await govi.stop()
    await govi.close()


def said(person: Person) -> list[str]:
    """Everything that the bot has said to a person."""
    return [seen.text for seen in person.sees() if seen.raw["from"]["is_bot"]]


async def all_handled(api: BotApi, govi: Govi, count: int) -> None:
    """Wait until so many updates are done."""

    def are_done() -> bool:
        return [row.status for row in govi.rows(ReceivedUpdate)] == [InboxStatus.DONE] * count

    await api.until(are_done)


async def test_who_sends_too_much_is_told_once(api: BotApi, govi: Govi, farmer: Person) -> None:
    """What came before is answered, what comes after is neither answered nor recorded."""
    for _ in range(BURST + 3):
        farmer.sends(BLAST)

    await all_handled(api, govi, BURST + 3)
    await api.until(lambda: len(said(farmer)) == BURST + 1)
    assert sorted(said(farmer)) == sorted([BLAST_ANSWER] * BURST + [TEXTS.text("flood.wait")])
    assert len(govi.rows(Question)) == BURST


async def test_commands_without_the_bots_name_count_in_a_group(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Each gets a reply, and a group gets few replies a minute."""
    group = api.group(-1001)
    for _ in range(BURST + 3):
        farmer.sends("/help", chat_id=group)

    await all_handled(api, govi, BURST + 3)
    replies = [seen.text for seen in farmer.sees(group) if seen.raw["from"]["is_bot"]]
    assert replies.count(TEXTS.text("help.text")) == BURST


async def test_groups_whose_admins_have_no_names_do_not_share_a_limit(
    api: BotApi, govi: Govi
) -> None:
    """To bots they are all one person."""
    admin, groups = api.user(NAMELESS[0]), [api.group(-1001), api.group(-1002)]
    for group in groups * BURST:
        about = {"id": group, "type": "supergroup", "title": "x"}
        admin.sends_object({"text": "/help", "sender_chat": about}, chat_id=group)

    await all_handled(api, govi, 2 * BURST)
    await api.until(lambda: len(api.calls("sendMessage")) == 2 * BURST)
    said = [call.parameters["text"] for call in api.calls("sendMessage")]
    assert TEXTS.text("flood.wait") not in said


async def test_what_was_sent_over_hours_and_came_together_is_answered(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """After an outage: the limit is on how fast a person writes, not on how late we read."""
    sent_at, pause = 1_790_000_000, 6000
    for number in range(BURST + 2):
        farmer.sends_object({"text": BLAST, "date": sent_at + number * pause})

    await all_handled(api, govi, BURST + 2)
    assert len(govi.rows(Question)) == BURST + 2


async def test_a_press_too_many_is_told_over_the_chat(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Presses count like messages."""
    reply = await api.reply_to(farmer.sends(BLAST))

    for _ in range(BURST + 1):
        farmer.presses(reply.buttons[0])

    await all_handled(api, govi, BURST + 2)
    assert lines_over_the_chat(api)[-1] == TEXTS.text("flood.wait")
    assert len(lines_over_the_chat(api)) == BURST


@pytest.mark.parametrize("per_minute", [0.01, 0])
async def test_a_flood_slows_nobody_else(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person
) -> None:
    """Another's question behind 500 messages is answered before those are, limited or not."""
    for number in range(500):
        farmer.sends(f"{BLAST} {number} " + "කහ " * 100)
    question = neighbour.sends(BLAST)

    reply = await api.reply_to(question)

    waiting = [r for r in govi.rows(ReceivedUpdate) if r.status is InboxStatus.RECEIVED]
    assert reply.text == BLAST_ANSWER
    assert len(waiting) > 0


async def test_a_call_for_help_is_never_held_back(api: BotApi, govi: Govi, farmer: Person) -> None:
    """However much came before it."""
    for _ in range(BURST + 3):
        farmer.sends(BLAST)

    farmer.sends(HELP)

    await all_handled(api, govi, BURST + 4)
    assert [question.text for question in govi.rows(Question)] == [BLAST] * BURST + [HELP]


async def test_the_team_is_not_held_back(api: BotApi, govi: Govi, farmer: Person) -> None:
    """An officer works as fast as they can."""
    appoint(govi, farmer, Role.OFFICER)

    for _ in range(3 * BURST):
        farmer.sends("/help")

    await all_handled(api, govi, 3 * BURST)
    assert set(said(farmer)) == {TEXTS.text("help.text")}
    assert len(said(farmer)) == 3 * BURST


async def test_talk_in_a_group_costs_nothing(api: BotApi, govi: Govi, farmer: Person) -> None:
    """What is not meant for the bot is not counted."""
    group = api.group(-1001)
    for _ in range(BURST + 3):
        farmer.sends("සුබ උදෑසනක්", chat_id=group)

    reply = await api.reply_to(farmer.sends(f"@govi_bot {BLAST}", chat_id=group))

    assert reply.text == BLAST_ANSWER
