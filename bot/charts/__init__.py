"""Pictures of figures, for people who read them on a telephone.

They are drawn in a process of its own: what draws them is large, is needed a few times a day, and
gives its memory back when it is done.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from bot.errors import GoviError

#: A busy machine, and the first time, when fonts are looked for, take many times as long as usual.
DRAWING_SECONDS = 60.0

_one_at_a_time = threading.Lock()


class ChartError(GoviError):
    """A chart could not be drawn; the message is the drawing process's last words."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart.

    Attributes:
        name: What the legend says.
        colour: As matplotlib takes it.
        counts: One a bar.
    """

    name: str
    colour: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars beside one another, each made of the series' counts on top of one another.

    Attributes:
        title: Above it.
        labels: One a bar, below it.
        series: From the bottom up.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]


def draw(chart: Chart) -> bytes:
    """Return a chart as PNG. Blocks for a second or two; the last few are remembered.

    Raises:
        ChartError: It cannot be drawn, or could not be when it was last tried.
    """
    # Many officers get the same chart at once; the first call draws it, and fails for all.
    with _one_at_a_time:
        drawn = _draw(json.dumps(asdict(chart), sort_keys=True))
    if isinstance(drawn, str):
        raise ChartError(drawn)
    return drawn


@lru_cache(maxsize=4)
def _draw(described: str) -> bytes | str:
    """Return the picture, or why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot.charts.painter"],
            input=described.encode(),
            capture_output=True,
            check=True,
            timeout=DRAWING_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        words = getattr(error, "stderr", None) or str(error).encode()
        return str(words.decode(errors="replace").strip().rpartition("\n")[2])
    return done.stdout
