"""What a training run is made of: its recipe, its rows and batches, its exam, its outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from retrieval.training.pairs import (
    PairDrawer,
    PairKind,
    PairRow,
    TrainingDataError,
    find_near_entries,
    plan_batches,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from retrieval.evaluation import EvalCase
    from retrieval.segment import IndexedEntry


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
class TrainingPlan:
    """Every row of a run and the batches in which it is read, epoch after epoch."""

    rows: list[PairRow]
    batches: list[list[int]]
    batches_per_epoch: int


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


def plan_training(
    entries: Sequence[IndexedEntry],
    recipe: TrainingRecipe,
    glosses: Mapping[str, str] | None,
    augment: Callable[[str], Sequence[str]] | None,
) -> TrainingPlan:
    """Draw the rows of every epoch, and the batches in which they are read.

    Args:
        entries: What to learn, and what to keep away from.
        recipe: How.
        glosses: English of some phrasings, by phrasing, for pairs of that kind.
        augment: Other ways of typing a text, for `recipe.augment_share`.

    Raises:
        TrainingDataError: Too few entries, or no pairs of these kinds.
    """
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
