"""Dates and times as people in Sri Lanka read them."""

from datetime import UTC, datetime

from bot.i18n.catalogue import Words
from bot.local_time import COLOMBO

_HOUR, _DAY = 60, 60 * 24


def say_age(words: Words, since: datetime) -> str:
    """Return how long ago an aware moment was, in its largest unit."""
    minutes = max(int((datetime.now(UTC) - since).total_seconds() // 60), 0)
    if minutes < _HOUR:
        return words.text("officer.age.minutes", count=minutes)
    if minutes < _DAY:
        return words.text("officer.age.hours", count=minutes // _HOUR)
    return words.text("officer.age.days", count=minutes // _DAY)


def say_span(words: Words, seconds: float) -> str:
    """Return how long something took, in hours and minutes."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return words.text("curate.stats.span", hours=hours, minutes=minutes)


def say_date(moment: datetime) -> str:
    """Return the date of an aware moment.

    >>> from datetime import UTC
    >>> say_date(datetime(2026, 11, 23, 20, 0, tzinfo=UTC))
    '2026-11-24'
    """
    return f"{moment.astimezone(COLOMBO):%Y-%m-%d}"


def say_time(moment: datetime) -> str:
    """Return the date and time of an aware moment, to the minute.

    >>> from datetime import UTC
    >>> say_time(datetime(2026, 11, 23, 20, 0, tzinfo=UTC))
    '2026-11-24 01:30'
    """
    return f"{moment.astimezone(COLOMBO):%Y-%m-%d %H:%M}"
