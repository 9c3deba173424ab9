"""Moving updates from Telegram into the inbox."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from telegram.error import (
    Conflict,
    EndPointNotFound,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.errors import TokenError
from bot.intake import poller
from bot.intake.poller import Poller
from bot.services import inbox
from bot.vitals import Vitals

UPDATES = [{"update_id": 7}, {"update_id": 8}]


class Telegram:
    """Answers polls from a script, then waits for ever."""

    def __init__(self, *script: list[dict[str, int]] | TelegramError) -> None:
        self.script = list(script)
        self.offsets: list[int | None] = []
        self.deleted = 0

    async def delete_webhook(self) -> None:
        """Count that it is asked for."""
        self.deleted += 1

    async def do_api_request(self, method: str, *, api_kwargs: Any, read_timeout: float) -> Any:
        """Give the next answer."""
        self.offsets.append(api_kwargs.get("offset"))
        self.allowed = set(api_kwargs["allowed_updates"])
        if not self.script:
            await asyncio.Event().wait()
        answer = self.script.pop(0)
        if isinstance(answer, TelegramError):
            raise answer
        return answer


class Inbox:
    """Stores updates, unless it is told to fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.vitals = Vitals()
        self.stored: list[int | None] = []
        self.error = error

    async def run(
        self, function: Callable[..., Any], updates: Sequence[dict[str, int]]
    ) -> list[int]:
        """Store ids only."""
        if self.error is not None:
            raise self.error
        self.stored += [inbox.find_update_id(update) for update in updates]
        return self.stored


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds for a retry."""
    monkeypatch.setattr(poller, "SHORTEST_PAUSE", 0.001)
    monkeypatch.setattr(poller, "LONGEST_PAUSE", 0.002)


async def poll(telegram: Telegram, inbox: Inbox, polls: int) -> None:
    """Let a poller ask so many times."""
    task = asyncio.create_task(Poller(telegram, inbox, lambda: None).run())
    async with asyncio.timeout(60):
        while len(telegram.offsets) < polls and not task.done():  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def test_the_offset_moves_past_what_is_stored() -> None:
    """The first poll has none; the second acknowledges."""
    telegram, inbox = Telegram(UPDATES), Inbox()

    await poll(telegram, inbox, polls=2)

    assert inbox.stored == [7, 8]
    assert telegram.offsets == [None, 9]


async def test_the_offset_stays_when_nothing_could_be_stored() -> None:
    """What is not in the inbox is never acknowledged."""
    telegram = Telegram(UPDATES)

    with pytest.raises(OSError, match="disk full"):
        await poll(telegram, Inbox(OSError("disk full")), polls=2)

    assert telegram.offsets == [None]


@pytest.mark.parametrize("error", [NetworkError("down"), Conflict("another"), TelegramError("odd")])
async def test_trouble_is_waited_out(error: TelegramError) -> None:
    """The next poll asks for the same again."""
    telegram, inbox = Telegram(error, UPDATES), Inbox()

    await poll(telegram, inbox, polls=3)

    assert inbox.stored == [7, 8]
    assert telegram.offsets == [None, None, 9]


@pytest.mark.parametrize(
    ("words", "deleted"),
    [("can't use getUpdates method while webhook is active", 2), ("terminated by other", 1)],
)
async def test_a_webhook_that_somebody_set_meanwhile_is_taken_away(
    words: str, deleted: int
) -> None:
    """Or the bot would be deaf until its next start; another poller is none."""
    telegram, inbox = Telegram(Conflict(words), UPDATES), Inbox()

    await poll(telegram, inbox, polls=3)

    assert inbox.stored == [7, 8]
    assert telegram.deleted == deleted


@pytest.mark.parametrize(
    ("script", "pauses"),
    [
        ([NetworkError("down")] * 4, [0.001, 0.002, 0.002, 0.002]),
        ([NetworkError("down"), NetworkError("down"), UPDATES, NetworkError("down")],
         [0.001, 0.002, 0.001]),
    ],
    ids=["growing", "short again"],
)  # fmt: skip
async def test_pauses_grow_until_telegram_is_there_again(
    caplog: pytest.LogCaptureFixture, script: list[Any], pauses: list[float]
) -> None:
    """Up to the longest one."""
    await poll(Telegram(*script), Inbox(), polls=len(script) + 1)

    assert [vars(record)["seconds"] for record in caplog.records] == pauses


async def test_a_pause_that_telegram_asks_for_is_kept(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ours would be."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")

    await poll(Telegram(RetryAfter(0)), Inbox(), polls=2)

    assert [vars(record)["seconds"] for record in caplog.records] == [0.0]


async def test_what_govi_answers_to_is_asked_for() -> None:
    """Telegram keeps back what nobody asks for, such as that somebody has blocked the bot."""
    telegram = Telegram(UPDATES)

    await poll(telegram, Inbox(), polls=1)

    assert {"message", "edited_message", "callback_query", "my_chat_member"} <= telegram.allowed


async def test_who_waits_for_the_database_is_not_stuck() -> None:
    """A large import may keep it for minutes; ended then, it would begin anew for ever."""
    moments = [0.0]
    inbox = Inbox()
    inbox.vitals = Vitals(lambda: moments[0])
    usual, stuck = inbox.run, []

    async def slow(*args: Any) -> list[int]:
        moments[0] += 500.0
        stuck.extend(inbox.vitals.list_stuck())
        return await usual(*args)

    inbox.run = slow
    await poll(Telegram(UPDATES), inbox, polls=2)

    assert (inbox.stored, stuck) == ([7, 8], [])


async def test_a_database_that_takes_nothing_is_waited_out() -> None:
    """What could not be stored is asked for again."""
    full = OperationalError("insert", {}, Exception("database or disk is full"))
    telegram = Telegram(UPDATES, UPDATES)

    await poll(telegram, Inbox(full), polls=2)

    assert telegram.offsets[:2] == [None, None]


async def test_an_update_without_an_id_confirms_nothing_else() -> None:
    """It is stored as it is, and the others' ids move the offset."""
    telegram, inbox = Telegram([*UPDATES, "nonsense"]), Inbox()

    await poll(telegram, inbox, polls=2)

    assert telegram.offsets == [None, 9]
    assert inbox.stored == [7, 8, None]


@pytest.mark.parametrize("error", [InvalidToken("Unauthorized"), EndPointNotFound("Unauthorized")])
async def test_a_refused_token_ends_polling(error: TelegramError) -> None:
    """PTB says "end point not found" for a token that was revoked while polling."""
    with pytest.raises(TokenError, match="BotFather"):
        await poll(Telegram(error), Inbox(), polls=9)
