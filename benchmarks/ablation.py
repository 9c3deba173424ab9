"""What each part of the training recipe is worth: `python -m benchmarks.ablation`.

Every variant trains from the same base and is measured on the test split, embedder alone and
fused. A variant measured before is read from var/ablation, so that a run which was broken off goes
on; on two cores all of them take about a day, on one GPU about an hour.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.quality import GROUPS, Remembering
from benchmarks.results import table, write_section
from bot.bootstrap import STARTER
from bot.cli.train import read_entries
from bot.settings import load_settings
from retrieval import IndexedEntry, Retriever, normalize
from retrieval.embedder import OnnxEmbedder
from retrieval.evaluation import EvalCase, evaluate, read_cases
from retrieval.retriever import restorer_of
from retrieval.training.augment import Typist
from retrieval.training.export import UNCALIBRATED, export_model
from retrieval.training.finetune import TrainingRecipe, finetune
from retrieval.training.graph import Precision
from retrieval.training.pairs import TrainingEntry

#: As `make train` sets them for the shipped model.
DENSE_WEIGHT = 0.7
REFERENCE = TrainingRecipe()
QUESTIONS = replace(REFERENCE, pairs=("question_answer", "question_question"))
TITLES = replace(REFERENCE, pairs=("question_answer", "question_question", "question_title"))
NO_DUPLICATES = replace(TITLES, no_duplicates=True)
HARD_NEGATIVES = replace(NO_DUPLICATES, hard_negatives=1)
AUGMENTED = replace(NO_DUPLICATES, augment_share=0.3)
SHIPPED = TrainingRecipe(
    pairs=("question_question",),
    batch_size=64,
    learning_rate=2e-4,
    warmup=0.1,
    symmetric=True,
    max_tokens=32,
    no_duplicates=True,
    near_batches=True,
    augment_share=0.3,
    dropout=0.0,
    prompt="query: ",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table.

    Attributes:
        name: What differs.
        recipe: How to train; None leaves the base untouched.
        phrasings: How many of each entry's phrasings are learnt and indexed; 0 takes all.
        precision: How the model is exported.
        is_restored: Whether Singlish is restored to Sinhala script before the model.
        with_answers: Whether the entries' answers are indexed beside the phrasings.
        trained_as: Name of the variant whose trained model it uses; "" trains its own.
    """

    name: str
    recipe: TrainingRecipe | None
    phrasings: int = 0
    precision: Precision = "int8"
    is_restored: bool = True
    with_answers: bool = False
    trained_as: str = ""


SHIPPED_NAME = "shipped recipe, all layers, one epoch"
VARIANTS = (
    Variant("untouched base", None),
    Variant("reference recipe", REFERENCE),
    Variant("+ question-question pairs", QUESTIONS),
    Variant("+ question-title pairs", TITLES),
    Variant("+ no entry twice in a batch", NO_DUPLICATES),
    Variant("+ hard negatives", HARD_NEGATIVES),
    Variant("+ script augmentation, no hard negatives", AUGMENTED),
    Variant(SHIPPED_NAME, SHIPPED),
    Variant("the same in float32", SHIPPED, precision="fp32", trained_as=SHIPPED_NAME),
    Variant("the same, answers indexed too", SHIPPED, with_answers=True, trained_as=SHIPPED_NAME),
    Variant("the same recipe on raw text", SHIPPED, is_restored=False),
    Variant("the same recipe, 2 phrasings an entry", SHIPPED, phrasings=2),
    Variant("the same recipe, 4 phrasings an entry", SHIPPED, phrasings=4),
    Variant("the same recipe, 8 phrasings an entry", SHIPPED, phrasings=8),
)


def train(variant: Variant, base: Path, place: Path, entries: list[IndexedEntry]) -> Path:
    """Return the float32 directory of a variant, trained unless it is there already."""
    if variant.recipe is None:
        return base
    out = place / _slug(variant.trained_as or variant.name)
    if not (out / "modules.json").exists():
        prepare: Callable[[str], str] = normalize
        if variant.is_restored:
            prepare = restorer_of(entries).restore
        finetune(
            base,
            out,
            [TrainingEntry(e.key, e.title, e.answer, e.phrasings, e.keywords) for e in entries],
            read_cases(STARTER / "eval" / "dev.jsonl"),
            variant.recipe,
            augment=Typist(variant.recipe.seed).variants,
            prepare=prepare,
            checkpoint_dir=place / f"{out.name}-checkpoints",
            report=print,
        )
    return out


def measure(variant: Variant, base: Path, place: Path, cases: list[EvalCase]) -> dict[str, Any]:
    """Train, export and measure one variant; figures by group, embedder alone and fused."""
    entries = [_cut(entry, variant.phrasings) for entry in read_entries(STARTER)]
    model_dir = train(variant, base, place, entries)
    served = place / f"{_slug(variant.name)}-served"
    prompt = variant.recipe.prompt if variant.recipe else "query: "
    export_model(model_dir, served, precision=variant.precision, settings={"prompt": prompt})
    if variant.with_answers:
        entries = [replace(e, phrasings=(*e.phrasings, e.answer)) for e in entries]
    retriever = Retriever(Remembering(OnnxEmbedder(served)), UNCALIBRATED, DENSE_WEIGHT)
    retriever.load(entries)
    askable = [case for case in cases if case.key is not None]
    return {
        name: evaluate(askable, retriever.tuned(dense_weight=weight).search)["groups"]
        for name, weight in (("alone", 1.0), ("fused", DENSE_WEIGHT))
    }


def _cut(entry: IndexedEntry, phrasings: int) -> IndexedEntry:
    return replace(entry, phrasings=entry.phrasings[:phrasings]) if phrasings else entry


def _slug(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower()).strip("-")


def rows(results: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    """Yield one line a variant and way of scoring."""
    for name, result in results.items():
        for way in ("alone", "fused"):
            shares = [result[way][group]["accuracy@1"] for group in GROUPS]
            yield [name, way, *map(_shown, shares)]


def _shown(share: dict[str, float]) -> str:
    return f"{share['value']:.1%} ({share['low']:.1%} - {share['high']:.1%})"


def main() -> None:
    """Measure every variant that has no result yet, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, help="what `govi model build` wrote", required=True)
    parser.add_argument("--only", help="measure only the variant of this name")
    options = parser.parse_args()
    place = load_settings().data_dir / "ablation"
    place.mkdir(parents=True, exist_ok=True)
    cases = read_cases(STARTER / "eval" / "test.jsonl")
    results: dict[str, dict[str, Any]] = {}
    for variant in VARIANTS:
        path = place / f"{_slug(variant.name)}.json"
        if not path.exists() and options.only in {None, variant.name}:
            print(f"== {variant.name}")
            path.write_text(json.dumps(measure(variant, options.base, place, cases)), "utf-8")
        if path.exists():
            results[variant.name] = json.loads(path.read_text("utf-8"))
    header = ["variant", "scored", *GROUPS]
    write_section("Ablation", "make ablation", table(header, list(rows(results))))


if __name__ == "__main__":
    main()
