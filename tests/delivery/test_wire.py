"""Messages to Telegram one by one: texts, pictures and voice notes."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, RetryAfter

from bot.delivery.pacing import OVERALL, Pacer
from bot.delivery.wire import Place, Wire, seconds_of
from bot.rendering import CAPTION_LIMIT, Attachment, Part, render_photo
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.parameters import METHODS
from bot.testing.people import Person
from bot.testing.world import Refusal, World
from tests.delivery.patience import patient_bot
from tests.delivery.test_sender import refuse

PNG = b"\x89PNG picture"


@pytest.fixture
def officer(api: BotApi) -> Person:
    """Somebody who has written to the bot."""
    officer = api.user(2001)
    officer.sends("/start")
    return officer


@pytest.fixture
async def wire(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """What sends."""
    monkeypatch.setattr("bot.delivery.pacing.CHAT_SECONDS", 0.0)
    async with patient_bot(api) as bot:
        yield Wire(bot, Pacer())


async def test_a_picture_is_made_when_it_is_sent(wire: Wire, officer: Person) -> None:
    """Its caption keeps its markup."""
    sent = await wire.send(Place(officer.id, 1), Attachment("photo", lambda: PNG, "<b>6</b> &amp;"))

    seen = officer.sees()[-1]
    assert (seen.message_id, seen.caption, seen.replies_to) == (sent, "6 &", 1)
    assert officer.looks_at(seen) == PNG


async def test_a_picture_that_cannot_be_made_leaves_its_words(wire: Wire, officer: Person) -> None:
    """They matter more."""
    await wire.send(Place(officer.id), Attachment("photo", lambda: None, "6 ප්‍රශ්න"))

    assert officer.sees()[-1].text == "6 ප්‍රශ්න"


async def test_a_slow_picture_keeps_nobody_else_waiting(wire: Wire, officer: Person) -> None:
    """Texts go on, and so does what the shared threads do."""
    is_drawn = threading.Event()

    def draw() -> bytes:
        is_drawn.wait(60)
        return PNG

    pictures = [
        asyncio.create_task(wire.send(Place(officer.id), Attachment("photo", draw)))
        for _ in range(40)
    ]
    await asyncio.sleep(0)
    await wire.send(Place(officer.id), "ආයුබෝවන්")
    await asyncio.to_thread(is_drawn.set)
    await asyncio.gather(*pictures)

    seen = officer.sees()[1:]
    assert seen[0].text == "ආයුබෝවන්"
    assert len(seen) == 41


async def test_a_voice_note_that_telegram_knows_goes_by_its_id(wire: Wire, officer: Person) -> None:
    """Nothing is uploaded."""
    file_id = officer.sends_voice().raw["voice"]["file_id"]

    await wire.send(Place(officer.id), Attachment("voice", file_id))

    assert officer.sees()[-1].raw["voice"]["file_id"] == file_id


def test_a_text_too_long_for_a_caption_goes_below_its_picture() -> None:
    """Whole, not cut in two at the caption's limit."""
    text = "අ" * (CAPTION_LIMIT + 1)

    picture, below = render_photo("file-1", text).parts

    assert picture == Attachment("photo", "file-1")
    assert below == text


async def test_what_nobody_takes_is_excused(wire: Wire, officer: Person) -> None:
    """Some people take no voice notes at all; they are told in words, and nothing fails."""
    refused = Attachment("voice", "no such file", excuse="කියවන්න &amp; බලන්න")
    await wire.send(Place(officer.id), refused)

    assert officer.sees()[-1].text == "කියවන්න & බලන්න"


async def test_without_an_excuse_a_refusal_is_told(wire: Wire, officer: Person) -> None:
    """Whoever sends decides what becomes of it."""
    with pytest.raises(BadRequest):
        await wire.send(Place(officer.id), Attachment("photo", "no such file", "වචන"))


@pytest.mark.parametrize("reason", ["message thread not found", "TOPIC_CLOSED"])
async def test_what_a_topic_does_not_take_goes_to_the_whole_group(
    wire: Wire, api: BotApi, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """Somebody has deleted or closed it; what officers or a farmer are owed is not lost."""
    group, usual = api.group(-1001), METHODS["sendMessage"]

    def send(world: World, given: Any) -> Any:
        if "message_thread_id" in given or "reply_parameters" in given:
            raise Refusal(400, f"Bad Request: {reason}")
        return usual.call(world, given)

    monkeypatch.setitem(METHODS, "sendMessage", usual._replace(call=send))

    await wire.send(Place(group, 5, topic_id=7), "වචන")

    assert [seen.text for seen in api.user(11).sees(group)] == ["වචන"]


async def test_what_the_whole_group_does_not_take_is_told(
    wire: Wire, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its main topic can be closed too; there is nowhere else to send it, again and again."""
    closed = Refusal(400, "Bad Request: TOPIC_CLOSED")
    refuse(monkeypatch, lambda given: len(api.calls("sendMessage")) < 5, closed)

    with pytest.raises(BadRequest, match=r"(?i)topic_closed"):
        await wire.send(Place(api.group(-1001), topic_id=7), "වචන")

    assert len(api.calls("sendMessage")) == 2


@pytest.mark.parametrize("part", ["වචන", Attachment("photo", lambda: PNG)], ids=["text", "picture"])
async def test_buttons_stand_below_whatever_is_sent(
    wire: Wire, officer: Person, part: Part
) -> None:
    """A text or a picture."""
    button = InlineKeyboardButton("👍", callback_data="rate:1")

    await wire.send(Place(officer.id), part, InlineKeyboardMarkup([[button]]))

    assert [button.text for button in officer.sees()[-1].buttons] == ["👍"]


async def test_a_video_note_goes_without_words() -> None:
    """Telegram takes none with it."""
    given: dict[str, Any] = {}

    async def send_video_note(chat_id: int, content: str, **options: Any) -> SimpleNamespace:
        given.update(options)
        return SimpleNamespace(message_id=1)

    wire = Wire(SimpleNamespace(send_video_note=send_video_note), Pacer())
    await wire.send(Place(11), Attachment("video_note", "file-1", "වචන"))

    assert given.keys() == {"message_thread_id", "reply_parameters", "reply_markup"}


@pytest.mark.parametrize("part", ["වචන", Attachment("photo", lambda: PNG)], ids=["text", "picture"])
async def test_what_was_asked_in_a_topic_is_said_there(wire: Wire, api: BotApi, part: Part) -> None:
    """Also when the question itself has been deleted since."""
    group = api.group(-1001)

    await wire.send(Place(group, 999, topic_id=7), part)

    [seen] = api.user(11).sees(group)
    assert (seen.raw.get("message_thread_id"), seen.replies_to) == (7, None)


async def test_no_preview_of_a_link_stands_below_an_answer(
    wire: Wire, api: BotApi, officer: Person
) -> None:
    """It would be larger than the answer."""
    await wire.send(Place(officer.id), "https://doa.gov.lk")

    [call] = api.calls("sendMessage")
    assert json.loads(call.parameters["link_preview_options"]) == {"is_disabled": True}


async def test_a_pause_that_telegram_asks_for_is_kept_by_the_chat_that_met_it(
    wire: Wire, api: BotApi, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends there next is told to come back, and Telegram is not asked again."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    wire.pacer = Pacer(lambda: 0.0)
    api.fail("sendMessage", faults.too_many_requests(4))

    asked = []
    for _ in range(2):
        with pytest.raises(RetryAfter) as told:
            await wire.send(Place(officer.id), "වචන")
        asked.append(seconds_of(told.value))

    assert asked == [4, 4]
    assert len(api.calls("sendMessage")) == 1
    assert wire.pacer.delay(22) == 0


class Waiting:
    """Time that passes only while somebody waits, and then more slowly than they thought."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Let at most two seconds pass."""
        self.waits.append(seconds)
        self.now += min(seconds, 2.0)


@pytest.fixture
def waiting(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """The time by which turns are given."""
    waiting = Waiting()
    wire.pacer = Pacer(lambda: waiting.now)
    monkeypatch.setattr("bot.delivery.wire.asyncio", SimpleNamespace(sleep=waiting.sleep))
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    return waiting


async def test_a_turn_that_comes_soon_is_waited_for(
    wire: Wire, waiting: Waiting, officer: Person
) -> None:
    """However often it turns out not to have come yet; only then is anything sent."""
    wire.pacer.hold(officer.id, 3)

    await wire.send(Place(officer.id), "වචන")

    assert waiting.waits == [3.0, 1.0]
    assert wire.pacer.room() == OVERALL - 1
    assert officer.sees()[-1].text == "වචන"


async def test_whoever_would_wait_for_long_is_told_to_come_back(
    wire: Wire, waiting: Waiting, officer: Person
) -> None:
    """In whole seconds, none too few; who waits here keeps others of the sender's hands waiting."""
    wire.pacer.hold(officer.id, 3.2)

    with pytest.raises(RetryAfter) as told:
        await wire.send(Place(officer.id), "වචන")

    assert seconds_of(told.value) == 4
    assert waiting.waits == []
