"""Seasonal tips: which entry is told to farmers when; `knowledge/tips.toml` lists them."""

import re
import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from bot.errors import GoviError
from bot.settings import ROOT

FILE = ROOT / "knowledge" / "tips.toml"
SEASONS = ("maha", "yala")
_SHAPE = re.compile(r"[0-9]{2}-[0-9]{2}")
#: Tells which days every year has.
_COMMON_YEAR = 2025


class TipsError(GoviError):
    """The list of tips cannot be used as it is."""


class Tip(NamedTuple):
    """One tip.

    Attributes:
        season: One of `SEASONS`.
        month: From when it is of use, each year.
        day: Day of that month; never 29 February.
        entry_key: The entry whose answer is the tip.
    """

    season: str
    month: int
    day: int
    entry_key: str


def load_tips(path: Path = FILE) -> tuple[Tip, ...]:
    """Read the list.

    Raises:
        TipsError: It cannot be read, or a line has another shape; the message names it.
    """
    try:
        rows = tomllib.loads(path.read_text("utf-8")).get("tip", [])
    except (OSError, ValueError) as error:
        raise TipsError(f"{path} cannot be read: {error}") from None
    return tuple(_read(row, f"{path.name}, tip {number}") for number, row in enumerate(rows, 1))


def _read(row: object, place: str) -> Tip:
    match row:
        case {"season": str(season), "on": str(on), "entry": str(key), **rest} if not rest:
            day = _read_day(on)
            if season in SEASONS and day is not None:
                return Tip(season, day.month, day.day, key)
    raise TipsError(f'{place}: needs season (maha or yala), on (a day like "10-05"), entry')


def _read_day(text: str) -> date | None:
    if not _SHAPE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(f"{_COMMON_YEAR}-{text}")
    except ValueError:
        return None


def due_between(tips: Iterable[Tip], after: date, last: date) -> list[Tip]:
    """Return the tips that fall due after one day and until another, in their order.

    >>> due_between([Tip("maha", 1, 3, "a.b")], date(2026, 12, 28), date(2027, 1, 4))
    [Tip(season='maha', month=1, day=3, entry_key='a.b')]
    """
    days = [after + timedelta(days=ahead) for ahead in range(1, (last - after).days + 1)]
    return [tip for day in days for tip in tips if (tip.month, tip.day) == (day.month, day.day)]
