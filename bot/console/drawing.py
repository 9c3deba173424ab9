"""Charts as numbers: where each bar stands; the templates draw them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.services.overview import Share
from bot.services.statistics import DayCount

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 10, 26
#: About so many days are named under the chart, however many it shows.
_NAMED = 8
_PARTS = ("answered", "suggested", "unanswered")


class Bar(NamedTuple):
    """One rectangle; `kind` is a class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    kind: str


class Mark(NamedTuple):
    """A word at a place: of a day under its bar, of a count beside its line."""

    at: float
    text: str


class Columns(NamedTuple):
    """A chart of stacked columns, one a day."""

    bars: tuple[Bar, ...]
    days: tuple[Mark, ...]
    counts: tuple[Mark, ...]
    left: int = _LEFT
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - _BOTTOM


def draw_days(days: Sequence[DayCount]) -> Columns:
    """Place the columns of some days; an empty span gets an empty chart."""
    most = max((day.total for day in days), default=0)
    top = _round_up(most)
    room = HEIGHT - _TOP - _BOTTOM
    step = (WIDTH - _LEFT - _RIGHT) / max(len(days), 1)
    bars = [
        bar
        for number, day in enumerate(days)
        for bar in _column(day, _LEFT + (number + 0.12) * step, step * 0.76, room / top)
    ]
    every = max(1, round(len(days) / _NAMED))
    named = [
        Mark(round(_LEFT + (number + 0.5) * step, 1), f"{day.day:%m-%d}")
        for number, day in enumerate(days)
        if (len(days) - 1 - number) % every == 0
    ]
    lines = [Mark(HEIGHT - _BOTTOM - room * part / 4, str(top * part // 4)) for part in (0, 2, 4)]
    return Columns(tuple(bars), tuple(named), tuple(lines))


def _column(day: DayCount, x: float, width: float, scale: float) -> Iterator[Bar]:
    y = float(HEIGHT - _BOTTOM)
    for kind in _PARTS:
        height = getattr(day, kind) * scale
        y -= height
        if height:
            yield Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), kind)


def draw_share(share: Share, most: int) -> tuple[Bar, ...]:
    """Place the parts of one row, 100 wide for the row with most."""
    x = 0.0
    bars = []
    for kind in _PARTS:
        width = getattr(share, kind) * 100 / max(most, 1)
        if width:
            bars.append(Bar(round(x, 2), 0, round(width, 2), 10, kind))
        x += width
    return tuple(bars)


def _round_up(count: int) -> int:
    """Return the next number that divides into quarters and looks round.

    >>> [_round_up(count) for count in (0, 3, 9, 41, 130)]
    [4, 4, 12, 80, 160]
    """
    size = 4
    while size < count:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if size * factor >= count:
                return size * factor
        size *= 10
    return size
