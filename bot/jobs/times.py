"""When something is due: times of day and days of the week in Sri Lanka, and fixed intervals."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, Protocol

from bot.local_time import COLOMBO

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class When(Protocol):
    """A rule that due times follow."""

    def latest(self, now: datetime) -> datetime:
        """Return the last due time that is not after `now`, in UTC."""
        ...


class Every(NamedTuple):
    """At every multiple of an interval.

    >>> Every(timedelta(minutes=10)).latest(datetime(2026, 11, 24, 6, 29, tzinfo=UTC))
    datetime.datetime(2026, 11, 24, 6, 20, tzinfo=datetime.timezone.utc)
    """

    interval: timedelta

    def latest(self, now: datetime) -> datetime:
        """Return the last multiple of the interval."""
        return now.astimezone(UTC) - (now - _EPOCH) % self.interval


class Daily(NamedTuple):
    """At a time of day.

    >>> Daily(time(6, 30)).latest(datetime(2026, 11, 24, 0, 59, tzinfo=UTC))
    datetime.datetime(2026, 11, 23, 1, 0, tzinfo=datetime.timezone.utc)
    """

    at: time

    def latest(self, now: datetime) -> datetime:
        """Return that time today, or yesterday while it is still to come."""
        today = datetime.combine(now.astimezone(COLOMBO).date(), self.at, COLOMBO)
        return (today if today <= now else today - _DAY).astimezone(UTC)


class Hourly(NamedTuple):
    """At every full hour of the day from one to another, both included."""

    first: int
    last: int

    def latest(self, now: datetime) -> datetime:
        """Return the last such hour, yesterday's while today's first is still to come."""
        hours = (Daily(time(hour)).latest(now) for hour in range(self.first, self.last + 1))
        return max(hours)


class Weekly(NamedTuple):
    """At a time of day on one day of the week, 0 for Monday."""

    weekday: int
    at: time

    def latest(self, now: datetime) -> datetime:
        """Return that time on the last such day."""
        last = Daily(self.at).latest(now)
        behind = (last.astimezone(COLOMBO).weekday() - self.weekday) % 7
        return last - behind * _DAY
