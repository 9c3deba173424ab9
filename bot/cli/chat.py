"""`govi chat`: the conversation of a farmer, in the terminal."""

import io
import select
import sys

import click

from bot.bootstrap import Services
from bot.cli.opening import services
from bot.cli.terminal import say, show
from bot.db.engine import transaction
from bot.errors import StaleButtonError
from bot.services.answering import (
    Outcome,
    answer_in_terminal,
    record_terminal_question,
)
from bot.services.remarks import Remark, record_terminal_remark

PROMPT = "> "
#: Digits of a number that chooses among suggestions; a longer one is a question.
_LONGEST_CHOICE = 2
#: How long the rest of a pasted text may take to come; an empty line ends the chat so much later.
_PASTING_SECONDS = 0.2


@click.command("chat")
def chat_command() -> None:
    """Ask questions here, as a farmer would on Telegram. An empty line or Ctrl-D ends it."""
    with services() as opened:
        chat(opened)


def chat(opened: Services) -> None:
    """Read questions from standard input until it ends, and answer each."""
    count = len(opened.index.retriever)
    click.echo(f"Govi is ready: {count} entries, model {opened.index.retriever.model_id}.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a line in another encoding is not the end
    if sys.stdin.isatty():
        click.echo(opened.catalogue.text("chat.welcome"))
    waiting: Outcome | None = None
    while (line := _read_line()) is not None:
        waiting = _say(opened, line, waiting)


def _read_line() -> str | None:
    """Return the next line, or None at the end or at an empty line typed in a terminal."""
    while line := _read_any_line():
        if line.strip():
            return line.rstrip("\n")
        if sys.stdin.isatty() and not _is_more_waiting():
            break
    return None


def _is_more_waiting() -> bool:
    """Whether lines wait behind this one: a text with an empty line in it was pasted."""
    return bool(select.select([sys.stdin], [], [], _PASTING_SECONDS)[0])


def _read_any_line() -> str:
    """Return the next line with its end, or "" where there is none."""
    if sys.stdin.isatty():
        click.echo(PROMPT, nl=False)
    try:
        return sys.stdin.readline()
    except (OSError, ValueError, KeyboardInterrupt):  # the first two: standard input is closed
        return ""


def _say(opened: Services, line: str, waiting: Outcome | None) -> Outcome | None:
    """Answer one line; return the outcome when it waits for a choice among suggestions."""
    if waiting is not None and _is_choice(line):
        _choose(opened, waiting, int(line))
        return None
    if remark := opened.recognition.remark(line):
        _note(opened, line, remark)
        return None
    opened.index.refresh()  # people work on the knowledge meanwhile
    result = opened.index.search([line])[0]
    with transaction(opened.sessions) as session:
        outcome = record_terminal_question(session, line, result)
    click.echo(show(opened.catalogue, outcome) + "\n")
    return outcome if outcome.decision == "suggest" else None


def _note(opened: Services, line: str, remark: Remark) -> None:
    """Reply to what needs no search."""
    click.echo(say(opened.catalogue, remark) + "\n")
    with transaction(opened.sessions) as session:
        record_terminal_remark(session, line, remark)


def _is_choice(line: str) -> bool:
    """Whether a line is a number such as suggestions have."""
    return line.strip().isdecimal() and len(line.strip()) <= _LONGEST_CHOICE


def _choose(opened: Services, waiting: Outcome, number: int) -> None:
    chosen = waiting.suggestions[number - 1] if 1 <= number <= len(waiting.suggestions) else None
    try:
        with transaction(opened.sessions) as session:
            outcome = answer_in_terminal(session, waiting.question_id, chosen)
    except StaleButtonError:  # the entry was withdrawn while the person read
        click.echo(opened.catalogue.text("button.stale") + "\n")
        return
    click.echo(show(opened.catalogue, outcome) + "\n")
