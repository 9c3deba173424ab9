"""How much each person may send, counted in this process's memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

#: When so many people are remembered, those who have their full allowance again are forgotten.
_MOST_REMEMBERED = 10_000


class Verdict(Enum):
    """What becomes of one message."""

    GO_ON = "go on"
    #: Over the limit, and the person has not been told yet.
    TELL = "tell"
    #: Over the limit; they have been told.
    IGNORE = "ignore"


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    #: When the latest of their messages was sent, by Telegram's clock.
    sent_at: float
    is_told: bool = False
    update_id: int = 0


class Allowance:
    """How much each person may send: `burst` at once, and `per_minute` in the long run."""

    def __init__(
        self, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the limits; 0 a minute sets none."""
        self._burst = burst
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}

    def take(self, person: int, update_id: int, sent_at: float = 0.0) -> Verdict:
        """Count one update of a person; one that is handled again is counted once.

        What waited for us together, after an outage, was not sent together: time counts too
        between the seconds since 1970 at which messages were sent, where those are known.
        """
        if not self._per_second:
            return Verdict.GO_ON
        bucket = self._refilled(person, sent_at)
        if bucket.update_id == update_id:
            return Verdict.GO_ON
        if bucket.left >= 1:
            bucket.left -= 1
            bucket.is_told = False
            bucket.update_id = update_id
            return Verdict.GO_ON
        verdict = Verdict.IGNORE if bucket.is_told else Verdict.TELL
        bucket.is_told = True
        return verdict

    def refill(self, person: int) -> None:
        """Let a person go on at once."""
        self._buckets.pop(person, None)

    def _refilled(self, person: int, sent_at: float) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(person)
        if bucket is None:
            self._forget_quiet(now)
            bucket = self._buckets[person] = _Bucket(self._burst, now, sent_at)
        since_sent = sent_at - bucket.sent_at if bucket.sent_at else 0.0
        bucket.left = self._left(bucket, max(now, bucket.at + since_sent))
        bucket.at, bucket.sent_at = now, max(bucket.sent_at, sent_at)
        return bucket

    def _left(self, bucket: _Bucket, now: float) -> float:
        return min(self._burst, bucket.left + (now - bucket.at) * self._per_second)

    def _forget_quiet(self, now: float) -> None:
        if len(self._buckets) >= _MOST_REMEMBERED:
            self._buckets = {
                person: bucket
                for person, bucket in self._buckets.items()
                if self._left(bucket, now) < self._burst
            }
