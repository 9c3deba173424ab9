"""Somebody who knows how Telegram works tries to upset Govi: nothing fails, nobody else notices."""

import re
from typing import Any

import pytest

from bot.db.models import InboxStatus, ReceivedUpdate, Role
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from bot.testing.world import World
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi
from tests.journeys.team import TEXTS, appoint
from tests.journeys.test_roles import ways_in

TEXTS_OF_ATTACKERS = {
    "markup": "<b>x</b><script>alert(1)</script><a href='tg://user?id=1'>y</a>",
    "entities": "&lt;b&gt; &amp;amp; &#0; &#x110000; &bogus;",
    "open tag": "<b><i><u ගොයම",
    "formula": '=HYPERLINK("http://x","y")',
    "placeholders": "{count} {0.__class__} %s %(x)s ${x} {{",
    "sql": "'; DROP TABLE farmers; --",
    "path": "../../etc/passwd\x00.csv",
    "lone surrogate": "ගොයම \ud800 කහ \udfff",
    "controls": "\x00\x01\x1b[31mගොයම\x7f\u0085",
    "direction": "\u202eගොයම කහ\u202d \u2066x\u2069 \u200f",
    "invisible": "\u200b\u200c\u200d\u2060\ufeff\u00ad" * 40,
    "stacked marks": "ක" + "\u0dca\u0dd2\u0dd4\u0300" * 200,
    "longest": "කහ " * 1365 + "x",
    "longest emoji": "👨‍👩‍👧‍👦" * 372,
    "one word": "අ" * 4096,
    "many lines": "\n" * 4095 + "x",
    "noncharacters": "\ufffe\uffff\U0010ffff ගොයම",
}


async def settled(api: BotApi, govi: Govi) -> list[str]:
    """Wait until every update is handled; the reasons of those that failed."""
    over = (InboxStatus.DONE, InboxStatus.FAILED)
    await api.until(lambda: all(row.status in over for row in govi.rows(ReceivedUpdate)))
    return [row.reason or "" for row in govi.rows(ReceivedUpdate)
            if row.status is InboxStatus.FAILED]  # fmt: skip


def answered(person: Person) -> list[str]:
    """What the bot has said to a person."""
    return [seen.text for seen in person.sees() if seen.raw["from"]["is_bot"]]


async def test_every_text_gets_a_reply_and_fails_nowhere(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """As a question, and quoted back to the officer who has to answer it."""
    officer = appoint(govi, api.user(2), Role.OFFICER)
    asked = [farmer.sends(text) for text in TEXTS_OF_ATTACKERS.values()]

    for question in asked:
        await api.reply_to(question)
    listed = await api.reply_to(officer.sends("/queue"))
    for button in listed.buttons:
        officer.presses(button)

    assert await settled(api, govi) == []
    assert [call.parameters for call in api.calls("sendMessage") if call.status >= 400] == []


async def test_markup_of_a_farmer_reaches_an_officer_as_text(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Tags are shown, not followed."""
    officer = appoint(govi, api.user(2), Role.OFFICER)
    await api.reply_to(farmer.sends("<b>xyzzy</b> <a href='http://evil'>plugh</a>"))

    listed = await api.reply_to(officer.sends("/queue"))

    assert "<b>xyzzy</b>" in listed.text
    assert not [e for e in listed.raw.get("entities", []) if e["type"] == "text_link"]


@pytest.mark.parametrize(
    "name",
    ["<b>අනිල්</b>", "\u202eඅනිල්\u202d", "අනිල්\n• Admin – පරිපාලක", "{name} %s", "\ud800", "අ" * 64],
)
async def test_a_name_upsets_no_line_of_the_team(
    api: BotApi, govi: Govi, farmer: Person, name: str
) -> None:
    """It is one line of plain text, whatever Telegram lets people call themselves."""
    farmer._about["first_name"] = name
    appoint(govi, farmer, Role.OFFICER)

    listed = await api.reply_to(farmer.sends("/team"))

    assert len(listed.text.splitlines()) == 2
    assert not re.search("[\u202a-\u202e\ud800-\udfff]", listed.text)
    assert listed.raw.get("entities", []) == []


async def test_numbers_that_nothing_has_fail_nowhere(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Every button pressed with the largest numbers it takes, by one who may press them all."""
    appoint(govi, farmer, Role.ADMIN)
    carrier = await api.reply_to(farmer.sends("/help"))
    ways = [way.text for way in ways_in(govi) if not way.text.startswith("/")]
    presses = [re.sub(r"(?<=:)1\b", "9" * 18, text) for text in ways]

    for data in presses:
        farmer.presses_anything(data[:64], dict(carrier.raw))

    assert await settled(api, govi) == []
    await api.until(lambda: len(api.calls("answerCallbackQuery")) >= len(presses))


@pytest.mark.parametrize("command", ["/find", "/edit", "/history", "/try", "/retire", "/role"])
async def test_what_follows_a_command_is_only_text(
    api: BotApi, govi: Govi, farmer: Person, command: str
) -> None:
    """Neither markup, nor length, nor half characters upset the command."""
    appoint(govi, farmer, Role.ADMIN)

    for text in ("<b>x", "% _ ' \" \\", "\ud800 \u202e", "අ" * 4000, "{0}", "9" * 400):
        farmer.sends(f"{command} {text}")

    await api.until(lambda: len(answered(farmer)) >= 6)
    assert await settled(api, govi) == []


def odd_updates(world: World, person: Person) -> list[dict[str, Any]]:
    """Updates as other clients, newer servers, or an attacker with the webhook's secret send."""
    about, chat = person._about, {"id": person.id, "type": "private"}
    message = {"message_id": 900, "date": 1_790_000_000, "chat": chat, "from": about}
    press = {"id": "1", "from": about, "chat_instance": "1"}
    group = {"id": -100, "type": "group", "title": "<b>x</b>"}
    huge = [{"type": "bold", "offset": 0, "length": 10**6}] * 500
    command = [{"type": "bot_command", "offset": 0, "length": 9999}]
    link = [{"type": "text_link", "offset": 0, "length": 4, "url": "javascript:x"}]
    channel = {**group, "type": "channel"}
    return [
        {},
        {"message": None},
        {"message": {}},
        {"message": "text"},
        {"message": [message]},
        {"message": message | {"text": 5}},
        {"message": message | {"text": "ගොයම", "entities": huge}},
        {"message": message | {"text": "/x", "entities": command}},
        {"message": message | {"text": "ගොයම", "entities": link}},
        {"message": message | {"text": "ගොයම", "entities": "no"}},
        {"message": message | {"text": "ගොයම", "from": None}},
        {"message": message | {"text": "ගොයම", "chat": group, "sender_chat": group}},
        {"message": message | {"text": "ගොයම", "via_bot": about, "is_automatic_forward": True}},
        {"message": message | {"photo": []}},
        {"message": message | {"caption": "ගොයම"}},
        {"message": message | {"document": {"file_id": "x", "file_unique_id": "y"}}},
        {"message": message | {"from": about | {"id": 2**62}, "chat": chat | {"id": 2**62}}},
        {"message": message | {"from": about | {"id": "11"}}},
        {"message": message | {"message_id": -1, "text": "ගොයම", "date": -1}},
        {"message": message | {"new_chat_members": [about], "text": None}},
        {"message": message | {"a_field_of_the_future": {"x": [1] * 1000}, "text": "ගොයම"}},
        {"edited_message": message | {"edit_date": 1}},
        {"channel_post": message | {"chat": channel, "text": "ගොයම"}},
        {"callback_query": press},
        {"callback_query": press | {"data": "1:c:1:1"}},
        {"callback_query": press | {"data": "1:e", "inline_message_id": "x"}},
        {"callback_query": press | {"data": "1:e", "message": message | {"date": 0}}},
        {"callback_query": press | {"game_short_name": "x"}},
        {"my_chat_member": {"chat": chat}},
        {"inline_query": {"id": "1", "from": about, "query": "x", "offset": ""}},
        {"a_kind_of_the_future": {"from": about}},
    ]


async def test_odd_updates_hold_up_nobody(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person
) -> None:
    """Each is handled, or set aside with its reason; the person's next question is answered."""
    with api.world.lock:
        for content in odd_updates(api.world, farmer):
            api.world.add_update("message", {})
            api.world.updates[-1] = {"update_id": api.world.updates[-1]["update_id"], **content}
    question = farmer.sends(BLAST)

    others = await api.reply_to(neighbour.sends(BLAST))
    reply = await api.reply_to(question)

    assert [others.text, reply.text] == [BLAST_ANSWER, BLAST_ANSWER]
    assert TEXTS.text("ask.no_words") not in others.text
