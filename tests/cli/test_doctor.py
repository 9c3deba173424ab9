"""What `govi doctor` says of an installation: true, and what to do."""

import shutil
from collections import namedtuple
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.knowledge_files import write_knowledge
from bot.serving_lock import only_one
from tests.cli.conftest import Govi
from tests.factories import create_draft

TOKEN = "123456:" + "A" * 35


def line_of(govi: Govi, subject: str) -> str:
    """The doctor's line about one subject."""
    lines = govi("doctor").stdout.splitlines()
    (line,) = [each for each in lines if each[4:].startswith(f"{subject}:")]
    return line


def test_it_says_whether_a_process_serves(govi: Govi) -> None:
    """From this data folder; looking takes nothing from who does."""
    before = line_of(govi, "serving")
    with only_one(Path("var")):
        during = line_of(govi, "serving")

    assert "not now" in before
    assert "on Telegram" in during
    assert "not now" in line_of(govi, "serving")


def test_a_bot_without_an_admin_is_a_fault(govi: Govi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would hear a call for help; a chat in the terminal needs nobody."""
    alone = line_of(govi, "team")
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    served = line_of(govi, "team")
    monkeypatch.setenv("ADMIN_IDS", "12")

    assert alone.startswith("ok  team: 0 admins, 0 officers")
    assert served.startswith("!!  team: 0 admins")
    assert "ADMIN_IDS" in served
    assert line_of(govi, "team").startswith("ok  team: 1 admins, 0 officers; an admin makes")


def test_a_disk_that_is_nearly_full_is_a_fault(govi: Govi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before nothing can be written down any more."""
    before = line_of(govi, "disk")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 50 * 2**20, 50 * 2**20)
    )
    after = line_of(govi, "disk")

    assert before.startswith("ok  disk: ")
    assert after.startswith(f"!!  disk: 50 MB free for {Path.cwd()}/var; make room")


def test_an_entry_expires_with_sri_lankas_day(govi: Govi, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the console and the bot say, while it is still yesterday in Greenwich."""
    write_knowledge(Path("k.csv"), [create_draft("a.one", valid_until=date(2026, 11, 24))])
    govi("import", "k.csv")
    monkeypatch.setattr("bot.cli.doctor.utc_now", lambda: datetime(2026, 11, 24, 20, tzinfo=UTC))

    assert "a.one: expired on 2026-11-24" in govi("doctor", "knowledge").stdout
