"""`govi import` and `govi export`: the knowledge base as a file."""

import getpass
from pathlib import Path

import click

from bot.bootstrap import open_database
from bot.cli.opening import configured
from bot.db.engine import reading, transaction
from bot.db.models import Origin
from bot.errors import GoviError
from bot.knowledge_files import read_knowledge, write_knowledge
from bot.services.curation import ImportReport, export_entries, import_entries


@click.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and report; change nothing.")
def import_command(file: Path, dry_run: bool) -> None:
    """Add or change entries from FILE: .csv, .jsonl, .xlsx, .toml, or a folder of .toml files.

    All or nothing: one fault anywhere and nothing is imported; every fault is listed. Importing
    the same file again changes nothing.
    """
    settings = configured()
    drafts = read_knowledge(file)
    engine, sessions = open_database(settings)
    with (reading if dry_run else transaction)(sessions) as session:
        report = import_entries(session, drafts, Origin.IMPORT, f"cli:{getpass.getuser()}")
    engine.dispose()
    click.echo(_summary(report, dry_run))


def _summary(report: ImportReport, dry_run: bool) -> str:
    verb = "would be " if dry_run else ""
    return (
        f"{len(report.added)} {verb}added, {len(report.changed)} {verb}changed, "
        f"{len(report.unchanged)} unchanged"
    )


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_command(file: Path) -> None:
    """Write every entry to FILE (.csv, .jsonl or .xlsx), ready to be edited and imported again."""
    engine, sessions = open_database(configured())
    with reading(sessions) as session:
        drafts = export_entries(session)
    engine.dispose()
    try:
        write_knowledge(file, drafts)
    except OSError as error:
        raise GoviError(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"{len(drafts)} entries written to {file}")
