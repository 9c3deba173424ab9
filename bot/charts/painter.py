"""Draws one chart: `python -m bot.charts.painter` takes it as JSON and gives back PNG.

The only module that imports matplotlib.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import MaxNLocator

FONT = Path(__file__).parent / "fonts" / "NotoSansSinhala-Regular.ttf"
#: Latin letters, which the first lacks, come from the one that matplotlib ships.
FAMILIES = ["Noto Sans Sinhala", "DejaVu Sans"]
INK, GRID = "#333333", "#e3e3e3"
BAR_WIDTH = 0.62


def paint(described: dict[str, Any]) -> bytes:
    """Return a chart as PNG.

    Args:
        described: The fields of a `bot.charts.Chart`.
    """
    fontManager.addfont(FONT)
    matplotlib.rcParams.update({"font.family": FAMILIES, "font.size": 12, "text.color": INK})
    figure = Figure(figsize=(8, 4.6), dpi=125, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(described["title"], fontsize=16, pad=14, loc="left")
    _bars(axes, described)
    _frame(axes, described["labels"])
    figure.legend(loc="outside lower center", ncols=len(described["series"]), frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _bars(axes: Axes, described: dict[str, Any]) -> None:
    places = range(len(described["labels"]))
    heights = [0] * len(places)
    for series in described["series"]:
        counts = series["counts"]
        axes.bar(
            places, counts, BAR_WIDTH, bottom=heights, label=series["name"], color=series["colour"]
        )
        heights = [below + count for below, count in zip(heights, counts, strict=True)]
    for place, height in zip(places, heights, strict=True):
        if height:
            axes.annotate(
                str(height), (place, height), (0, 4), textcoords="offset points", ha="center"
            )


def _frame(axes: Axes, labels: list[str]) -> None:
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.set_ylim(0, max(axes.get_ylim()[1] * 1.08, 4))
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)


if __name__ == "__main__":
    sys.stdout.buffer.write(paint(json.load(sys.stdin)))
