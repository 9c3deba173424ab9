"""Signs of life: what this process has done, and when its parts were last heard of."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping

#: Upper bounds of the classes into which seconds of a search are counted; one more has no bound.
SEARCH_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Vitals:
    """Counts since the start, and promises of parts to be heard of again.

    Written on the event loop, read from any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing done.

        Args:
            clock: Seconds that only ever grow, whatever happens to the clock on the wall.
        """
        self._clock = clock
        self._counts: Counter[tuple[str, str]] = Counter()
        self._deadlines: dict[str, float] = {}
        self._reached_at = clock()
        #: Whether the parts have begun; before that, Telegram has not been reached yet.
        self.is_serving = False
        #: Messages that Telegram has taken: a count that stands still while it takes none.
        self.messages_taken = 0
        self.searches = [0] * (len(SEARCH_BOUNDS) + 1)
        self.search_seconds = 0.0

    def count(self, what: str, label: str = "", by: int = 1) -> None:
        """Count something that happened, under a label if there are kinds of it."""
        self._counts[what, label] += by

    def counts(self, what: str) -> Mapping[str, int]:
        """Return how often something has happened, by label."""
        return {label: count for (name, label), count in [*self._counts.items()] if name == what}

    def note_search(self, seconds: float) -> None:
        """Count a search by how long it took."""
        self.searches[bisect_left(SEARCH_BOUNDS, seconds)] += 1
        self.search_seconds += seconds

    def note_reached(self) -> None:
        """Say that Telegram has just answered, or sent something."""
        self._reached_at = self._clock()

    def note_taken(self) -> None:
        """Say that Telegram has just taken a message."""
        self.messages_taken += 1

    def unreached_seconds(self) -> float:
        """Return for how long Telegram has not been heard of; from the start if never."""
        return self._clock() - self._reached_at

    def expect(self, part: str, within_seconds: float) -> None:
        """Promise that a part will be heard of again within so many seconds, or is stuck."""
        self._deadlines[part] = self._clock() + within_seconds

    def list_stuck(self, by_seconds: float = 0.0) -> list[str]:
        """Return the parts that have not kept their promise, and are late by so much."""
        latest = self._clock() - by_seconds
        return sorted(part for part, deadline in [*self._deadlines.items()] if deadline < latest)
