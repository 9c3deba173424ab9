"""How far behind the best a suggestion is still worth a button: `python -m benchmarks.suggestions`.

Prints what `bot.services.deciding.SUGGESTION_SPREAD` costs and saves, on development questions.
"""

from collections.abc import Sequence

from benchmarks.quality import MODEL, open_retriever
from benchmarks.results import table
from bot.bootstrap import STARTER
from bot.services.deciding import SUGGESTION_COUNT
from retrieval.evaluation import read_cases

SPREADS = (0.05, 0.08, 0.1, 0.12, 0.15, 1.0)

#: The right entry's key, None when there is none, and what could be offered: (key, behind best).
Offer = tuple[str | None, list[tuple[str, float]]]


def list_offers() -> list[Offer]:
    """Search the development questions; return those that lead to "did you mean"."""
    cases = read_cases(STARTER / "eval" / "dev.jsonl")
    results = open_retriever(MODEL).search([case.question for case in cases])
    return [
        (case.key, [(m.key, found.decision.score - m.score) for m in found.matches])
        for case, found in zip(cases, results, strict=True)
        if found.decision.kind == "suggest"
    ]


def row(offers: Sequence[Offer], spread: float) -> list[object]:
    """Count what is offered, and how often the right entry is among it, within one spread."""
    kept = [
        (key, [each for each, behind in found[:SUGGESTION_COUNT] if behind < spread])
        for key, found in offers
    ]
    right = sum(key in offered for key, offered in kept)
    return [spread, right, f"{sum(len(offered) for _, offered in kept) / len(kept):.2f}"]


def main() -> None:
    """Print a row for each spread; 1.0 leaves nothing out."""
    offers = list_offers()
    print(f'{len(offers)} questions lead to "did you mean"')
    print(table(["spread", "right entry offered", "buttons"], [row(offers, s) for s in SPREADS]))


if __name__ == "__main__":
    main()
