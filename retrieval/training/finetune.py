"""Fine-tuning of the embedder on the knowledge base."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from retrieval.digest import sha256
from retrieval.manifest import MAX_TOKENS
from retrieval.normalize import normalize
from retrieval.training.base import save_model
from retrieval.training.pairs import (
    PairDrawer,
    PairKind,
    PairRow,
    TrainingDataError,
    as_stranger,
    find_near_entries,
    plan_batches,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from retrieval.evaluation import EvalCase
    from retrieval.segment import IndexedEntry

RECIPE_FILE = "recipe.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecipe:
    """Every choice of a training run; the defaults are the reference recipe.

    Attributes:
        pairs: Kinds of pairs; each adds one row a phrasing to an epoch.
        epochs: Passes over the phrasings; partners and variants are drawn anew in each.
        batch_size: Rows a batch; each is a negative for the others.
        learning_rate: At the start, after the warm-up; falls to zero in a straight line.
        warmup: Share of the steps in which the rate rises.
        weight_decay: Of AdamW.
        scale: Cosines are multiplied by it before the softmax.
        symmetric: Whether the positive must find its question too.
        max_tokens: Texts are cut after as many.
        seed: Of every random choice.
        no_duplicates: Whether a batch may hold an entry once only.
        near_batches: With `no_duplicates`: whether batches are made of near entries.
        hard_negatives: Texts of near entries that each row carries.
        augment_share: Share of questions replaced by another way of typing them.
        patience: Evaluations without a better one before training ends; 0 never ends it
            early. With dev questions the best model is kept in either case.
        precision: "bf16" computes in bfloat16 where torch judges it safe.
        dropout: In training; None keeps the base's own.
        prompt: Put before every text.
    """

    pairs: tuple[PairKind, ...] = ("question_answer",)
    epochs: float = 1.0
    batch_size: int = 32
    learning_rate: float = 5e-5
    warmup: float = 0.0
    weight_decay: float = 0.0
    scale: float = 20.0
    symmetric: bool = False
    max_tokens: int = 128
    seed: int = 42
    no_duplicates: bool = False
    near_batches: bool = False
    hard_negatives: int = 0
    augment_share: float = 0.0
    patience: int = 0
    precision: Literal["fp32", "bf16"] = "fp32"
    dropout: float | None = None
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What a training run did.

    Attributes:
        rows: Pairs seen.
        steps: Optimiser steps made, which early stopping can lessen.
        seconds: Wall time of the steps and evaluations.
        loss: Mean training loss.
        dev_accuracy: accuracy@1 on the dev questions of the model kept; None without them.
        history: Steps made and dev accuracy, per evaluation.
    """

    rows: int
    steps: int
    seconds: float
    loss: float
    dev_accuracy: float | None
    history: tuple[tuple[int, float], ...]


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
    plan = _plan([*entries, *strangers], recipe, glosses, augment)
    plan.rows[:] = [_prepared(row, prepare, recipe.prompt) for row in plan.rows]
    model = open_for_training(base_dir, recipe)
    if checkpoint_dir is not None:
        _claim(checkpoint_dir, base_dir, recipe, plan)
    exam = DevExam.prepare(entries, dev, lambda text: recipe.prompt + prepare(text))
    outcome = run_trainer(model, plan, recipe, exam, checkpoint_dir, report)
    model.max_seq_length = MAX_TOKENS
    save_model(model, out)
    return outcome


@dataclass(frozen=True, slots=True)
class DevExam:
    """Held-out questions, and every text that they may find, ready for the model."""

    questions: list[str]
    keys: list[str]
    indexed: list[str]
    indexed_keys: list[str]

    @classmethod
    def prepare(
        cls,
        entries: Sequence[IndexedEntry],
        dev: Sequence[EvalCase],
        ready: Callable[[str], str],
    ) -> DevExam:
        """Take phrasings and titles, and the questions that have a key."""
        texts = [(entry.key, text) for entry in entries for text in (*entry.phrasings, entry.title)]
        asked = [(case.key, case.question) for case in dev if case.key is not None]
        return cls(
            questions=[ready(question) for _, question in asked],
            keys=[key for key, _ in asked],
            indexed=[ready(text) for _, text in texts],
            indexed_keys=[key for key, _ in texts],
        )


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Every row of a run and the batches in which it is read, epoch after epoch."""

    rows: list[PairRow]
    batches: list[list[int]]
    batches_per_epoch: int


def _plan(
    entries: Sequence[IndexedEntry],
    recipe: TrainingRecipe,
    glosses: Mapping[str, str] | None,
    augment: Callable[[str], Sequence[str]] | None,
) -> TrainingPlan:
    needs_near = recipe.hard_negatives or recipe.near_batches
    near = find_near_entries(entries) if needs_near else None
    drawer = PairDrawer(
        entries,
        recipe.pairs,
        seed=recipe.seed,
        glosses=glosses,
        near=near,
        hard_negatives=recipe.hard_negatives,
        augment=augment,
        augment_share=recipe.augment_share,
    )
    rows: list[PairRow] = []
    batches: list[list[int]] = []
    for epoch in range(math.ceil(recipe.epochs)):
        drawn = drawer.draw_epoch()
        planned = plan_batches(
            drawn,
            recipe.batch_size,
            seed=recipe.seed + epoch,
            no_duplicates=recipe.no_duplicates,
            near=near if recipe.near_batches else None,
        )
        batches += [[at + len(rows) for at in batch] for batch in planned]
        rows += drawn
    per_epoch = len(batches) / math.ceil(recipe.epochs)
    batches = batches[: round(per_epoch * recipe.epochs)]
    if not batches:
        msg = f"{recipe.epochs} epochs of pairs {', '.join(recipe.pairs)} are not one batch"
        raise TrainingDataError(msg)
    return TrainingPlan(rows, batches, max(1, round(per_epoch)))


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
