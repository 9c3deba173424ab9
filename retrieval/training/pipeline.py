"""The whole way from entries to a model that serves: train, export, calibrate, describe."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from retrieval.evaluation import evaluate
from retrieval.manifest import ModelManifest
from retrieval.retriever import Retriever, restorer_of
from retrieval.training.augment import Typist
from retrieval.training.calibrate import Calibration, CalibrationError, calibrate
from retrieval.training.export import export_model, require_replaceable
from retrieval.training.finetune import finetune
from retrieval.training.model_card import write_card
from retrieval.training.plan import TrainingRecipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from retrieval.evaluation import EvalCase
    from retrieval.segment import IndexedEntry

_FIGURES = ("accuracy@1", "recall@5", "answered", "precision_answered", "refused")


def train(
    base_dir: Path,
    out: Path,
    entries: Sequence[IndexedEntry],
    dev: Sequence[EvalCase],
    recipe: TrainingRecipe,
    workplace: Path,
    report: Callable[[str], None],
    *,
    off_topic: Sequence[str] = (),
) -> ModelManifest:
    """Fine-tune a base on entries and write the serving directory to `out`.

    Args:
        base_dir: A float32 directory written by `govi model build`.
        out: Directory to write; what it held is replaced once everything before has succeeded.
        entries: What to learn; their words also make the lexicon that restores Singlish, as when
            serving.
        dev: Held-out questions: early stopping, fusion weight and thresholds come from them.
        recipe: How to train.
        workplace: Folder for checkpoints and the float32 model; a run that was broken off goes on
            from what it finds there.
        report: Told of progress, a line at a time.
        off_topic: Questions that no entry answers, to be told apart from those that one does.

    Raises:
        RetrievalError: The base, the entries or the dev questions cannot be used.
    """
    require_replaceable(out)
    require_answerable(entries, dev)
    restorer = restorer_of(entries)
    outcome = finetune(
        base_dir,
        workplace / "float32",
        entries,
        dev,
        recipe,
        off_topic=off_topic,
        augment=Typist(recipe.seed).variants if recipe.augment_share else None,
        prepare=restorer.restore,
        checkpoint_dir=workplace / "checkpoints",
        report=report,
    )
    report(f"trained {outcome.steps} steps in {outcome.seconds / 60:.0f} min; exporting")
    phrasings = sum(len(entry.phrasings) for entry in entries)
    settings = {
        "prompt": recipe.prompt,
        "trained_on": f"{len(entries)} entries with {phrasings} phrasings, and {len(off_topic)} "
        "questions that none answers",
        "recipe": asdict(recipe),
    }
    export_model(workplace / "float32", out, name="govi-e5", settings=settings)
    return settle(out, entries, dev, report)


def settle(
    model_dir: Path,
    entries: Sequence[IndexedEntry],
    dev: Sequence[EvalCase],
    report: Callable[[str], None],
) -> ModelManifest:
    """Calibrate an exported model on the dev questions and write its manifest and card anew.

    Raises:
        RetrievalError: The model cannot be used, or no thresholds do on these questions.
    """
    require_answerable(entries, dev)
    retriever = Retriever.open(model_dir)
    report("indexing the entries to calibrate")
    retriever.load(entries)
    chosen = calibrate(retriever, dev)
    report(
        f"calibrated: {chosen.fusion}, {chosen.thresholds}, "
        f"{chosen.answered_rightly:.1%} of the answerable dev questions answered directly"
    )
    settled = replace(
        ModelManifest.load(model_dir),
        thresholds=chosen.thresholds,
        fusion=chosen.fusion,
        metrics=_metrics(retriever, chosen, dev),
    )
    settled.write(model_dir)
    write_card(model_dir, settled)
    return settled


def require_answerable(entries: Sequence[IndexedEntry], dev: Sequence[EvalCase]) -> None:
    """Look whether the dev questions are about these entries at all.

    Raises:
        CalibrationError: None of them is.
    """
    keys = {entry.key for entry in entries}
    if not any(case.key in keys for case in dev):
        raise CalibrationError(
            "no dev question is about an entry of this knowledge; name a file of questions "
            "that are: --dev"
        )


def _metrics(
    retriever: Retriever, chosen: Calibration, dev: Sequence[EvalCase]
) -> dict[str, float]:
    report = evaluate(dev, retriever.tuned(chosen.thresholds, chosen.fusion).search)
    return {
        f"dev {group} {figure}": round(values[figure]["value"], 4)
        for group, values in report["groups"].items()
        for figure in _FIGURES
        if values[figure] is not None
    }
