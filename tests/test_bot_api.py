"""The stand-in Bot API is as strict as Telegram, and other people's models agree with it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.markup import MarkupError, parse_html
from bot.testing.parameters import METHODS
from bot.testing.people import Person

BUTTONS = {"inline_keyboard": [[{"text": "a", "callback_data": "1"}]]}


@pytest.fixture
def farmer(api: BotApi) -> Person:
    """A farmer who has written once."""
    farmer = api.user(11)
    farmer.sends("/start")
    return farmer


@pytest.fixture
async def client(api: BotApi) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks HTTP to the stand-in, with the right token."""
    base_url = f"{api.url}/bot{api.token}/"
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        yield client


async def call(client: httpx.AsyncClient, method: str, **parameters: Any) -> dict[str, Any]:
    """Call a method with JSON and return the whole answer."""
    answer: dict[str, Any] = (await client.post(method, json=parameters)).json()
    return answer


REFUSED = [
    ({"text": ""}, 400, "message text is empty"),
    ({"text": " \n"}, 400, "message text is empty"),
    ({}, 400, "message text is empty"),
    ({"text": "a" * 4097}, 400, "message is too long"),
    ({"text": "🌾" * 2049}, 400, "message is too long"),
    ({"text": "<b>a", "parse_mode": "HTML"}, 400, "Can't find end tag"),
    ({"text": "<p>a</p>", "parse_mode": "HTML"}, 400, "Unsupported start tag"),
    ({"text": "a", "parse_mode": "Markdown"}, 400, "unsupported parse_mode"),
    ({"text": "a", "chat_id": 99}, 400, "chat not found"),
    ({"text": "a", "chat_id": "me"}, 400, "can't parse chat_id"),
    ({"text": "a", "reply_to": 1}, 400, "unknown parameter 'reply_to'"),
    ({"text": "a", "reply_parameters": {"message_id": 9}}, 400, "to be replied not found"),
    ({"text": "a", "reply_parameters": {"id": 9}}, 400, "unknown reply parameter 'id'"),
]


@pytest.mark.parametrize(("parameters", "status", "words"), REFUSED)
async def test_a_bad_message_is_refused(
    client: httpx.AsyncClient, farmer: Person, parameters: dict[str, Any], status: int, words: str
) -> None:
    """With Telegram's status and words, and nothing is said in the chat."""
    answer = await call(client, "sendMessage", **({"chat_id": 11} | parameters))

    assert (answer["ok"], answer["error_code"]) == (False, status)
    assert words in answer["description"]
    assert len(farmer.sees()) == 1


@pytest.mark.parametrize("data", ["", "x" * 65, "ක" * 22])
async def test_callback_data_must_fit_into_64_bytes(
    client: httpx.AsyncClient, farmer: Person, data: str
) -> None:
    """Bytes, not characters, and at least one."""
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": data}]]}

    answer = await call(client, "sendMessage", chat_id=11, text="a", reply_markup=markup)

    assert answer["description"] == "Bad Request: BUTTON_DATA_INVALID"


async def test_the_longest_message_is_taken(client: httpx.AsyncClient, farmer: Person) -> None:
    """4,096 units after the markup is read."""
    text = "<b>" + "&amp;" * 4096 + "</b>"

    answer = await call(client, "sendMessage", chat_id=11, text=text, parse_mode="HTML")

    assert answer["result"]["text"] == "&" * 4096


async def test_who_never_wrote_cannot_be_written_to(api: BotApi, client: httpx.AsyncClient) -> None:
    """A bot does not begin a conversation."""
    api.user(12)

    assert (await call(client, "sendMessage", chat_id=12, text="a"))["error_code"] == 403


async def test_who_blocked_the_bot_gets_nothing(client: httpx.AsyncClient, farmer: Person) -> None:
    """403, and an update tells of it."""
    farmer.blocks()

    answer = await call(client, "sendMessage", chat_id=11, text="a")

    assert answer["description"] == "Forbidden: bot was blocked by the user"
    assert "my_chat_member" in (await call(client, "getUpdates"))["result"][-1]


async def test_a_wrong_token_and_an_unknown_method_are_told_apart(
    api: BotApi, client: httpx.AsyncClient
) -> None:
    """401 and 404."""
    wrong = await client.get(f"{api.url}/bot1:x/getMe")
    unknown = await client.get("getEverything")

    assert (wrong.status_code, unknown.status_code) == (401, 404)


async def test_an_edit_that_changes_nothing_is_refused(
    client: httpx.AsyncClient, farmer: Person
) -> None:
    """As Telegram does, at length."""
    sent = await call(client, "sendMessage", chat_id=11, text="a", reply_markup=BUTTONS)
    place = {"chat_id": 11, "message_id": sent["result"]["message_id"]}

    await call(client, "editMessageReplyMarkup", **place)
    again = await call(client, "editMessageReplyMarkup", **place)

    assert "message is not modified" in again["description"]


async def test_a_persons_message_cannot_be_edited(
    client: httpx.AsyncClient, farmer: Person
) -> None:
    """A bot changes its own messages only."""
    answer = await call(client, "editMessageText", chat_id=11, message_id=1, text="b")

    assert answer["description"] == "Bad Request: message can't be edited"


async def test_a_press_can_be_answered_once(client: httpx.AsyncClient, farmer: Person) -> None:
    """The second answer is too late."""
    sent = await call(client, "sendMessage", chat_id=11, text="a", reply_markup=BUTTONS)
    press = farmer.presses_anything("1", sent["result"])

    first, second = [
        await call(client, "answerCallbackQuery", callback_query_id=press) for _ in range(2)
    ]

    assert (first["ok"], second["ok"]) == (True, False)


async def test_updates_stay_until_they_are_acknowledged(
    client: httpx.AsyncClient, farmer: Person
) -> None:
    """The same update comes again until an offset passes it."""
    first = (await call(client, "getUpdates"))["result"]
    again = (await call(client, "getUpdates"))["result"]
    after = await call(client, "getUpdates", offset=first[-1]["update_id"] + 1)

    assert first == again
    assert len(first) == 1
    assert after["result"] == []


async def test_a_limit_is_kept_and_ids_count_up(client: httpx.AsyncClient, farmer: Person) -> None:
    """The oldest come first."""
    for number in range(4):
        farmer.sends(str(number))

    updates = (await call(client, "getUpdates", limit=3))["result"]

    ids = [update["update_id"] for update in updates]
    assert len(ids) == 3
    assert ids == sorted(ids)


async def test_only_wanted_kinds_of_updates_come(client: httpx.AsyncClient, farmer: Person) -> None:
    """The list sticks when it is left out later."""
    await call(client, "getUpdates", allowed_updates=["callback_query"], offset=-1)
    before = len((await call(client, "getUpdates"))["result"])

    farmer.sends("a")

    assert len((await call(client, "getUpdates"))["result"]) == before


async def test_a_long_poll_ends_when_something_comes(
    api: BotApi, client: httpx.AsyncClient
) -> None:
    """It waits, and not a moment longer."""
    poll = asyncio.create_task(call(client, "getUpdates", timeout=600))
    await api.until(lambda: api._endpoint._polls == 1)

    api.user(11).sends("a")

    assert len((await asyncio.wait_for(poll, 60))["result"]) == 1


async def test_a_second_poller_ends_the_first(api: BotApi, client: httpx.AsyncClient) -> None:
    """The older one is told 409."""
    older = asyncio.create_task(call(client, "getUpdates", timeout=600))
    await api.until(lambda: api._endpoint._polls == 1)

    newer = await call(client, "getUpdates")

    assert newer["ok"]
    assert (await older)["error_code"] == 409


async def test_a_file_goes_out_and_can_be_fetched(
    api: BotApi, client: httpx.AsyncClient, farmer: Person
) -> None:
    """What was uploaded is what is downloaded."""
    sent = await client.post("sendPhoto", data={"chat_id": "11"}, files={"photo": b"\x00\xff"})
    file_id = sent.json()["result"]["photo"][0]["file_id"]

    path = (await call(client, "getFile", file_id=file_id))["result"]["file_path"]

    assert (await client.get(f"{api.url}/file/bot{api.token}/{path}")).content == b"\x00\xff"


async def test_a_document_has_a_name_in_both_directions(
    client: httpx.AsyncClient, farmer: Person
) -> None:
    """As people and programs see it."""
    sent = farmer.sends_document("ගොයම.csv", b"key\n")
    files = {"document": ("k.xlsx", b"PK")}
    reply = (await client.post("sendDocument", data={"chat_id": "11"}, files=files)).json()

    assert sent.document["file_name"] == "ගොයම.csv"
    assert (sent.document["mime_type"], sent.document["file_size"]) == ("text/csv", 4)
    assert reply["result"]["document"]["file_name"] == "k.xlsx"
    assert farmer.opens(farmer.sees()[-1]) == ("k.xlsx", b"PK")


async def test_a_file_over_20_megabytes_is_not_handed_out(
    client: httpx.AsyncClient, farmer: Person
) -> None:
    """The message arrives, its content does not."""
    sent = farmer.sends_document("big.csv", b"x" * (20 * 2**20 + 1))

    answer = await call(client, "getFile", file_id=sent.document["file_id"])

    assert answer["description"] == "Bad Request: file is too big"


async def test_a_menu_is_kept_for_each_scope(client: httpx.AsyncClient) -> None:
    """Another scope has another menu."""
    menu = [{"command": "help", "description": "උදව්"}]

    await call(client, "setMyCommands", commands=menu, scope={"type": "all_group_chats"})

    groups = await call(client, "getMyCommands", scope={"type": "all_group_chats"})
    default = await call(client, "getMyCommands")
    assert (groups["result"], default["result"]) == (menu, [])


async def test_a_menu_can_be_taken_away(client: httpx.AsyncClient, farmer: Person) -> None:
    """The chat is back to the menu of everyone; once more is no fault."""
    mine = {"scope": {"type": "chat", "chat_id": 11}}
    menu = [{"command": "help", "description": "උදව්"}]
    await call(client, "setMyCommands", commands=menu, **mine)

    taken = [await call(client, "deleteMyCommands", **mine) for _ in range(2)]

    assert [each["ok"] for each in taken] == [True, True]
    assert (await call(client, "getMyCommands", **mine))["result"] == []


@pytest.mark.parametrize(
    ("scope", "words"),
    [({"type": "chat", "chat_id": 12}, "chat not found"), ({"type": "x"}, "Unsupported type")],
)
async def test_a_menu_needs_a_scope_that_exists(
    api: BotApi, client: httpx.AsyncClient, scope: dict[str, Any], words: str
) -> None:
    """A person who never wrote to the bot has no chat with it."""
    api.user(12)

    answer = await call(client, "setMyCommands", commands=[], scope=scope)

    assert (answer["error_code"], words in answer["description"]) == (400, True)


async def test_an_ordered_429_says_how_long_to_wait(api: BotApi, client: httpx.AsyncClient) -> None:
    """Once; then it works again."""
    api.fail("getMe", faults.too_many_requests(3))

    refused = await call(client, "getMe")

    assert refused["parameters"] == {"retry_after": 3}
    assert (await call(client, "getMe"))["ok"]


@pytest.mark.parametrize(("fault", "said"), [("dropped_connection", 1), ("lost_answer", 2)])
async def test_a_connection_is_dropped_before_or_after_the_effect(
    api: BotApi, client: httpx.AsyncClient, farmer: Person, fault: str, said: int
) -> None:
    """The caller cannot tell which."""
    api.fail("*", getattr(faults, fault)())

    with pytest.raises(httpx.RemoteProtocolError):
        await call(client, "sendMessage", chat_id=11, text="a")

    assert len(farmer.sees()) == said


MARKUP = [
    ("a &lt;b&gt; &amp;", "a <b> &", []),
    ("🌾<b>ක</b>", "🌾ක", [("bold", 2, 1)]),
    ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
    ("&nbsp; & &#x27;", "&nbsp; & '", []),
]


@pytest.mark.parametrize(("text", "shown", "entities"), MARKUP)
def test_markup_is_read_as_telegram_reads_it(
    text: str, shown: str, entities: list[tuple[str, int, int]]
) -> None:
    """Offsets count UTF-16 units; unknown entities are text."""
    plain, found = parse_html(text)

    assert plain == shown
    assert [(e["type"], e["offset"], e["length"]) for e in found] == entities


@pytest.mark.parametrize(
    "text", ["<b>", "</b>", "<b>a</i>", "a < b", "<script>", "<b class=x>a</b>"]
)
def test_bad_markup_is_refused(text: str) -> None:
    """Unclosed, closed out of turn, unknown, or a bare angle bracket."""
    with pytest.raises(MarkupError):
        parse_html(text)


def everything(farmer: Person) -> None:
    """Do all that a person can do."""
    message = farmer.sends("@govi_bot ගොයම්")
    farmer.edits(message, "ගොයම් කොළ")
    farmer.sends("/help", replying_to=message)
    farmer.sends_photo("caption")
    farmer.sends_voice()
    farmer.sends_document("k.csv", b"key")
    farmer.sends_sticker()
    farmer.sends_location()
    farmer.presses_anything("1:x", dict(message.raw))
    farmer.blocks()
    farmer.unblocks()


async def test_aiogram_reads_every_update(api: BotApi, client: httpx.AsyncClient) -> None:
    """Another library's models, made from Telegram's documentation, take what we send."""
    types = pytest.importorskip("aiogram.types", reason="needs aiogram, not in [dev]")
    everything(api.user(11))

    updates = (await call(client, "getUpdates"))["result"]

    assert len([types.Update.model_validate(update) for update in updates]) == 11


async def test_aiogram_reads_every_result(api: BotApi, client: httpx.AsyncClient) -> None:
    """The bot, a message with everything on it, and a file are of the right shape."""
    types = pytest.importorskip("aiogram.types", reason="needs aiogram, not in [dev]")
    api.user(11).sends("a")
    reply = {"reply_parameters": {"message_id": 1}, "reply_markup": BUTTONS, "parse_mode": "HTML"}

    sent = await call(client, "sendMessage", chat_id=11, text="<b>a</b>", **reply)
    edited = await call(client, "editMessageText", chat_id=11, message_id=2, text="b")

    types.User.model_validate((await call(client, "getMe"))["result"])
    message = types.Message.model_validate(sent["result"])
    assert message.reply_to_message.message_id == 1
    assert types.Message.model_validate(edited["result"]).edit_date


@pytest.mark.parametrize("name", sorted(METHODS))
def test_aiogram_knows_every_parameter_that_we_take(name: str) -> None:
    """No method of ours has a parameter that Telegram's has not."""
    theirs = pytest.importorskip("aiogram.methods", reason="needs aiogram, not in [dev]")
    known = getattr(theirs, name[0].upper() + name[1:]).model_fields

    ours = {*METHODS[name].required, *METHODS[name].optional}

    assert ours <= set(known)
