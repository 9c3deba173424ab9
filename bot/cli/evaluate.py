"""`govi evaluate`: how good the answers are, on questions whose right entry is known."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bot.bootstrap import Services
from bot.cli.opening import Progress, services
from bot.db.engine import reading
from bot.services.knowledge_index import list_published_keys
from retrieval import SearchResult
from retrieval.evaluation import EvalCase, evaluate, read_cases

_MOST_KEYS = 5
#: Questions searched between two signs of progress.
_STEP = 64
_SHARES = ("accuracy@1", "recall@5", "mrr", "answered", "precision_answered", "refused")


@click.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def evaluate_command(file: Path, as_json: bool) -> None:
    """Measure the answers to the questions of FILE.

    It is .jsonl: lines of {"question", "key", "group"}, key null for "do not answer". Uses the
    knowledge in the database as it stands. A call for help and small talk, which get replies of
    their own, count as refused. Intervals are Wilson's at 95 %.
    """
    cases = read_cases(file)
    with services(update_starter=False) as opened:
        _say_missing(opened, cases)
        report = evaluate(cases, lambda texts: _search(opened, texts))
        model_id = opened.index.retriever.model_id
    click.echo(json.dumps(report) if as_json else _table(report, model_id))


def _say_missing(opened: Services, cases: Sequence[EvalCase]) -> None:
    """Name keys that no answer can have: they are misspelt, or not published (any more)."""
    with reading(opened.sessions) as session:
        published = list_published_keys(session)
    lost = [case.key for case in cases if case.key is not None and case.key not in published]
    if lost:
        named = ", ".join(repr(key) for key in sorted({*lost})[:_MOST_KEYS])
        click.echo(
            f"govi: {len(lost)} of {len(cases)} questions count as wrong in any case: their keys "
            f"are no published entries ({named}{', ...' if len({*lost}) > _MOST_KEYS else ''})",
            err=True,
        )


def _search(opened: Services, texts: Sequence[str]) -> list[SearchResult]:
    bar = Progress("Looking for answers" if len(texts) > _STEP else "")
    results: list[SearchResult] = []
    for start in range(0, len(texts), _STEP):
        results += opened.index.search(texts[start : start + _STEP])
        bar(len(results), len(texts))
    bar.close()
    return [
        result if opened.recognition.remark(text) is None else _refused(result)
        for text, result in zip(texts, results, strict=True)
    ]


def _refused(result: SearchResult) -> SearchResult:
    return replace(result, decision=replace(result.decision, kind="fallback"))


def _table(report: dict[str, Any], model_id: str) -> str:
    rows = [("overall", report["overall"]), *report["groups"].items()]
    width = max(len(name) for name, _ in rows)
    lines = [f"model {model_id}", f"{'':{width}} {'n':>5}" + "".join(f" {s:>20}" for s in _SHARES)]
    for name, group in rows:
        cells = "".join(f" {_cell(group[share]):>20}" for share in _SHARES)
        lines.append(f"{name:{width}} {group['n']:>5}{cells}")
    return "\n".join(lines)


def _cell(share: dict[str, float] | None) -> str:
    if share is None:
        return "-"
    return f"{share['value']:.1%} {share['low']:.1%}-{share['high']:.1%}".replace("%-", "-")
