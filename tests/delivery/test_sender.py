"""Sending what is owed, through the real Bot over HTTP, out of a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.bootstrap import Services
from bot.db.engine import reading
from bot.db.models import Farmer, Lane, OutboxStatus, OutgoingMessage
from bot.delivery import messages, pacing, sender
from bot.delivery.messages import Kind
from bot.delivery.pacing import Pacer
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.rendering import Rendered
from bot.services import outbox
from bot.services.farmers import Asker, get_farmer
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.parameters import METHODS
from bot.testing.world import Refusal, World
from tests.delivery.patience import patient_bot

NIMAL, KAMALA = 11, 22


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds; PTB says which type its RetryAfter will have."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    monkeypatch.setattr(sender, "SHORTEST_PAUSE", 0.02)
    monkeypatch.setattr(sender, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(sender, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(pacing, "CHAT_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that hold their own text, one text a part."""
    say = Kind(lambda letter: Rendered(tuple(letter.data["parts"])))
    monkeypatch.setitem(messages.KINDS, "say", say)
    monkeypatch.setitem(messages.KINDS, "over", Kind(lambda letter: None))


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A stand-in for Telegram that Nimal and Kamala have written to."""
    with BotApi() as api:
        for user_id in (NIMAL, KAMALA):
            api.user(user_id).sends("/start")
        yield api


@asynccontextmanager
async def sending(api: BotApi, services: Services) -> AsyncIterator[Sender]:
    """Send until the end of the block, then finish what is due."""
    async with patient_bot(api) as bot:
        sending = Sender(Wire(bot, Pacer()), services)
        task = asyncio.create_task(sending.run())
        yield sending
        sending.finish()
        await asyncio.wait_for(task, 120)


@asynccontextmanager
async def breaking_off(api: BotApi, services: Services) -> AsyncIterator[Sender]:
    """Send until the end of the block; what is on its way then is left."""
    async with patient_bot(api) as bot:
        sending = Sender(Wire(bot, Pacer()), services)
        task = asyncio.create_task(sending.run())
        yield sending
        task.cancel()
        await asyncio.wait({task})


def refuse(monkeypatch: pytest.MonkeyPatch, is_meant: Callable[[Any], bool], no: Refusal) -> None:
    """Let Telegram refuse some messages whenever they are sent."""
    usual = METHODS["sendMessage"]

    def send(world: World, given: Any) -> Any:
        if is_meant(given):
            raise no
        return usual.call(world, given)

    monkeypatch.setitem(METHODS, "sendMessage", usual._replace(call=send))


async def owe(services: Services, chat_id: int, *parts: str, **options: Any) -> None:
    """Owe a message."""
    kind = options.pop("kind", "say")
    await services.run(outbox.post, chat_id, kind, {"parts": parts}, **options)


def rows(services: Services) -> list[OutgoingMessage]:
    """Every message, oldest first."""
    with reading(services.sessions) as session:
        return session.query(OutgoingMessage).order_by(OutgoingMessage.id).all()


def settled(services: Services) -> Callable[[], bool]:
    """Return a condition: nothing is pending."""
    return lambda: all(row.status is not OutboxStatus.PENDING for row in rows(services))


def heard(api: BotApi, user_id: int) -> list[str]:
    """What the bot has said to a person."""
    return [seen.text for seen in api.user(user_id).sees()][1:]


async def test_what_is_owed_is_sent_and_recorded(api: BotApi, services: Services) -> None:
    """In the chat's order, with Telegram's ids."""
    for text in ("a", "b", "c"):
        await owe(services, NIMAL, text)

    async with sending(api, services):
        pass

    assert heard(api, NIMAL) == ["a", "b", "c"]
    assert [row.message_ids for row in rows(services)] == [[2], [3], [4]]
    assert (services.vitals.messages_taken, services.vitals.counts("sent")) == (3, {"say": 3})
    assert {row.status for row in rows(services)} == {OutboxStatus.SENT}


async def test_what_is_owed_later_is_sent_when_the_sender_is_woken(
    api: BotApi, services: Services
) -> None:
    """Without waiting for the next look."""
    async with sending(api, services) as sending_now:
        await asyncio.sleep(0)
        await owe(services, NIMAL, "a")
        sending_now.wake()
        await api.until(settled(services))

    assert heard(api, NIMAL) == ["a"]


async def test_what_is_owed_in_a_forum_goes_under_its_message_in_its_topic(
    api: BotApi, services: Services
) -> None:
    """Where the question was asked."""
    group = api.group(-1001)
    asked = api.user(NIMAL).sends("ප්‍රශ්නය", group)
    await owe(services, group, "a", under_message_id=asked.message_id, topic_id=7)

    async with sending(api, services):
        pass

    said = api.user(NIMAL).sees(group)[-1]
    assert (said.text, said.raw.get("message_thread_id")) == ("a", 7)
    assert said.replies_to == asked.message_id


async def test_urgent_messages_overtake_bulk(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that is owed after thirty bulk messages is sent before most of them."""
    monkeypatch.setattr(pacing, "OVERALL", 2)
    monkeypatch.setattr(pacing, "OVERALL_SECONDS", 0.2)
    for number in range(30):
        reader = api.user(1000 + number)
        reader.sends("/start")
        await owe(services, reader.id, "bulk", lane=Lane.BULK)

    async with sending(api, services) as sending_now:
        await api.until(lambda: len(api.calls("sendMessage")) >= 2)
        await owe(services, NIMAL, "reply", lane=Lane.REPLY)
        sending_now.wake()
        await api.until(lambda: heard(api, NIMAL) == ["reply"])
        assert len(api.calls("sendMessage")) < 25


async def test_parts_that_were_sent_are_not_sent_again(api: BotApi, services: Services) -> None:
    """A long text that fails in the middle goes on behind what Telegram has."""
    await owe(services, NIMAL, "a", "b", "c")
    api.fail("sendMessage", faults.slow_answer(0))
    api.fail("sendMessage", faults.server_error())

    async with sending(api, services):
        await api.until(settled(services))

    assert heard(api, NIMAL) == ["a", "b", "c"]
    assert rows(services)[0].message_ids == [2, 3, 4]


async def test_parts_that_a_dead_process_sent_are_not_sent_again(
    api: BotApi, services: Services
) -> None:
    """They stand in the row."""
    await owe(services, NIMAL, "a", "b")
    [leased] = await services.run(outbox.lease, 1, 60)
    await services.run(outbox.note_parts, leased.id, [9])
    await services.run(outbox.take_over)

    async with sending(api, services):
        pass

    assert heard(api, NIMAL) == ["b"]


@pytest.mark.parametrize(
    "fault",
    [faults.server_error(), faults.dropped_connection(), faults.Fault(status=429, retry_after=1)],
    ids=["502", "dropped", "429"],
)
async def test_trouble_delays_and_uses_nothing_up(
    api: BotApi, services: Services, fault: faults.Fault
) -> None:
    """The message arrives once, and no attempt is counted."""
    await owe(services, NIMAL, "a")
    api.fail("sendMessage", fault)

    async with sending(api, services):
        await api.until(settled(services))

    assert heard(api, NIMAL) == ["a"]
    assert rows(services)[0].attempts == 0


async def test_an_outage_never_uses_a_message_up(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it fails while nothing else gets through either."""
    monkeypatch.setattr(sender, "ATTEMPTS", 2)
    await owe(services, NIMAL, "a")
    api.fail("sendMessage", faults.server_error(), times=10)

    async with sending(api, services):
        await api.until(settled(services))

    assert heard(api, NIMAL) == ["a"]


async def test_what_telegram_refuses_is_given_up_and_blocks_nobody(
    api: BotApi, services: Services
) -> None:
    """Broken markup is our fault and stays broken."""
    await owe(services, NIMAL, "<b>broken")
    await owe(services, NIMAL, "next")

    async with sending(api, services):
        pass

    assert [row.status for row in rows(services)] == [OutboxStatus.FAILED, OutboxStatus.SENT]
    assert "can't parse entities" in (rows(services)[0].reason or "").lower()
    assert services.vitals.counts("failed") == {"outbox": 1}
    assert heard(api, NIMAL) == ["next"]


async def test_what_cannot_be_rendered_is_given_up(api: BotApi, services: Services) -> None:
    """A kind of a newer release, for one; what lies behind it is sent."""
    await owe(services, NIMAL, kind="nonsense")
    await owe(services, NIMAL, "next")

    async with sending(api, services):
        pass

    assert rows(services)[0].status is OutboxStatus.FAILED
    assert "nonsense" in (rows(services)[0].reason or "")
    assert heard(api, NIMAL) == ["next"]


async def test_what_is_over_is_dropped(api: BotApi, services: Services) -> None:
    """Nothing is sent."""
    await owe(services, NIMAL, kind="over")

    async with sending(api, services):
        pass

    assert rows(services)[0].status is OutboxStatus.DROPPED
    assert heard(api, NIMAL) == []


async def test_who_blocked_the_bot_is_marked_and_delays_nobody(
    api: BotApi, services: Services
) -> None:
    """One blocked reader among three."""
    await services.run(get_farmer, Asker(NIMAL, NIMAL))
    api.user(NIMAL).blocks()
    for chat_id in (NIMAL, KAMALA, NIMAL):
        await owe(services, chat_id, "a")

    async with sending(api, services):
        pass

    dropped, sent = OutboxStatus.DROPPED, OutboxStatus.SENT
    assert [row.status for row in rows(services)] == [dropped, sent, dropped]
    with reading(services.sessions) as session:
        assert not session.query(Farmer).one().is_reachable


async def test_a_group_that_became_a_supergroup_is_written_to_there(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, and the order stays."""
    old, new = api.group(-5), api.group(-1005)
    moved = Refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=new)
    refuse(monkeypatch, lambda given: given["chat_id"] == old, moved)
    for text in ("a", "b"):
        await owe(services, old, text, under_message_id=77)

    async with sending(api, services):
        await api.until(settled(services))

    assert [seen.text for seen in api.user(NIMAL).sees(new)] == ["a", "b"]


async def test_a_sent_message_is_not_sent_again_because_the_database_is_locked(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is tried until it succeeds; until then the message stays with its sender."""
    await owe(services, NIMAL, "a")
    failures = iter([True, True])
    usual = outbox.mark_sent

    def locked_at_first(*args: Any) -> None:
        if next(failures, False):
            raise OperationalError("update", {}, Exception("database is locked"))
        usual(*args)

    monkeypatch.setattr(outbox, "mark_sent", locked_at_first)
    async with sending(api, services):
        await api.until(settled(services))

    assert heard(api, NIMAL) == ["a"]


async def test_a_process_that_dies_before_it_records_a_message_sends_it_again(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one window in which a farmer hears twice: Telegram has it, the database does not."""
    await owe(services, NIMAL, "a")
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "mark_sent", never)
        async with breaking_off(api, services):
            await api.until(lambda: heard(api, NIMAL) == ["a"])

    await services.run(outbox.take_over)
    async with sending(api, services):
        pass

    assert heard(api, NIMAL) == ["a", "a"]
    assert rows(services)[0].status is OutboxStatus.SENT


def never(*args: Any) -> None:
    """Stand for a database that cannot be written before the process dies."""
    raise OperationalError("update", {}, Exception("database is locked"))


async def test_a_slow_chat_holds_up_no_other(api: BotApi, services: Services) -> None:
    """While one message is on its way, others arrive."""
    api.fail("sendMessage", faults.slow_answer(600))
    await owe(services, NIMAL, "slow")

    async with breaking_off(api, services) as sending_now:
        await api.until(lambda: api.faults.count == 0)
        await owe(services, KAMALA, "quick")
        sending_now.wake()
        await api.until(lambda: heard(api, KAMALA) == ["quick"])

    assert heard(api, NIMAL) == []


async def test_what_is_on_its_way_is_not_sent_again_when_its_lease_ends(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram takes its time; nobody has died."""
    monkeypatch.setattr(sender, "LEASE_SECONDS", -1.0)
    api.fail("sendMessage", faults.slow_answer(0.5))
    await owe(services, NIMAL, "a")

    async with sending(api, services):
        await api.until(settled(services))

    assert heard(api, NIMAL) == ["a"]


async def test_a_sender_that_is_cancelled_leaves_the_rest_owed(
    api: BotApi, services: Services
) -> None:
    """What was on its way is pending, and the next sender sends it."""
    api.fail("sendMessage", faults.slow_answer(600))
    await owe(services, NIMAL, "a")
    async with breaking_off(api, services):
        await api.until(lambda: api.faults.count == 0)
    assert rows(services)[0].status is OutboxStatus.PENDING

    await services.run(outbox.take_over)
    async with sending(api, services):
        pass

    assert rows(services)[0].status is OutboxStatus.SENT
