"""What the threshold trades, a picture: `python -m benchmarks.tradeoff`.

Answered share against precision on the test questions, per way of typing, as the score for a direct
answer moves; a dot marks the shipped threshold. "all" counts the questions too that must not be
answered.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.quality import GROUPS, MODEL, open_retriever
from benchmarks.results import RESULTS, table, write_section
from bot.bootstrap import STARTER
from retrieval import SearchResult
from retrieval.evaluation import EvalCase, read_cases

PICTURE = RESULTS.with_name("tradeoff.png")
#: Below so many answers a precision says nothing.
FEWEST = 30
ALL = "all"
COLOURS = {
    ALL: "#666666",
    "clean": "#1b7837",
    "careless": "#c2571a",
    "singlish": "#2166ac",
    "mixed": "#762a83",
}


def score(
    cases: Sequence[EvalCase], results: Sequence[SearchResult], margin: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return each question's score, and whether its first entry is right; float64, bool (n,).

    A question whose lead is less than `margin` is never answered: its score is -1.
    """
    decisions = [result.decision for result in results]
    scores = [each.score if each.margin >= margin else -1.0 for each in decisions]
    right = [
        bool(result.matches) and result.matches[0].key == case.key
        for case, result in zip(cases, results, strict=True)
    ]
    return np.array(scores), np.array(right)


def trade(
    scores: NDArray[np.float64], right: NDArray[np.bool_], threshold: float
) -> tuple[float, float]:
    """Return the share answered at or above a threshold, and the precision of those answers."""
    answered = scores >= threshold
    return float(answered.mean()), float(right[answered].mean()) if answered.any() else 1.0


def draw(
    axes: Axes, group: str, points: Sequence[tuple[float, float]], shipped: tuple[float, float]
) -> None:
    """Draw the curve of one group, and its shipped point."""
    colour = COLOURS[group]
    axes.plot([x for x, _ in points], [y for _, y in points], color=colour, label=group)
    axes.plot(*shipped, "o", color=colour)


def main() -> None:
    """Measure, draw, and write both down."""
    cases = read_cases(STARTER / "eval" / "test.jsonl")
    retriever = open_retriever(MODEL)
    results = retriever.search([case.question for case in cases])
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    rows = []
    for group in (ALL, *GROUPS):
        of_group = [at for at, case in enumerate(cases) if group in {ALL, case.group}]
        scores, right = score(
            [cases[at] for at in of_group],
            [results[at] for at in of_group],
            retriever.thresholds.margin,
        )
        thresholds = [*np.arange(0.3, 0.96, 0.01), retriever.thresholds.answer]
        points = [trade(scores, right, each) for each in sorted(thresholds)]
        points = [each for each in points if each[0] * len(of_group) >= FEWEST]
        share, precision = trade(scores, right, retriever.thresholds.answer)
        draw(axes, group, points, (share, precision))
        rows.append([group, f"{share:.1%}", f"{precision:.1%}"])
    axes.axhline(0.97, color="#888888", linestyle=":", linewidth=1)
    axes.set(xlabel="answered directly (share of questions)", ylabel="precision of those answers")
    axes.set(xlim=(0, 1), ylim=(0.88, 1.003))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(PICTURE, dpi=110)
    note = f"![Answered share against precision]({PICTURE.name})\n\nThe dots are the shipped point."
    text = f"{table(['group', 'answered', 'precision'], rows)}\n\n{note}"
    write_section("Threshold", "python -m benchmarks.tradeoff", text)


if __name__ == "__main__":
    main()
