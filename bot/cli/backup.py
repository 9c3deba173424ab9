"""`govi backup` and `govi restore`: the whole database, as one file."""

from pathlib import Path

import click

from bot.bootstrap import open_database
from bot.cli.opening import configured
from bot.db import backup
from bot.db.engine import open_engine
from bot.db.migrate import head
from bot.serving_lock import only_one

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup")
@click.argument("file", type=_FILE)
def backup_command(file: Path) -> None:
    """Write the whole database to a new FILE, while Govi runs.

    The file holds farmers' questions: it is readable by its owner alone; keep it so.
    """
    engine = open_engine(configured().database)
    try:
        backup.back_up(engine, file)
    finally:
        engine.dispose()
    click.echo(f"{file}: {file.stat().st_size // 1024} kB, checked")


@click.command("restore")
@click.argument("file", type=_FILE)
def restore_command(file: Path) -> None:
    """Put a backup in the place of the database; stop Govi first.

    What is there now is kept beside it. Questions that came after the backup was made are in that
    file alone; Telegram does not send them again.
    """
    settings = configured()
    engine = open_engine(settings.database)
    with only_one(settings.data_dir):
        kept = backup.restore(engine, file)
        if kept is not None:
            click.echo(f"what was there is now {kept}")
        engine, _ = open_database(settings)
        engine.dispose()
    click.echo(f"restored, at revision {head()}")
