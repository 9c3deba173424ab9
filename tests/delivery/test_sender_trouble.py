"""What the sender makes of trouble: whose fault it is, and when it tries again."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session

from bot.bootstrap import Services
from bot.db.engine import reading
from bot.db.models import OutboxStatus, OutgoingMessage, Reply
from bot.delivery import messages, pacing, sender
from bot.delivery.kinds import Kind
from bot.rendering import Rendered
from bot.services import outbox
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from bot.testing.world import Refusal
from tests.delivery.test_sender import breaking_off, refuse
from tests.services.asking import ask


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds; messages of one kind say the same, if nothing else is given."""
    monkeypatch.setattr(sender, "SHORTEST_PAUSE", 0.02)
    monkeypatch.setattr(sender, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(sender, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(pacing, "CHAT_SECONDS", 0.0)
    say = Kind(lambda letter: Rendered((letter.data.get("text", "a"),)))
    monkeypatch.setitem(messages.KINDS, "say", say)


@pytest.fixture
def put_back(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """After how many seconds a message is to be tried again, and how many attempts count."""
    noted, usual = [], outbox.put_back

    def note(session: Session, number: int, reason: str, seconds: float, attempts: int) -> None:
        noted.append((seconds, attempts))
        usual(session, number, reason, seconds, attempts)

    monkeypatch.setattr(outbox, "put_back", note)
    return noted


async def owe_two(api: BotApi, services: Services) -> list[Person]:
    """Owe a message to each of two people."""
    people = [api.user(11), api.user(22)]
    for person in people:
        person.sends("/start")
        await services.run(outbox.post, person.id, "say")
    return people


def has_told(person: Person) -> Callable[[], bool]:
    """Return a condition: the person has the message."""
    return lambda: person.sees()[-1].text == "a"


async def test_what_keeps_failing_while_others_get_through_is_given_up(
    api: BotApi,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    put_back: list[tuple[float, int]],
) -> None:
    """At its twentieth failure, with its reason; the chat's next message is sent."""
    ill, other = await owe_two(api, services)
    await services.run(outbox.post, ill.id, "say", {"text": "next"})
    await services.run(outbox.put_back, 1, "boom", 0.0, 18)
    broken = Refusal(500, "Internal Server Error")
    refuse(monkeypatch, lambda given: given == given | {"chat_id": ill.id, "text": "a"}, broken)

    async with breaking_off(api, services) as sending_now:
        for number in range(100):
            if statuses(services)[0] is OutboxStatus.FAILED:
                break
            await services.run(outbox.post, other.id, "say", {"text": f"{number}"})
            sending_now.wake()
            await api.until(lambda text=f"{number}": other.sees()[-1].text == text)
        await api.until(lambda: ill.sees()[-1].text == "next")

    assert max(attempts for _, attempts in put_back) == 19
    with reading(services.sessions) as session:
        assert "NetworkError" in (session.get_one(OutgoingMessage, 1).reason or "")


async def test_one_that_got_through_is_counted_once(
    api: BotApi,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    put_back: list[tuple[float, int]],
) -> None:
    """When nobody is sent anything any more, that is an outage again, which uses nothing up."""
    ill, other = api.user(11), api.user(22)
    other.sends("/start")
    broken = Refusal(500, "Internal Server Error")
    refuse(monkeypatch, lambda given: given["chat_id"] == ill.id, broken)
    await services.run(outbox.post, ill.id, "say")

    async with breaking_off(api, services) as sending_now:
        await api.until(lambda: len(put_back) >= 1)
        await services.run(outbox.post, other.id, "say")
        sending_now.wake()
        await api.until(has_told(other))
        before = len(put_back)
        await api.until(lambda: len(put_back) >= before + 4)

    assert max(attempts for _, attempts in put_back) == 1


@pytest.mark.parametrize(
    ("uniform", "pauses"), [(max, [0.02, 0.04, 0.05, 0.05]), (min, [0.01, 0.02, 0.025, 0.025])]
)
async def test_each_pause_is_twice_the_last_up_to_the_longest(
    api: BotApi,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    put_back: list[tuple[float, int]],
    uniform: Callable[[float, float], float],
    pauses: list[float],
) -> None:
    """Or half of that, by chance: what failed together does not come back together.

    Once it is sent nothing is remembered of its trouble, or an outage would be in memory for ever.
    """
    monkeypatch.setattr("bot.delivery.sender.random.uniform", uniform)
    person = api.user(11)
    person.sends("/start")
    await services.run(outbox.post, person.id, "say")
    api.fail("sendMessage", faults.server_error(), times=4)

    async with breaking_off(api, services) as sending_now:
        await api.until(lambda: statuses(services) == [OutboxStatus.SENT])

    assert [seconds for seconds, _ in put_back] == pytest.approx(pauses)
    assert sending_now._troubles == {}


async def test_what_was_put_back_is_sent_as_soon_as_its_pause_is_over(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the next look at what other processes wrote."""
    monkeypatch.setattr(sender, "SWEEP_SECONDS", 600.0)
    monkeypatch.setattr(sender, "SHORTEST_PAUSE", 0.5)
    monkeypatch.setattr(sender, "LONGEST_PAUSE", 0.5)
    person = api.user(11)
    person.sends("/start")
    await services.run(outbox.post, person.id, "say")
    api.fail("sendMessage", faults.server_error())

    async with breaking_off(api, services):
        await api.until(has_told(person))

    assert api.faults.count == 0


async def test_one_that_may_kill_and_takes_long_is_not_waited_for(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not killed this process for a while, so the other one goes on."""
    monkeypatch.setattr(sender, "ALONE_SECONDS", 0.05)
    slow, other = await owe_two(api, services)
    await services.run(outbox.lease, 9, 60)
    await services.run(outbox.take_over)
    api.fail("sendMessage", faults.slow_answer(60))

    async with breaking_off(api, services):
        await api.until(has_told(other))
        is_waiting = not has_told(slow)()

    assert is_waiting


async def test_what_a_cancelled_sender_has_sent_is_recorded_all_the_same(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is busy with something long, as at a stop in the middle of an import."""
    begun, is_over, is_recording = threading.Event(), threading.Event(), threading.Event()
    usual = Services.run_surely

    async def record(*args: Any) -> Any:
        is_recording.set()
        return await usual(*args)

    def work(session: Session) -> None:
        begun.set()
        is_over.wait(60)

    monkeypatch.setattr(Services, "run_surely", record)
    person = api.user(11)
    person.sends("/start")
    await services.run(outbox.post, person.id, "say")
    api.fail("sendMessage", faults.Fault(held_seconds=0.3))
    async with breaking_off(api, services):
        await api.until(has_told(person))
        working = asyncio.create_task(services.run(work))
        await api.until(begun.is_set)
        await api.until(is_recording.is_set)
    is_over.set()
    await working
    await services.run(lambda session: None)

    with reading(services.sessions) as session:
        assert session.query(OutgoingMessage).one().status is OutboxStatus.SENT


@pytest.mark.parametrize("error", [NoConnectionError("pool"), KeyError("ours")])
async def test_what_cannot_be_read_for_all_is_no_messages_fault(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Nobody's answer is given up for it; once it can be read again, all are sent."""
    failures = iter([error, error, error])
    usual = sender.compose

    def compose(*args: Any) -> Any:
        if (failure := next(failures, None)) is not None:
            raise failure
        return usual(*args)

    monkeypatch.setattr(sender, "compose", compose)
    people = await owe_two(api, services)

    async with breaking_off(api, services):
        for person in people:
            await api.until(has_told(person))

    with reading(services.sessions) as session:
        statuses = [row.status for row in session.query(OutgoingMessage)]
    assert OutboxStatus.FAILED not in statuses


async def test_a_connection_that_breaks_gives_nobody_up(
    api: BotApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read behind the break fails for another reason, which is no fault of its own."""
    breaks = iter([True])

    def read(session: Session, _: Any) -> object:
        connection = session.connection()
        if next(breaks, False):
            connection.invalidate()
            raise OperationalError("select", {}, Exception("server closed the connection"))
        return session.scalar(select(func.count(OutgoingMessage.id)))

    monkeypatch.setitem(messages.KINDS, "say", Kind(lambda *_: Rendered(("a",)), read))
    people = await owe_two(api, services)

    async with breaking_off(api, services):
        await api.until(lambda: OutboxStatus.PENDING not in statuses(services))

    assert all(has_told(person)() for person in people)


def statuses(services: Services) -> list[OutboxStatus]:
    """What became of every message, oldest first."""
    with reading(services.sessions) as session:
        return [row.status for row in session.query(OutgoingMessage).order_by("id")]


async def test_who_never_wrote_to_the_bot_is_no_fault_of_ours(
    api: BotApi, services: Services
) -> None:
    """An officer who was only named is not written to, and no admin is alarmed."""
    await services.run(outbox.post, 99, "say")

    async with breaking_off(api, services):
        await api.until(lambda: statuses(services) == [OutboxStatus.DROPPED])

    assert len(api.calls("sendMessage")) == 1


async def test_officers_whose_group_lets_nobody_in_are_not_forgotten(
    api: BotApi, services: Services
) -> None:
    """What they were to be told counts as given up, and admins hear of it, unlike a reply."""
    reply = await services.run(a_reply)
    api.fail("sendMessage", faults.Fault(status=403), times=9)
    for reply_id in (None, reply):
        await services.run(outbox.post, api.group(-1001), "say", reply_id=reply_id)

    async with breaking_off(api, services):
        await api.until(lambda: OutboxStatus.PENDING not in statuses(services))

    assert statuses(services) == [OutboxStatus.FAILED, OutboxStatus.DROPPED]


def a_reply(session: Session) -> int:
    """A reply to a question."""
    reply = Reply(question=ask(session, "ප්‍රශ්නය"), kind="answer")
    session.add(reply)
    session.flush()
    return reply.id
