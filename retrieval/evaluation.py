"""Measuring a retriever on questions whose right entry is known."""

import codecs
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import RetrievalError
from retrieval.metrics import reciprocal_rank, wilson
from retrieval.retriever import SearchResult


class EvaluationError(RetrievalError):
    """An evaluation file cannot be read."""


@dataclass(frozen=True, slots=True)
class EvalCase:
    """One question; `key` None means that it must not be answered."""

    question: str
    key: str | None
    group: str


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
    """Search every question and report overall and per group, ready for JSON.

    Returns:
        {"overall": figures, "groups": {name: figures}}, where figures are shares as `wilson` gives
        them, None where one does not apply, but for the number of questions "n":

        - accuracy@1: of the answerable questions, whose entry ranks first, whatever was decided.
        - recall@5: the same for the first five.
        - mrr: mean reciprocal rank over answerable questions. Its interval is Wilson's for a share
          of the same mean, which is too wide rather than too narrow: nothing in [0, 1] varies more
          than a share.
        - answered: of all questions, those with the decision "answer".
        - precision_answered: of those, whose first entry is the right one.
        - refused: of the questions without an entry, whose decision is not "answer".
    """
    results = search([case.question for case in cases])
    scored = [
        _Scored(case, tuple(match.key for match in found.matches), found.decision.kind == "answer")
        for case, found in zip(cases, results, strict=True)
    ]
    groups = sorted({case.group for case in cases})
    return {
        "overall": _report(scored),
        "groups": {
            name: _report([one for one in scored if one.case.group == name]) for name in groups
        },
    }


def _report(scored: Sequence[_Scored]) -> dict[str, Any]:
    askable = [(one.case.key, one.ranked) for one in scored if one.case.key is not None]
    strangers = [one for one in scored if one.case.key is None]
    answered = [one for one in scored if one.is_answered]
    ranks = [reciprocal_rank(key, ranked) for key, ranked in askable]
    right = sum(one.case.key in one.ranked[:1] for one in answered)
    return {
        "n": len(scored),
        "accuracy@1": wilson(sum(key in ranked[:1] for key, ranked in askable), len(askable)),
        "recall@5": wilson(sum(key in ranked[:5] for key, ranked in askable), len(askable)),
        "mrr": wilson(sum(ranks), len(ranks)),
        "answered": wilson(len(answered), len(scored)),
        "precision_answered": wilson(right, len(answered)),
        "refused": wilson(sum(not one.is_answered for one in strangers), len(strangers)),
    }
