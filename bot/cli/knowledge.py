"""`govi import` and `govi export`: the knowledge base and the questions as files."""

import contextlib
import getpass
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from bot import bootstrap
from bot.bootstrap import fingerprint_of, open_database
from bot.cli.opening import configured
from bot.db.engine import reading, transaction
from bot.db.models import Origin
from bot.errors import GoviError
from bot.knowledge_files import check_file, format_knowledge
from bot.question_files import format_log, format_pairs
from bot.services.browsing import list_used_areas
from bot.services.curation import (
    ImportReport,
    export_entries,
    import_entries,
    note_starter,
    preview_import,
)
from bot.services.importing import accept_file
from bot.services.learning import list_learnt_pairs
from bot.services.question_log import DECISIONS, SCRIPTS, LogFilter, iter_questions

_MOST_KEYS = 20
_STARTER_LEFT_OUT = (
    "govi: there was no knowledge here yet, so this is all of it; `govi import {folder}` adds the "
    "starter knowledge"
)
_FILE = click.Path(dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])
_DAY_SHAPE = "YYYY-MM-DD"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and report; change nothing.")
def import_command(file: Path, dry_run: bool) -> None:
    """Add or change entries from FILE.

    It is .csv, .jsonl, .xlsx or .toml, or a folder of .toml files. All or nothing: one fault
    anywhere and nothing is imported; every fault is listed. Importing the same file again changes
    nothing.
    """
    settings = configured()
    checked = check_file(file)
    engine, sessions = open_database(settings)
    with reading(sessions) as session:
        drafts = accept_file(session, checked)
    if dry_run:
        with reading(sessions) as session:
            report = preview_import(session, drafts)
    else:
        with transaction(sessions) as session:
            is_first = not bootstrap.holds_entries(session)
            report = import_entries(session, drafts, Origin.IMPORT, f"cli:{_name_user()}")
            if file.resolve() == bootstrap.STARTER.resolve():
                note_starter(session, fingerprint_of(file))
            elif is_first:
                click.echo(_STARTER_LEFT_OUT.format(folder=bootstrap.STARTER), err=True)
    engine.dispose()
    click.echo(_summary(report, dry_run))


def _name_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        return str(os.getuid())  # in a container it may have no name


def _summary(report: ImportReport, dry_run: bool) -> str:
    verb = "would be " if dry_run else ""
    counts = (
        f"{len(report.added)} {verb}added, {len(report.changed)} {verb}changed, "
        f"{len(report.unchanged)} unchanged"
    )
    named = {
        "added": report.added,
        "changed": report.changed,
        "published again, or a draft until now": report.revived,
    }
    lines = [f"  {what}: {_some(keys)}" for what, keys in named.items() if keys]
    return "\n".join([counts, *lines])


def _some(keys: Sequence[str]) -> str:
    more = f", and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return ", ".join(keys[:_MOST_KEYS]) + more


@click.command("export")
@click.argument("file", required=False, type=_FILE)
@click.option("--questions", type=_FILE, help="Write the question log instead (same formats).")
@click.option(
    "--training-pairs",
    type=_FILE,
    help="Write what people have taught Govi instead, for `govi train --learnt` (.jsonl).",
)
@click.option(
    "--since", type=_DAY, metavar=_DAY_SHAPE, help="Questions from this day on, in Sri Lanka."
)
@click.option("--until", type=_DAY, metavar=_DAY_SHAPE, help="Questions up to and on this day.")
@click.option("--decision", type=click.Choice(DECISIONS), help="Only questions decided so.")
@click.option("--area", help="Only questions answered from, or nearest to, this area.")
@click.option("--script", type=click.Choice(SCRIPTS), help="Only questions in this script.")
@click.option(
    "--feedback", type=click.Choice(["up", "down", "none"]), help="Only with this rating."
)
def export_command(
    file: Path | None, questions: Path | None, training_pairs: Path | None, **filters: Any
) -> None:
    """Write every entry to FILE, to be edited and imported again.

    It becomes .csv, .jsonl or .xlsx, as it is named. The question log names nobody: each farmer is
    a number that means nothing elsewhere. It has the words of those alone who let them be kept.
    """
    targets = [path for path in (file, questions, training_pairs) if path is not None]
    if len(targets) != 1:
        raise click.UsageError("name one of FILE, --questions FILE and --training-pairs FILE")
    if questions is None and any(value is not None for value in filters.values()):
        raise click.UsageError("filters go with --questions")
    since, until = filters["since"], filters["until"]
    if since is not None and until is not None and since > until:
        raise click.UsageError("--since is a later day than --until")
    engine, sessions = open_database(configured(), may_be_new=False)
    with reading(sessions) as session:
        if questions is not None:
            content, told = _questions(session, questions, LogFilter(**_with_days(filters)))
        elif training_pairs is not None:
            content, told = _training_pairs(session, training_pairs)
        else:
            content, told = _entries(session, targets[0])
    engine.dispose()
    _write_whole(targets[0], content)
    click.echo(f"{told} written to {targets[0]}")


def _write_whole(target: Path, content: bytes) -> None:
    """Write a file, or leave one that is there as it was; where a link leads, not over it."""
    place = target.resolve()
    aside = place.with_name(f".{place.name}.writing-{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(place)
    except OSError as error:
        raise GoviError(f"{target} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def _entries(session: Session, file: Path) -> tuple[bytes, str]:
    drafts = export_entries(session)
    return format_knowledge(file.suffix, drafts), f"{len(drafts)} entries"


def _questions(session: Session, file: Path, wanted: LogFilter) -> tuple[bytes, str]:
    areas = list_used_areas(session)
    if wanted.area is not None and wanted.area not in {*areas, ""}:
        known = ", ".join(sorted(areas))
        raise GoviError(f"no entry is in the area {wanted.area}; there are {known}")
    found = list(iter_questions(session, wanted))
    return format_log(file.suffix, found), f"{len(found)} questions"


def _training_pairs(session: Session, file: Path) -> tuple[bytes, str]:
    if file.suffix != ".jsonl":
        raise click.BadParameter(f"{file}: training pairs are written as .jsonl")
    pairs = list_learnt_pairs(session)
    return format_pairs(pairs), f"{len(pairs)} pairs"


def _with_days(filters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.date() if isinstance(value, datetime) else value
        for name, value in filters.items()
    }
