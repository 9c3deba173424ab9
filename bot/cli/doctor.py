"""`govi doctor`: is everything as it should be, and if not, what to do."""

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from sqlalchemy.orm import Session

from bot import speech
from bot.bootstrap import Services, open_database
from bot.cli.opening import configured, services
from bot.contacts import load_contacts
from bot.db.base import utc_now
from bot.db.engine import reading, sqlite_file, transaction
from bot.db.migrate import head
from bot.errors import GoviError
from bot.local_time import local_date
from bot.services import checkup, copies, set_aside
from bot.services.checkup import Finding
from bot.services.curation import export_entries
from bot.services.knowledge_index import read_entries
from bot.services.set_aside import SetAside
from bot.serving_lock import is_served
from bot.settings import Settings

#: A number of a row; no larger one fits into a database.
_ID = click.IntRange(0, 2**63 - 1)
#: Bytes for the index, the day's questions and the system itself.
_LEAST_FREE = 100 * 2**20


@click.group("doctor", invoke_without_command=True)
@click.pass_context
def doctor_command(context: click.Context) -> None:
    """Examine this installation, and say what to do.

    Settings, database, model, index, messages set aside. Exit status 1 when something asks for
    action.
    """
    if context.invoked_subcommand is None:
        with services(update_starter=False) as opened:
            _report([*_installation(opened)])


@doctor_command.command("knowledge")
def knowledge_command() -> None:
    """Examine the entries.

    Expired ones, those with too few phrasings, and phrasings nearer to another entry.
    """
    with services(update_starter=False) as opened:
        with reading(opened.sessions) as session:
            drafts = export_entries(session)
            entries = list(read_entries(session))
        findings = [
            *checkup.examine_knowledge(drafts, local_date(utc_now())),
            *checkup.examine_phrasings(opened.index.retriever, entries),
        ]
        _report(findings or [Finding("knowledge", f"{len(drafts)} entries, nothing to mend")])


@doctor_command.command("inbox")
@click.option("--replay", type=_ID, metavar="ID", help="Handle this one again.")
def inbox_command(replay: int | None) -> None:
    """List the updates that were set aside, and why. ID is Telegram's number of one."""
    _examine_queue("inbox", set_aside.list_updates, set_aside.replay, replay)


@doctor_command.command("outbox")
@click.option("--retry", type=_ID, metavar="ID", help="Send this one again.")
def outbox_command(retry: int | None) -> None:
    """List the messages that were given up, and why."""
    _examine_queue("outbox", set_aside.list_messages, set_aside.retry, retry)


def _examine_queue(
    queue: str,
    list_rows: Callable[[Session], list[SetAside]],
    again: Callable[[Session, int], bool],
    number: int | None,
) -> None:
    """List one queue's rows that were set aside, or let one of them be tried again."""
    engine, sessions = open_database(configured(), may_be_new=False)
    try:
        if number is None:
            with reading(sessions) as session:
                findings = list(checkup.examine_queue(queue, list_rows(session)))
            _report(findings or [Finding(queue, "nothing is set aside")])
            return
        with transaction(sessions) as session:
            if not again(session, number):
                raise GoviError(f"{number} is not set aside, or is nothing that can be tried again")
        click.echo(f"{number} is tried again by the running Govi, or when it runs next")
    finally:
        engine.dispose()


def _installation(opened: Services) -> Iterable[Finding]:
    settings = opened.settings
    token = "set" if settings.bot_token else "not set: chat in the terminal only"
    yield Finding("settings", f"BOT_TOKEN {token}; data in {settings.data_dir.absolute()}")
    yield _serving(settings)
    yield Finding("database", f"{opened.engine.url.render_as_string()} at revision {head()}")
    yield _disk(opened)
    yield _contacts()
    yield _speech()
    yield Finding(
        "hearing",
        f"voice notes are written down by {settings.speech_model}"
        if settings.speech_model
        else "off: SPEECH_MODEL is not set",
    )
    yield _copies(settings)
    yield Finding("model", opened.index.retriever.model_id)
    with reading(opened.sessions) as session:
        yield checkup.examine_team(session, is_needed=settings.bot_token is not None)
        yield from checkup.examine_database(session)
        entries = list(read_entries(session))
    yield from checkup.examine_index(opened.index.retriever, entries)


def _serving(settings: Settings) -> Finding:
    is_running = is_served(settings.data_dir)
    text = "on Telegram, from this data folder" if is_running else "not now; `govi run` does"
    return Finding("serving", text)


def _disk(opened: Services) -> Finding:
    folder = opened.settings.data_dir
    free = shutil.disk_usage(folder if folder.exists() else Path()).free
    file = sqlite_file(opened.engine)
    # A backup or a restore writes the database once more, a migration its log.
    needed = _LEAST_FREE + 3 * (file.stat().st_size if file and file.exists() else 0)
    text = f"{free // 2**20} MB free for {folder.absolute()}"
    if free < needed:
        text += f"; make room, at least {needed // 2**20} MB: what farmers ask is not taken else"
    return Finding("disk", text, is_fault=free < needed)


def _contacts() -> Finding:
    contacts = load_contacts()
    open_ = [f"{c.number} ({c.name})" for c in contacts.values() if c.confirmed_on is None]
    text = f"{len(contacts)} telephone numbers"
    if open_:
        text += (
            f"; not yet confirmed by the service itself: {', '.join(open_)}; ask there and note "
            "the day as confirmed_on in knowledge/contacts.toml"
        )
    return Finding("contacts", text)


def _speech() -> Finding:
    programs = speech.find_programs()
    if programs is None:
        return Finding("speech", f"answers cannot be listened to; install {speech.PACKAGES}")
    return Finding("speech", f"answers are read out by espeak-ng and {programs.packer_name}")


def _copies(settings: Settings) -> Finding:
    if not settings.media_keep:
        return Finding("copies", "off: MEDIA_KEEP is not set")
    count, size = copies.measure(settings.media_dir)
    taken = f"{size / 2**20:.1f} of {settings.media_keep} MB"
    return Finding("copies", f"{count} photos and recordings, {taken}")


def _report(findings: list[Finding]) -> None:
    for finding in findings:
        mark = "!!" if finding.is_fault else "ok"
        click.echo(f"{mark}  {finding.subject}: {finding.text}")
    if any(finding.is_fault for finding in findings):
        sys.exit(1)
