"""How surely calls for help are told from ordinary messages: `python -m benchmarks.emergencies`."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from benchmarks.results import show_share, table, write_section
from bot.bootstrap import STARTER
from bot.emergency_rules import load_emergencies
from retrieval.metrics import wilson

FILE = STARTER / "eval" / "emergencies.jsonl"


class Told(NamedTuple):
    """A message of the file, and whether it was taken for a call by the rules alone and by all."""

    split: str
    group: str
    is_call: bool
    by_rules: bool
    by_all: bool


def tell(lines: Sequence[str]) -> list[Told]:
    """Try every message."""
    rules, both = load_emergencies(weights=None), load_emergencies()
    told = []
    for message in map(json.loads, lines):
        text, is_call = message["text"], message["kind"] is not None
        found = rules.detect(text) is not None, both.detect(text) is not None
        told.append(Told(message["split"], message["group"], is_call, *found))
    return told


def report(told: Sequence[Told], name: Callable[[Told], str]) -> str:
    """Return a table of calls heard and ordinary messages that alarm, one row a name, then all."""
    rows: list[list[object]] = []
    for row in [*sorted({name(each) for each in told}), "all"]:
        cells: list[object] = [row]
        for is_call in (True, False):
            some = [e for e in told if row in (name(e), "all") and e.is_call is is_call]
            cells += [len(some), _share(each.by_all for each in some)]
            cells += [_share(each.by_rules for each in some)]
        rows.append(cells)
    rules = "by the rules alone"
    return table(["", "calls", "heard", rules, "ordinary", "alarms", rules], rows)


def _share(taken: Iterable[bool]) -> str:
    values = list(taken)
    return show_share(wilson(sum(values), len(values)))


def main() -> None:
    """Try every message of the evaluation file."""
    told = tell(FILE.read_text("utf-8").splitlines())
    write_section(
        "Calls for help",
        "python -m benchmarks.emergencies",
        f"{report(told, lambda each: each.split)}\n\n{report(told, lambda each: each.group)}\n\n"
        "A call is heard when it gets the reply to any emergency. Those who wrote the lines of "
        "'blind' and 'fresh' saw neither the rules nor what is learnt. All are language models; "
        "the two thresholds were chosen with earlier lines of this file in sight.",
    )


if __name__ == "__main__":
    main()
