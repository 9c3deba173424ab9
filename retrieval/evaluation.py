"""Measuring a retriever on questions whose right entry is known."""

import codecs
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import RetrievalError
from retrieval.metrics import Share, reciprocal_rank, wilson
from retrieval.retriever import SearchResult

_BATCH = 64


class EvaluationError(RetrievalError):
    """An evaluation file cannot be read."""


@dataclass(frozen=True, slots=True)
class EvalCase:
    """One question; `key` None means that it must not be answered."""

    question: str
    key: str | None
    group: str


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Figures of one group; None where a figure does not apply.

    Attributes:
        n: Questions.
        accuracy_at_1: Share of answerable questions whose entry ranks first, whatever was decided.
        recall_at_5: The same for the first five.
        mrr: Mean reciprocal rank over answerable questions. Its interval is Wilson's for a share
            of the same mean, which is too wide rather than too narrow: nothing in [0, 1] varies
            more than a share.
        answered: Share of all questions with the decision "answer".
        precision_answered: Share of those whose first entry is the right one.
        refused: Share of questions without an entry whose decision is not "answer".
    """

    n: int
    accuracy_at_1: Share | None
    recall_at_5: Share | None
    mrr: Share | None
    answered: Share | None
    precision_answered: Share | None
    refused: Share | None

    def as_dict(self) -> dict[str, Any]:
        """Return the report under its published names ("accuracy@1", "recall@5", ...)."""
        return {name.replace("_at_", "@"): value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class _Scored:
    case: EvalCase
    ranked: tuple[str, ...]
    is_answered: bool


def read_cases(path: Path) -> list[EvalCase]:
    """Read a JSONL file of {"question", "key", "group"}; "group" may be left out or null.

    Raises:
        EvaluationError: The file is missing or empty, or a line is not such an object; names the
            line.
    """
    try:
        content = path.read_bytes()
        is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        # Not splitlines: a question may hold what else ends a line for Python.
        lines = content.decode("utf-16" if is_wide else "utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read: {error}") from error
    cases = [_read_case(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise EvaluationError(f"{path} has no questions")
    return cases


def _read_case(path: Path, number: int, line: str) -> EvalCase:
    try:
        row = json.loads(line)
        question, key, group = row["question"], row["key"], row.get("group")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvaluationError(
            f"{path}, line {number}: expected an object with question, key and group ({error!r})"
        ) from error
    group = "all" if group is None else group
    if not isinstance(question, str) or not isinstance(group, str):
        raise EvaluationError(f"{path}, line {number}: question and group must be text")
    if key is not None and not isinstance(key, str):
        raise EvaluationError(f"{path}, line {number}: key must be text or null")
    return EvalCase(question, key, group)


def evaluate(
    cases: Sequence[EvalCase], search: Callable[[Sequence[str]], Iterable[SearchResult]]
) -> dict[str, Any]:
    """Search every question and report overall and per group, ready for JSON."""
    scored: list[_Scored] = []
    for start in range(0, len(cases), _BATCH):
        batch = cases[start : start + _BATCH]
        results = search([case.question for case in batch])
        for case, result in zip(batch, results, strict=True):
            ranked = tuple(match.key for match in result.matches)
            scored.append(_Scored(case, ranked, result.decision.kind == "answer"))
    groups = sorted({case.group for case in cases})
    return {
        "overall": _report(scored).as_dict(),
        "groups": {
            name: _report([one for one in scored if one.case.group == name]).as_dict()
            for name in groups
        },
    }


def _report(scored: Sequence[_Scored]) -> GroupReport:
    askable = [(one.case.key, one.ranked) for one in scored if one.case.key is not None]
    strangers = [one for one in scored if one.case.key is None]
    answered = [one for one in scored if one.is_answered]
    ranks = [reciprocal_rank(key, ranked) for key, ranked in askable]
    return GroupReport(
        n=len(scored),
        accuracy_at_1=wilson(sum(key in ranked[:1] for key, ranked in askable), len(askable)),
        recall_at_5=wilson(sum(key in ranked[:5] for key, ranked in askable), len(askable)),
        mrr=wilson(sum(ranks), len(ranks)),
        answered=wilson(len(answered), len(scored)),
        precision_answered=wilson(
            sum(one.case.key in one.ranked[:1] for one in answered), len(answered)
        ),
        refused=wilson(sum(not one.is_answered for one in strangers), len(strangers)),
    )
