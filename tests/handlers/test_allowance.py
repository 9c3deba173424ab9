"""How much one person may send."""

from bot.handlers.allowance import Allowance, Verdict


class Clock:
    """A clock that stands still unless it is moved."""

    now = 1000.0

    def read(self) -> float:
        """What it shows."""
        return self.now


def verdicts(allowance: Allowance, count: int, person: int = 1, first: int = 1) -> list[Verdict]:
    """What becomes of so many updates in a row."""
    return [allowance.take(person, first + number) for number in range(count)]


def test_a_burst_passes_and_the_first_after_it_is_told() -> None:
    """The rest is ignored without a word."""
    given = verdicts(Allowance(3, 60, Clock().read), 6)

    assert given == [Verdict.GO_ON] * 3 + [Verdict.TELL] + [Verdict.IGNORE] * 2


def test_time_brings_the_allowance_back() -> None:
    """As much as there has been time for, never more than a burst."""
    clock = Clock()
    allowance = Allowance(3, 60, clock.read)
    verdicts(allowance, 5)

    clock.now += 2
    some = verdicts(allowance, 4, first=10)
    clock.now += 3600
    all_of_it = verdicts(allowance, 4, first=20)

    assert some == [Verdict.GO_ON, Verdict.GO_ON, Verdict.TELL, Verdict.IGNORE]
    assert all_of_it == [Verdict.GO_ON] * 3 + [Verdict.TELL]


def test_what_waited_together_was_not_sent_together() -> None:
    """A backlog counts by when it was sent; what was sent at once is held back as ever."""
    allowance = Allowance(2, 60, Clock().read)

    backlog = [allowance.take(1, number, 5000.0 + number) for number in range(1, 9)]
    at_once = [allowance.take(1, number, 5008.0) for number in range(10, 14)]

    assert backlog == [Verdict.GO_ON] * 8
    assert at_once == [Verdict.GO_ON, Verdict.TELL, Verdict.IGNORE, Verdict.IGNORE]


def test_one_persons_flood_costs_nobody_else() -> None:
    """Each has their own allowance."""
    allowance = Allowance(3, 60, Clock().read)
    verdicts(allowance, 10)

    assert verdicts(allowance, 3, person=2) == [Verdict.GO_ON] * 3


def test_an_update_that_is_tried_again_is_counted_once() -> None:
    """Trouble with the network uses nothing up."""
    allowance = Allowance(1, 60, Clock().read)

    assert [allowance.take(1, 7) for _ in range(5)] == [Verdict.GO_ON] * 5


def test_no_limit_lets_everything_pass() -> None:
    """0 a minute means any number."""
    assert set(verdicts(Allowance(1, 0, Clock().read), 100)) == {Verdict.GO_ON}


def test_people_who_are_quiet_are_forgotten(monkeypatch) -> None:
    """A year of farmers does not stay in memory; those who are over the limit do."""
    monkeypatch.setattr("bot.handlers.allowance._MOST_REMEMBERED", 10)
    clock = Clock()
    allowance = Allowance(2, 60, clock.read)
    for person in range(10):
        allowance.take(person, 1)
    clock.now += 60
    verdicts(allowance, 3, person=5)

    allowance.take(99, 1)

    assert allowance._buckets.keys() == {5, 99}
