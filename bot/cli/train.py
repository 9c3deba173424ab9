"""`govi train`: fine-tune the embedder on a knowledge base."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

from bot.bootstrap import STARTER
from bot.cli.opening import configured, require_training
from bot.errors import GoviError
from bot.knowledge_files import read_knowledge
from bot.question_files import read_pairs, teach
from retrieval import IndexedEntry
from retrieval.evaluation import read_cases
from retrieval.manifest import MAX_TOKENS
from retrieval.training.pairs import PairKind
from retrieval.training.plan import TrainingRecipe

EVALUATION = STARTER / "eval"
OFF_TOPIC = STARTER / "off_topic.jsonl"

#: One attribute of a Google-style docstring: its name, and its text until the next one.
_ATTRIBUTE = re.compile(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", re.MULTILINE)
_HELP = {
    name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(TrainingRecipe.__doc__ or "")
}

#: What each value may be; the others are any text, or yes and no.
_KINDS: "dict[str, click.ParamType[Any]]" = {
    "epochs": click.FloatRange(min=0, min_open=True),
    "batch_size": click.IntRange(min=2),
    "learning_rate": click.FloatRange(min=0),
    "warmup": click.FloatRange(0, 1),
    "weight_decay": click.FloatRange(min=0),
    "scale": click.FloatRange(min=0, min_open=True),
    "max_tokens": click.IntRange(3, MAX_TOKENS),
    "seed": click.IntRange(0, 2**32 - 1),
    "hard_negatives": click.IntRange(min=0),
    "augment_share": click.FloatRange(0, 1),
    "patience": click.IntRange(min=0),
    "precision": click.Choice(get_args(get_type_hints(TrainingRecipe)["precision"])),
    "dropout": click.FloatRange(0, 1, max_open=True),
}


def recipe_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each value of `TrainingRecipe`, with its default."""
    for field in reversed(fields(TrainingRecipe)):
        command = _option(field)(command)
    return command


def _option(field: "Field[Any]") -> Callable[[Callable[..., None]], Callable[..., None]]:
    name = f"--{field.name.replace('_', '-')}"
    default = None if field.default is MISSING else field.default
    if isinstance(default, bool):
        off = name.replace("--no-", "--") if name.startswith("--no-") else f"--no-{name[2:]}"
        return click.option(f"{name}/{off}", default=default, help=_HELP[field.name])
    if isinstance(default, tuple):
        default = ",".join(default)
    kind = _KINDS.get(field.name)
    return click.option(name, default=default, type=kind, show_default=True, help=_HELP[field.name])


knowledge_option = click.option(
    "--knowledge",
    type=click.Path(exists=True, path_type=Path),
    default=STARTER,
    help="Entries: a folder of .toml, or a file that `govi export` wrote.",
)
dev_option = click.option(
    "--dev",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=EVALUATION / "dev.jsonl",
    help="Held-out questions for calibration, and in training for early stopping.",
)


@click.command("train")
@click.option(
    "--base",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Where to start: what `govi model build` wrote.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/model"),
    show_default=True,
    help="Model directory to write.",
)
@knowledge_option
@dev_option
@click.option(
    "--off-topic",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=OFF_TOPIC,
    help="Questions that no entry answers, to be told apart from those that one does.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/training"),
    show_default=True,
    help="Checkpoints; a run that was broken off goes on from them.",
)
@click.option(
    "--learnt",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Questions that people taught a running Govi, from `govi export --training-pairs`; they "
    "count as phrasings. Those that are evaluation questions are left out.",
)
@recipe_options
def train_command(
    base: Path,
    out: Path,
    knowledge: Path,
    dev: Path,
    off_topic: Path,
    work: Path,
    learnt: tuple[Path, ...],
    **values: Any,
) -> None:
    """Fine-tune the embedder on the knowledge.

    The result is exported to int8, and its thresholds are calibrated. Without options the recipe is
    the reference: question-answer pairs, batch 32, one epoch, learning rate 5e-5. `make train`
    holds the options of the shipped model.
    """
    configured()
    require_training()
    # Read when torch is loaded: waiting threads sleep, which on busy cores is three times faster.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from retrieval.training.pipeline import train

    entries = with_learnt(read_entries(knowledge), learnt, [dev, *EVALUATION.glob("*.jsonl")])
    strangers = [case.question for case in read_cases(off_topic)]
    manifest = train(
        base, out, entries, read_cases(dev), _recipe(values), work, say, off_topic=strangers
    )
    click.echo(f"{manifest.model_id} written to {out}")


def read_entries(knowledge: Path) -> list[IndexedEntry]:
    """Read the published entries of a knowledge file or folder, as retrieval takes them."""
    return [
        IndexedEntry(draft.key, draft.title, draft.keywords, draft.answer, draft.phrasings)
        for draft in read_knowledge(knowledge)
        if draft.status == "published"
    ]


def with_learnt(
    entries: list[IndexedEntry], learnt: Sequence[Path], evaluation: Sequence[Path]
) -> Sequence[IndexedEntry]:
    """Add learnt questions to their entries, except those that stand in an evaluation file."""
    if not learnt:
        return entries
    pairs = [pair for path in learnt for pair in read_pairs(path)]
    held_out = [case.question for path in evaluation for case in read_cases(path)]
    taught = teach(entries, pairs, held_out)
    say(str(taught))
    return taught.entries


def _recipe(values: dict[str, Any]) -> TrainingRecipe:
    kinds = tuple(kind.strip() for kind in values.pop("pairs").split(","))
    unknown = set(kinds) - set(get_args(PairKind))
    if unknown:
        raise GoviError(f"--pairs: no such kind {sorted(unknown)}; see govi train --help")
    return TrainingRecipe(pairs=kinds, **values)


def say(line: str) -> None:
    """Tell of progress, beside what a command prints."""
    click.echo(line, err=True)
