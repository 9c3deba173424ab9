"""What helps is said without the database."""

import asyncio
from typing import Any

import pytest
from telegram.error import TimedOut

from bot.delivery import lifeline
from bot.delivery.lifeline import Lifeline
from bot.i18n import Catalogue
from bot.recognition import load_recognition

TEXTS = Catalogue.load()
POISONED = "thaththa wasa biwwa"


class Services:
    """The parts of the real services that work without a database."""

    catalogue = TEXTS
    recognition = load_recognition()


class Telegram:
    """Takes messages, or loses the connection."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.is_down = is_down
        self.sent: list[tuple[int, str]] = []
        self.heard = asyncio.Event()

    async def send_message(self, chat_id: int, text: str, **_: Any) -> Any:
        """Stand in for the bot's method."""
        if self.is_down:
            raise TimedOut
        self.sent.append((chat_id, text))
        self.heard.set()
        return type("Message", (), {"message_id": len(self.sent)})


def update(text: object, chat: object = None, **message: object) -> dict[str, object]:
    """A raw update with a message in a private chat, unless told otherwise."""
    chat = {"id": 11, "type": "private"} if chat is None else chat
    return {"update_id": 1, "message": {"message_id": 5, "chat": chat, "text": text, **message}}


async def test_a_call_for_help_is_answered_once() -> None:
    """However often the same update is tried; nothing else is answered."""
    telegram = Telegram()
    line = Lifeline(telegram, Services)

    for _ in range(3):
        await line.answer([update("goyam kola kaha wela"), update(POISONED)])

    assert telegram.sent == [(11, TEXTS.text("emergency.poisoning"))]


async def test_what_was_not_taken_is_tried_again() -> None:
    """It is not remembered as said."""
    telegram = Telegram(is_down=True)
    line = Lifeline(telegram, Services)

    await line.answer([update(POISONED)])
    telegram.is_down = False
    await line.answer([update(POISONED)])

    assert len(telegram.sent) == 1


@pytest.mark.parametrize(
    ("message", "is_answered"),
    [
        ({}, False),
        ({"reply_to_message": {"from": {"is_bot": True}}}, True),
        ({"reply_to_message": {"from": {"is_bot": False}}}, False),
        ({"text": f"@govi_bot {POISONED}"}, True),
    ],
)
async def test_in_a_group_only_what_is_said_to_a_bot_is_answered(
    message: dict[str, object], is_answered: bool
) -> None:
    """The rest is talk among people."""
    telegram = Telegram()
    raw = update(POISONED, {"id": -100, "type": "supergroup"})
    raw["message"] |= message  # type: ignore[operator]

    await Lifeline(telegram, Services).answer([raw])

    assert bool(telegram.sent) is is_answered


async def test_a_caption_and_a_changed_message_are_heard() -> None:
    """They are messages like others."""
    telegram = Telegram()
    message = update("")["message"]
    raw = {"update_id": 2, "edited_message": {**message, "text": None, "caption": POISONED}}

    await Lifeline(telegram, Services).answer([raw])

    assert len(telegram.sent) == 1


@pytest.mark.parametrize(
    "raw",
    [None, 7, "x", [], {}, {"message": 1}, update(7), update(POISONED, {"id": "x"}),
     update(POISONED, 3), {"message": {"text": POISONED}}],
)  # fmt: skip
async def test_odd_updates_are_passed_over(raw: object) -> None:
    """Nothing is sent, nothing is raised."""
    telegram = Telegram()

    await Lifeline(telegram, Services).answer([raw])

    assert telegram.sent == []


async def test_a_slow_database_does_not_keep_people_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are answered meanwhile, and what was written is returned in the end."""
    monkeypatch.setattr(lifeline, "PATIENCE_SECONDS", 0.01)
    telegram, written = Telegram(), asyncio.Event()

    async def write() -> str:
        await written.wait()
        return "stored"

    waiting = asyncio.create_task(Lifeline(telegram, Services).during(write(), [update(POISONED)]))
    await asyncio.wait_for(telegram.heard.wait(), 60)
    written.set()

    assert await waiting == "stored"


async def test_a_database_that_fails_is_told_after_people_are() -> None:
    """The error goes on to whoever waits for the writing."""
    telegram = Telegram()

    async def write() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await Lifeline(telegram, Services).during(write(), [update(POISONED)])

    assert len(telegram.sent) == 1


async def test_a_database_that_works_says_nothing_twice() -> None:
    """The outbox will say it."""
    telegram = Telegram()

    async def write() -> int:
        return 1

    assert await Lifeline(telegram, Services).during(write(), [update(POISONED)]) == 1
    assert telegram.sent == []


@pytest.mark.parametrize(("is_topic", "topic_id"), [(True, 7), (False, None)])
async def test_who_calls_in_a_topic_is_answered_there(is_topic: bool, topic_id: int | None) -> None:
    """What is only a thread of replies is none: Telegram would refuse it."""
    telegram, given = Telegram(), []
    usual = telegram.send_message

    async def send_message(message_thread_id: int | None, **options: Any) -> Any:
        given.append(message_thread_id)
        return await usual(**options)

    telegram.send_message = send_message
    thread = {"message_thread_id": 7, "is_topic_message": is_topic}

    await Lifeline(telegram, Services).answer([update(POISONED, **thread)])

    assert given == [topic_id]


async def test_not_everyone_who_ever_called_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten first."""
    monkeypatch.setattr(lifeline, "MOST_REMEMBERED", 2)
    telegram = Telegram()
    line = Lifeline(telegram, Services)

    for chat_id in (1, 2, 3, 3, 1):
        await line.answer([update(POISONED, {"id": chat_id, "type": "private"})])

    assert [chat_id for chat_id, _ in telegram.sent] == [1, 2, 3, 1]
