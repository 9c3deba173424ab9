"""The sentence-transformers side of fine-tuning; imports torch."""

from __future__ import annotations

import ctypes
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.evaluation import BaseEvaluator
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from retrieval.errors import ModelError
from retrieval.training.base import open_model
from retrieval.training.plan import DevExam, TrainingOutcome, TrainingPlan, TrainingRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "dev_accuracy@1"
REPORT_SECONDS = 10
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
logger = logging.getLogger(__name__)


def open_for_training(base_dir: Path, recipe: TrainingRecipe) -> SentenceTransformer:
    """Open the base with the recipe's length; the CPU is used unless torch finds better.

    Raises:
        ModelError: The base cannot be opened.
    """
    # For texts this short torch's fused attention is the slower one on a CPU: in bfloat16 its
    # backward pass took a quarter of a step, and a step without it 0.88 s instead of 1.16 s.
    kind = {"attn_implementation": "eager"} if recipe.precision == "bf16" else {}
    try:
        model = open_model(base_dir, model_kwargs=kind)
    except ModelError as exc:
        raise ModelError(f"training starts from what `govi model build` writes; {exc}") from exc
    model.max_seq_length = recipe.max_tokens
    if recipe.dropout is not None:
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
    _keep_freed_memory()
    return model


def _keep_freed_memory() -> None:
    """Stop glibc from returning each step's buffers to the system, which costs a sixth of a step.

    Elsewhere than on glibc nothing is changed.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def run_trainer(
    model: SentenceTransformer,
    plan: TrainingPlan,
    recipe: TrainingRecipe,
    exam: DevExam,
    checkpoint_dir: Path | None,
    report: Callable[[str], None] | None,
) -> TrainingOutcome:
    """Train the model in place; with dev questions it ends as the best model seen."""
    with TemporaryDirectory() as scratch:
        place = checkpoint_dir or Path(scratch)
        diary = Diary(report, len(plan.batches))
        trainer = _trainer(model, plan, recipe, exam, place, diary, keep=checkpoint_dir is not None)
        started = time.perf_counter()
        result = trainer.train(resume_from_checkpoint=_last_checkpoint(place))
        seconds = time.perf_counter() - started
    history = _history(trainer)
    return TrainingOutcome(
        rows=sum(len(batch) for batch in plan.batches[: result.global_step]),
        steps=result.global_step,
        seconds=seconds,
        loss=result.training_loss,
        dev_accuracy=max((accuracy for _, accuracy in history), default=None),
        history=history,
    )


def _last_checkpoint(place: Path) -> str | None:
    """Return the newest that is whole: what tells the trainer's state is written last."""
    whole = [path.parent for path in place.glob(f"{PREFIX_CHECKPOINT_DIR}-*/{TRAINER_STATE_NAME}")]
    newest = max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    return None if newest is None else str(newest)


class PlannedBatches(DefaultBatchSampler):  # type: ignore[misc]  # the library is not typed
    """Yields the batches of a plan, in its order."""

    def __init__(self, plan: TrainingPlan, dataset: Dataset, **options: Any) -> None:
        """Take a plan in place of the library's own choice of batches."""
        super().__init__(dataset, **options)
        self._batches = plan.batches

    def __iter__(self) -> Iterator[list[int]]:
        """Yield positions in the dataset, batch by batch."""
        yield from self._batches

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._batches)


class PlannedTrainer(SentenceTransformerTrainer):  # type: ignore[misc]  # as above
    """Reads the rows in the order of a plan."""

    def __init__(self, plan: TrainingPlan, **options: Any) -> None:
        """Take a plan beside the options of the trainer."""
        # Kept out of the training arguments, which are pickled into every checkpoint.
        self._plan = plan
        super().__init__(**options)

    def get_batch_sampler(self, dataset: Dataset, **options: Any) -> PlannedBatches:
        """Return the plan as a sampler."""
        return PlannedBatches(self._plan, dataset, **options)


class PhrasingEvaluator(BaseEvaluator):  # type: ignore[misc]  # the library is not typed
    """accuracy@1 of questions against the phrasings and titles of all entries."""

    def __init__(self, exam: DevExam) -> None:
        """Take questions and texts that are ready for the model."""
        super().__init__()
        self.primary_metric = METRIC
        self._exam = exam

    def __call__(self, model: SentenceTransformer, *_: Any, **__: Any) -> dict[str, float]:
        """Return the share of questions whose nearest text is of the right entry."""
        texts = _encode(model, self._exam.indexed)
        questions = _encode(model, self._exam.questions)
        nearest = (questions @ texts.T).argmax(axis=1)
        keys = np.array(self._exam.indexed_keys)[nearest]
        return {METRIC: float(np.mean(keys == np.array(self._exam.keys)))}


class Diary(TrainerCallback):  # type: ignore[misc]  # the library is not typed
    """Reports progress in plain lines, instead of the trainer's own bars and prints."""

    def __init__(self, report: Callable[[str], None] | None, steps: int) -> None:
        """Take where to report to and the number of steps planned."""
        self._report = report or logger.info
        self._steps = steps
        self._first_step = 0
        self._started = self._last = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock; a resumed run starts past step 0."""
        self._first_step = state.global_step
        self._started = self._last = time.monotonic()
        self._report(f"training: step {state.global_step} of {self._steps}")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report about every ten seconds."""
        now = time.monotonic()
        if now - self._last < REPORT_SECONDS:
            return
        self._last = now
        pace = (now - self._started) / max(state.global_step - self._first_step, 1)
        left = pace * (self._steps - state.global_step) / 60
        loss = next((log["loss"] for log in reversed(state.log_history) if "loss" in log), None)
        shown = "" if loss is None else f", loss {loss:.3f}"
        self._report(
            f"training: step {state.global_step} of {self._steps}{shown}, "
            f"{pace:.2f} s a step, {left:.0f} min left"
        )

    def on_evaluate(
        self,
        args: Any,
        state: Any,
        control: Any,
        metrics: dict[str, float],
        **_: Any,
    ) -> None:
        """Report the dev accuracy."""
        accuracy = metrics[f"eval_{METRIC}"]
        self._report(f"training: step {state.global_step}, dev accuracy@1 {accuracy:.1%}")


def _encode(model: SentenceTransformer, texts: list[str]) -> Any:
    return model.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)


def _history(trainer: SentenceTransformerTrainer) -> tuple[tuple[int, float], ...]:
    logs = trainer.state.log_history
    name = f"eval_{METRIC}"
    return tuple((int(log["step"]), float(log[name])) for log in logs if name in log)


def _trainer(
    model: SentenceTransformer,
    plan: TrainingPlan,
    recipe: TrainingRecipe,
    exam: DevExam,
    place: Path,
    diary: Diary,
    *,
    keep: bool,
) -> SentenceTransformerTrainer:
    directions = ("query_to_doc", "doc_to_query") if recipe.symmetric else ("query_to_doc",)
    trainer = PlannedTrainer(
        plan,
        model=model,
        args=_arguments(plan, recipe, place, evaluated=bool(exam.questions), keep=keep),
        train_dataset=_dataset(plan),
        loss=MultipleNegativesRankingLoss(model, scale=recipe.scale, directions=directions),
        evaluator=PhrasingEvaluator(exam) if exam.questions else None,
        callbacks=[diary],
    )
    trainer.remove_callback(PrinterCallback)
    if recipe.patience and exam.questions:
        trainer.add_callback(EarlyStoppingCallback(recipe.patience))
    return trainer


def _arguments(
    plan: TrainingPlan, recipe: TrainingRecipe, place: Path, *, evaluated: bool, keep: bool
) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(place),
        num_train_epochs=1,
        per_device_train_batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(recipe.warmup * len(plan.batches)),
        weight_decay=recipe.weight_decay,
        seed=recipe.seed,
        bf16=recipe.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="steps" if evaluated else "no",
        save_strategy="steps" if evaluated or keep else "no",
        # All epochs are one pass over the plan, so an "epoch" is a number of steps here.
        eval_steps=plan.batches_per_epoch,
        save_steps=plan.batches_per_epoch,
        save_total_limit=2,
        save_only_model=not keep,
        load_best_model_at_end=evaluated,
        metric_for_best_model=METRIC if evaluated else None,
        logging_steps=10,
        logging_strategy="steps",
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=False,
    )


def _dataset(plan: TrainingPlan) -> Dataset:
    columns: dict[str, list[str]] = {
        "question": [row.question for row in plan.rows],
        "positive": [row.positive for row in plan.rows],
    }
    for at in range(len(plan.rows[0].negatives)):
        columns[f"negative_{at + 1}"] = [row.negatives[at] for row in plan.rows]
    return Dataset.from_dict(columns)
