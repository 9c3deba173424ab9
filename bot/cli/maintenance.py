"""`govi db` and `govi index`: what `govi run` does by itself, one step at a time."""

import contextlib
import shutil

import click

from bot.bootstrap import open_database
from bot.cli.opening import configured, services
from bot.db.migrate import head


@click.group("db")
def db_command() -> None:
    """Look after the database."""


@db_command.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to this release's schema. Safe to run at any time."""
    engine, _ = open_database(configured())
    engine.dispose()
    click.echo(f"the database is at revision {head()}")


@click.group("index")
def index_command() -> None:
    """Look after the index, a cache of the database."""


@index_command.command("rebuild")
def rebuild_command() -> None:
    """Throw the saved index away and build it again from the database."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(configured().index_dir)
    with services(update_starter=False) as opened:
        click.echo(f"{len(opened.index.retriever)} entries indexed")
