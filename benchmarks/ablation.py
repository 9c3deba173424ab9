"""What each part of the training recipe is worth: `python -m benchmarks.ablation`.

Every variant trains from the same base on as many rows, and is measured on the test split,
embedder alone and fused with the words' sounds. A variant measured before is read from
var/ablation, so that a run which was broken off goes on.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.distillation import distill
from benchmarks.quality import GROUPS, Remembering
from benchmarks.results import RESULTS, show_share, table, write_section
from bot.bootstrap import STARTER
from bot.cli.train import read_entries
from bot.settings import ROOT, load_settings
from retrieval import IndexedEntry, Retriever, normalize
from retrieval.embedder import OnnxEmbedder
from retrieval.evaluation import EvalCase, evaluate, read_cases
from retrieval.metrics import wilson
from retrieval.ranking import Fusion
from retrieval.retriever import restorer_of
from retrieval.training.augment import Typist
from retrieval.training.export import UNCALIBRATED, export_model
from retrieval.training.finetune import finetune
from retrieval.training.graph import Precision
from retrieval.training.plan import DevExam, TrainingRecipe

#: Accuracy@1 with its interval, by group, by way of scoring.
Measured = dict[str, dict[str, Any]]
CARD = ROOT / "retrieval" / "model" / "README.md"
GLOSS_FILE = ROOT / "benchmarks" / "glosses.jsonl"
#: The share of a fused score that the embedder has; about what calibration chooses.
DENSE_WEIGHT = 0.65
#: The reference recipe as it stands, in the precision that a CPU has time for.
REFERENCE = TrainingRecipe(precision="bf16")
#: Each of these sees as many rows as the others, however many kinds of pairs there are, and reads
#: 32 tokens: four phrasings in five end before.
ANSWERS = replace(REFERENCE, max_tokens=32)
QUESTIONS = replace(ANSWERS, pairs=("question_answer", "question_question"), epochs=1 / 2)
TITLES = replace(
    QUESTIONS, pairs=("question_answer", "question_question", "question_title"), epochs=1 / 3
)
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
    precision="bf16",
)
GLOSSES = replace(SHIPPED, pairs=("question_question", "question_gloss"))


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table.

    Attributes:
        name: What differs.
        recipe: How to train; None leaves the base untouched.
        phrasings: How many of each entry's phrasings are learnt and indexed; 0 takes all.
        precision: How the model is exported.
        is_restored: Whether Singlish is restored to Sinhala script before the model; without it
            only the embedder alone is measured.
        with_answers: Whether the entries' answers are indexed beside the phrasings.
        is_distilled: Whether the base first learns its own vectors of the phrasings' English.
        trained_as: Name of the variant whose trained model it uses; "" trains its own.
    """

    name: str
    recipe: TrainingRecipe | None
    phrasings: int = 0
    precision: Precision = "int8"
    is_restored: bool = True
    with_answers: bool = False
    is_distilled: bool = False
    trained_as: str = ""


SHIPPED_NAME = "shipped recipe, all layers, one epoch"
VARIANTS = (
    Variant("untouched base", None),
    Variant("reference recipe", REFERENCE),
    Variant("reference recipe, 32 tokens", ANSWERS),
    Variant("+ question-question pairs", QUESTIONS),
    Variant("+ question-title pairs", TITLES),
    Variant("+ no entry twice in a batch", NO_DUPLICATES),
    Variant("+ hard negatives", HARD_NEGATIVES),
    Variant("+ script augmentation, no hard negatives", AUGMENTED),
    Variant(SHIPPED_NAME, SHIPPED),
    Variant("the same in float32", SHIPPED, precision="fp32", trained_as=SHIPPED_NAME),
    Variant("the same, answers indexed too", SHIPPED, with_answers=True, trained_as=SHIPPED_NAME),
    Variant("the same recipe on raw text", SHIPPED, is_restored=False),
    Variant("the same recipe and English glosses", GLOSSES),
    Variant("the same recipe after distilling glosses", SHIPPED, is_distilled=True),
    Variant("the same recipe, 2 phrasings an entry", SHIPPED, phrasings=2),
    Variant("the same recipe, 4 phrasings an entry", SHIPPED, phrasings=4),
    Variant("the same recipe, 8 phrasings an entry", SHIPPED, phrasings=8),
)


def read_glosses() -> dict[str, str]:
    """Return the English of some phrasings, by phrasing."""
    lines = map(json.loads, GLOSS_FILE.read_text("utf-8").splitlines())
    return {line["phrasing"]: line["english"] for line in lines}


def train(variant: Variant, base: Path, place: Path, entries: Sequence[IndexedEntry]) -> Path:
    """Return the float32 directory of a variant, trained unless it is there already."""
    if variant.recipe is None:
        return base
    out = place / _slug(variant.trained_as or variant.name)
    if (out / "modules.json").exists():
        return out
    prepare = restorer_of(entries).restore if variant.is_restored else normalize
    glosses = read_glosses()
    if variant.is_distilled:
        texts = {prepare(phrasing): english for phrasing, english in glosses.items()}
        base = distill(base, place / "distilled", texts, variant.recipe)
    finetune(
        base,
        out,
        entries,
        [],
        variant.recipe,
        glosses=glosses,
        augment=Typist(variant.recipe.seed).variants,
        prepare=prepare,
        report=print,
    )
    return out


def measure(variant: Variant, base: Path, place: Path, cases: Sequence[EvalCase]) -> Measured:
    """Train, export and measure one variant: by way of scoring, then by group."""
    entries = [_cut(entry, variant.phrasings) for entry in read_entries(STARTER)]
    model_dir = train(variant, base, place, entries)
    served = place / f"{_slug(variant.name)}-served"
    prompt = variant.recipe.prompt if variant.recipe else "query: "
    export_model(model_dir, served, precision=variant.precision, settings={"prompt": prompt})
    embedder = Remembering(OnnxEmbedder(served))
    if not variant.is_restored:
        return {"alone": _accuracy_on_raw_text(embedder, entries, cases)}
    if not variant.with_answers:
        entries = [replace(entry, answer="") for entry in entries]
    retriever = Retriever(embedder, UNCALIBRATED, Fusion(DENSE_WEIGHT))
    retriever.load(entries)
    ways = {"alone": 1.0, "fused": DENSE_WEIGHT}
    if variant.recipe is None:
        ways["sound of the words alone"] = 0.0
    return {
        way: _accuracies(evaluate(cases, retriever.tuned(fusion=Fusion(weight)).search))
        for way, weight in ways.items()
    }


def _accuracies(report: dict[str, Any]) -> dict[str, Any]:
    return {group: report["groups"][group]["accuracy@1"] for group in GROUPS}


def _accuracy_on_raw_text(
    embedder: Remembering, entries: Sequence[IndexedEntry], cases: Sequence[EvalCase]
) -> dict[str, Any]:
    exam = DevExam.prepare(entries, cases, normalize)
    nearest = (embedder.encode(exam.questions) @ embedder.encode(exam.indexed).T).argmax(axis=1)
    shares = {}
    for group in GROUPS:
        of_group = [at for at, case in enumerate(cases) if case.group == group]
        right = sum(exam.indexed_keys[nearest[at]] == exam.keys[at] for at in of_group)
        shares[group] = wilson(right, len(of_group))
    return shares


def _cut(entry: IndexedEntry, phrasings: int) -> IndexedEntry:
    return replace(entry, phrasings=entry.phrasings[:phrasings]) if phrasings else entry


def _slug(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower()).strip("-")


def rows(results: dict[str, Measured]) -> Iterator[list[str]]:
    """Yield one line a variant and way of scoring."""
    for name, result in results.items():
        for way, shares in result.items():
            yield [name, way, *(show_share(shares[group]) for group in GROUPS)]


def main() -> None:
    """Measure every variant that has no result yet; write the table to the results and the card."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, help="what `govi model build` wrote", required=True)
    parser.add_argument("--only", help="measure only the variant of this name")
    options = parser.parse_args()
    place = load_settings().data_dir / "ablation"
    place.mkdir(parents=True, exist_ok=True)
    cases = [case for case in read_cases(STARTER / "eval" / "test.jsonl") if case.key is not None]
    results: dict[str, Measured] = {}
    for variant in VARIANTS:
        path = place / f"{_slug(variant.name)}.json"
        if not path.exists() and options.only in {None, variant.name}:
            print(f"== {variant.name}")
            path.write_text(json.dumps(measure(variant, options.base, place, cases)), "utf-8")
        if path.exists():
            results[variant.name] = json.loads(path.read_text("utf-8"))
    text = f"{table(['variant', 'scored', *GROUPS], list(rows(results)))}\n\n{_NOTE}"
    if missing := [variant.name for variant in VARIANTS if variant.name not in results]:
        text += f" Not measured yet: {'; '.join(missing)}."
    for path in (RESULTS, CARD):
        write_section("Ablation", "make ablation", text, path)


_NOTE = (
    "Accuracy@1 on the test split with 95 % intervals (Wilson). Every variant starts from the same "
    "base of twelve layers and sees one row a phrasing once, computed in bfloat16; int8 unless it "
    "says otherwise, and answers are not indexed. Fewer phrasings an entry are fewer rows to learn "
    "from too. `alone`: the embedder; `fused`: with the words' sounds, a share of "
    f"{1 - DENSE_WEIGHT:.2f}. A `+` adds to the row before it."
)


if __name__ == "__main__":
    main()
