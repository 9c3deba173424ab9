"""Signs of life."""

import pytest

from bot.vitals import SEARCH_BOUNDS, Vitals


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def vitals(clock: Clock) -> Vitals:
    """Nothing done yet."""
    return Vitals(clock)


def test_a_part_is_stuck_once_its_promise_is_broken(vitals: Vitals, clock: Clock) -> None:
    """And well again when it is heard of."""
    vitals.expect("worker", 60)
    vitals.expect("poller", 600)

    clock.now += 61

    assert vitals.list_stuck() == ["worker"]
    vitals.expect("worker", 60)
    assert vitals.list_stuck() == []


def test_telegram_is_unreached_from_the_start(vitals: Vitals, clock: Clock) -> None:
    """Silence counts although nothing was ever heard."""
    clock.now += 5
    assert vitals.unreached_seconds() == 5

    vitals.note_reached()
    assert vitals.unreached_seconds() == 0


def test_counts_are_kept_by_label(vitals: Vitals) -> None:
    """One thing does not count as another."""
    vitals.count("sent", "reply")
    vitals.count("sent", "reply")
    vitals.count("updates", by=3)

    assert vitals.counts("sent") == {"reply": 2}
    assert vitals.counts("updates") == {"": 3}


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.005, 0), (0.006, 1), (99.0, 10)])
def test_a_search_is_counted_in_one_class(vitals: Vitals, seconds: float, place: int) -> None:
    """A bound belongs to the class below it, as Prometheus has it."""
    vitals.note_search(seconds)

    assert vitals.searches.index(1) == place
    assert sum(vitals.searches) == 1
    assert len(vitals.searches) == len(SEARCH_BOUNDS) + 1
