"""The `govi` command. Each command translates words into one call; nothing is decided here."""

import errno
import re
import sys

import click

from bot.errors import GoviError
from bot.starting import multiply_alone, nothing_to_collect, prepare_streams

#: command -> module that defines it; imported only when called for: none waits for another's.
_COMMANDS = {
    "run": "bot.cli.run",
    "console": "bot.cli.console",
    "chat": "bot.cli.chat",
    "ask": "bot.cli.ask",
    "evaluate": "bot.cli.evaluate",
    "import": "bot.cli.knowledge",
    "export": "bot.cli.knowledge",
    "train": "bot.cli.train",
    "model": "bot.cli.model",
    "index": "bot.cli.maintenance",
    "db": "bot.cli.maintenance",
    "backup": "bot.cli.backup",
    "restore": "bot.cli.backup",
    "doctor": "bot.cli.doctor",
}

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")

#: What the system says of a place that cannot be used.
_NO_PLACE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        if cmd_name not in _COMMANDS:
            return None
        with nothing_to_collect():
            module = importlib.import_module(_COMMANDS[cmd_name])
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="govi", prog_name="govi")
def cli() -> None:
    """Govi answers farmers' questions in Sinhala from human-approved knowledge."""


def main() -> None:
    """Run the command line; an error that Govi can explain is one line and exit status 1."""
    prepare_streams()
    multiply_alone()
    try:
        cli(prog_name="govi")
    except Exception as error:
        reason = _explain(error)
        if reason is None:
            raise
        # A file that somebody sent names what is wrong with it: it shall not steer the terminal.
        click.echo(f"govi: {_CONTROL.sub('�', reason)}", err=True)
        sys.exit(1)


def _explain(error: Exception) -> str | None:
    """Return what an operator can act on, or None for what is our mistake."""
    from retrieval.errors import RetrievalError  # with it comes numpy, see `multiply_alone`

    if isinstance(error, GoviError | RetrievalError):
        return str(error) or error.__doc__
    if isinstance(error, OSError) and error.errno in _NO_PLACE:
        done = f"use {error.filename}" if error.filename else "write"
        return f"cannot {done}: {error.strerror}"
    from bot.db.engine import OUT_OF_REACH  # imported by now, if it is one of these

    if isinstance(error, OUT_OF_REACH):
        said = " ".join(str(getattr(error, "orig", error)).split())
        return (
            f"cannot use the database now: {said}; see that no import is "
            "under way, that DATA_DIR can be written and that the disk is not full"
        )
    return None
