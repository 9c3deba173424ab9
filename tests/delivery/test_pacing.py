"""Telegram's limits on sending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.pacing import GROUP, OVERALL, OVERALL_SLOWED, Pacer, Window

NIMAL, KAMALA, GROUP_CHAT = 11, 22, -100


class Clock:
    """Time that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def pacer(clock: Clock) -> Pacer:
    """A pacer by that clock."""
    return Pacer(lambda: clock.now)


def send_as_fast_as_allowed(pacer: Pacer, clock: Clock, chats: list[int]) -> list[float]:
    """Send to one chat after the other; return when each was sent, from 0."""
    begun, times = clock.now, []
    for chat_id in chats:
        clock.now += pacer.delay(chat_id)
        pacer.note(chat_id)
        times.append(clock.now - begun)
    return times


def test_thirty_chats_are_written_to_at_once_and_no_more(pacer: Pacer, clock: Clock) -> None:
    """The 31st waits until the second is over."""
    times = send_as_fast_as_allowed(pacer, clock, list(range(1, OVERALL + 2)))

    assert times == [0.0] * OVERALL + [1.0]


def test_a_person_gets_one_message_a_second(pacer: Pacer, clock: Clock) -> None:
    """Others do not wait for it."""
    assert send_as_fast_as_allowed(pacer, clock, [NIMAL] * 3) == [0.0, 1.0, 2.0]
    assert pacer.delay(KAMALA) == 0.0


def test_a_group_gets_twenty_messages_a_minute(pacer: Pacer, clock: Clock) -> None:
    """One a second, and the 21st when the first is a minute old."""
    times = send_as_fast_as_allowed(pacer, clock, [GROUP_CHAT] * (GROUP + 1))

    assert times == [*map(float, range(GROUP)), 60.0]


def test_the_room_is_what_may_be_sent_at_once(pacer: Pacer, clock: Clock) -> None:
    """It shrinks with every message and comes back a second later."""
    send_as_fast_as_allowed(pacer, clock, list(range(1, OVERALL)))
    assert (pacer.room(), pacer.room_delay()) == (1, 0.0)

    pacer.note(999)

    assert (pacer.room(), pacer.room_delay()) == (0, 1.0)
    clock.now += 1
    assert pacer.room() == OVERALL


def test_a_429_holds_its_chat_and_slows_the_others(pacer: Pacer, clock: Clock) -> None:
    """Others go on at a lower pace until it has passed."""
    pacer.hold(NIMAL, 7)

    assert (pacer.delay(NIMAL), pacer.delay(KAMALA)) == (7.0, 0.0)
    assert pacer.room() == OVERALL_SLOWED
    clock.now += 7
    assert (pacer.delay(NIMAL), pacer.room()) == (0.0, OVERALL)


def test_a_429_of_a_second_chat_holds_all(pacer: Pacer, clock: Clock) -> None:
    """Two chats at the same time: Telegram means the bot."""
    pacer.hold(NIMAL, 7)
    pacer.hold(KAMALA, 5)

    assert (pacer.delay(NIMAL), pacer.delay(KAMALA), pacer.delay(33)) == (7.0, 5.0, 5.0)
    assert pacer.room() == 0


def test_a_shorter_429_does_not_end_a_longer_pause_of_all(pacer: Pacer) -> None:
    """The third chat's second is not heard; the bot goes on waiting."""
    for chat_id, seconds in ((NIMAL, 7), (KAMALA, 5), (33, 1)):
        pacer.hold(chat_id, seconds)

    assert (pacer.delay(44), pacer.room_delay()) == (5.0, 5.0)


def test_a_shorter_429_does_not_end_a_longer_pause_of_its_chat(pacer: Pacer) -> None:
    """What was on its way already when the first one came may meet another."""
    for seconds in (30, 5):
        pacer.hold(NIMAL, seconds)

    assert (pacer.delay(NIMAL), pacer.delay(KAMALA)) == (30.0, 0.0)


@pytest.mark.parametrize("second", [NIMAL, KAMALA])
def test_a_429_after_the_first_has_passed_holds_one_chat_again(
    pacer: Pacer, clock: Clock, second: int
) -> None:
    """And so does the same chat's second in a row."""
    pacer.hold(NIMAL, 7)
    clock.now += 0 if second == NIMAL else 7
    pacer.hold(second, 9)

    assert (pacer.delay(second), pacer.delay(33)) == (9.0, 0.0)


def test_chats_that_are_quiet_are_forgotten(pacer: Pacer, clock: Clock) -> None:
    """Memory holds those of the last minute, not everyone who ever wrote."""
    for chat_id in range(1, 5001):
        clock.now += 1
        pacer.note(chat_id)

    assert len(pacer._chats) <= 2


def test_who_is_written_to_all_the_time_keeps_nobody_in_memory(pacer: Pacer, clock: Clock) -> None:
    """The officers' group, say, among farmers who ask once."""
    for chat_id in range(1, 501):
        clock.now += 1
        pacer.note(GROUP_CHAT)
        pacer.note(chat_id)

    assert len(pacer._chats) <= 3


def test_a_full_group_is_not_forgotten_while_others_are_written_to(
    pacer: Pacer, clock: Clock
) -> None:
    """Its second is over long ago, its minute is not."""
    send_as_fast_as_allowed(pacer, clock, [GROUP_CHAT] * GROUP)

    clock.now += 10
    pacer.note(KAMALA)

    assert pacer.delay(GROUP_CHAT) == 31.0


@given(st.lists(st.floats(0, 3), max_size=60))
def test_no_span_of_a_second_holds_more_than_the_limit(pauses: list[float]) -> None:
    """Whatever the rhythm in which messages come up."""
    window, now, times = Window(5, 1.0), 0.0, []
    for pause in pauses:
        now += pause
        now += window.delay(now)
        window.note(now)
        times.append(now)

    assert all(late - early >= 1.0 - 1e-9 for early, late in zip(times, times[5:], strict=False))
