"""Sri Lanka's clock: the days that people mean, as instants that the database holds."""

from datetime import UTC, date, datetime, time, timedelta, timezone

#: Sri Lanka has had one offset and no summer time since 2006; no time zone file is needed.
COLOMBO = timezone(timedelta(hours=5, minutes=30), "Asia/Colombo")


def local_date(instant: datetime) -> date:
    """Return the day that it is in Sri Lanka.

    >>> local_date(datetime(2026, 11, 23, 18, 30, tzinfo=UTC))
    datetime.date(2026, 11, 24)
    """
    return instant.astimezone(COLOMBO).date()


def start_of(day: date) -> datetime:
    """Return the first instant of a day in Sri Lanka, in UTC.

    >>> start_of(date(2026, 11, 24))
    datetime.datetime(2026, 11, 23, 18, 30, tzinfo=datetime.timezone.utc)
    """
    return datetime.combine(day, time(), COLOMBO).astimezone(UTC)
