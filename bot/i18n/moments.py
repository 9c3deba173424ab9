"""Dates and times as people in Sri Lanka read them."""

from datetime import datetime

from bot.local_time import COLOMBO


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
