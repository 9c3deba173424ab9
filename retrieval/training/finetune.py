"""Fine-tuning of the embedder on the knowledge base."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from retrieval.digest import sha256
from retrieval.manifest import MAX_TOKENS
from retrieval.normalize import normalize
from retrieval.training.base import save_model
from retrieval.training.pairs import PairRow, TrainingDataError, as_stranger
from retrieval.training.plan import (
    DevExam,
    TrainingOutcome,
    TrainingPlan,
    TrainingRecipe,
    plan_training,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from retrieval.evaluation import EvalCase
    from retrieval.segment import IndexedEntry

RECIPE_FILE = "recipe.json"


def finetune(
    base_dir: Path,
    out: Path,
    entries: Sequence[IndexedEntry],
    dev: Sequence[EvalCase],
    recipe: TrainingRecipe,
    *,
    off_topic: Sequence[str] = (),
    glosses: Mapping[str, str] | None = None,
    augment: Callable[[str], Sequence[str]] | None = None,
    prepare: Callable[[str], str] = normalize,
    checkpoint_dir: Path | None = None,
    report: Callable[[str], None] | None = None,
) -> TrainingOutcome:
    """Train a model and write it to `out` as a float32 sentence-transformers directory.

    Args:
        base_dir: Where to start: a directory that `build_base` or `prune_vocabulary` wrote.
        out: Directory to write.
        entries: What to learn.
        dev: Held-out questions, for early stopping; those without a key are left out.
        recipe: How.
        off_topic: Questions that no entry answers; learnt to lie far from all that do.
        glosses: English of some phrasings, by phrasing, for pairs of that kind.
        augment: Other ways of typing a text, for `recipe.augment_share`.
        prepare: Brings any text into the form that the model will be served.
        checkpoint_dir: Where to keep the state after each epoch. A run that was broken off
            goes on from there; None keeps nothing.
        report: Called with a line of progress about every ten seconds.

    Raises:
        TrainingDataError: Too few entries, no pairs of these kinds, or the checkpoint is of another
            recipe, base or data.
        ModelError: The base cannot be opened.
    """
    from retrieval.training.trainer import open_for_training, run_trainer

    strangers = [as_stranger(number, question) for number, question in enumerate(off_topic)]
    plan = plan_training([*entries, *strangers], recipe, glosses, augment)
    plan.rows[:] = [_prepared(row, prepare, recipe.prompt) for row in plan.rows]
    model = open_for_training(base_dir, recipe)
    if checkpoint_dir is not None:
        _claim(checkpoint_dir, base_dir, recipe, plan)
    exam = DevExam.prepare(entries, dev, lambda text: recipe.prompt + prepare(text))
    outcome = run_trainer(model, plan, recipe, exam, checkpoint_dir, report)
    model.max_seq_length = MAX_TOKENS
    save_model(model, out)
    return outcome


def _prepared(row: PairRow, prepare: Callable[[str], str], prompt: str) -> PairRow:
    def ready(text: str) -> str:
        return prompt + prepare(text)

    negatives = tuple(ready(text) for text in row.negatives)
    return PairRow(row.key, row.kind, ready(row.question), ready(row.positive), negatives)


def _claim(
    checkpoint_dir: Path, base_dir: Path, recipe: TrainingRecipe, plan: TrainingPlan
) -> None:
    """Mark a checkpoint directory as this run's, or refuse another run's."""
    texts = json.dumps([asdict(row) for row in plan.rows], ensure_ascii=False)
    data = hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest()
    claim = {"recipe": asdict(recipe), "base": _fingerprint_of(base_dir), "data": data}
    mine = json.dumps(claim, indent=2)
    path = checkpoint_dir / RECIPE_FILE
    checkpoint_dir.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text("utf-8") != mine:
        msg = (
            f"{checkpoint_dir} holds a run of another recipe, base or other data; remove it to "
            "start anew"
        )
        raise TrainingDataError(msg)
    path.write_text(mine, "utf-8")


def _fingerprint_of(base_dir: Path) -> dict[str, str]:
    """Return what tells a base from any other: its weights and its pieces."""
    paths = sorted([*base_dir.glob("*.safetensors"), *base_dir.glob("tokenizer.json")])
    return {path.name: sha256(path) for path in paths}
