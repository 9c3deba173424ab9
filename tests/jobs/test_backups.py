"""The nightly backup."""

import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.errors import DatabaseError
from bot.jobs.backups import back_up
from tests.jobs.clock import MORNING
from tests.jobs.owing import DAY, occasion
from tests.services.asking import farmer

pytestmark = pytest.mark.sqlite

NIGHT = MORNING - timedelta(hours=5)


def names(services: Services) -> list[str]:
    """What is in the backups' folder."""
    return sorted(path.name for path in services.settings.backup_dir.iterdir())


def backups(services: Services) -> Path:
    """Make the backups' folder."""
    services.settings.backup_dir.mkdir()
    return services.settings.backup_dir


async def test_the_nights_backup_holds_what_the_database_holds(services: Services) -> None:
    """And a second run leaves it as it is."""
    with transaction(services.sessions) as session:
        farmer(session, 11)

    done = await back_up(services, occasion(NIGHT))
    path = services.settings.backup_dir / "govi-2026-11-25.sqlite3"
    made = path.stat().st_mtime_ns
    await back_up(services, occasion(NIGHT))

    assert done.startswith("govi-2026-11-25.sqlite3")
    assert path.stat().st_mtime_ns == made
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("select telegram_user_id from farmers").fetchall() == [(11,)]


async def test_old_backups_are_deleted_and_nothing_else(services: Services) -> None:
    """As many nights are kept as the settings say."""
    services.settings = services.settings.model_copy(update={"backup_days": 3})
    folder = backups(services)
    others = [
        ".govi-monday.sqlite3.writing-8",  # by somebody who is at it
        "govi-2026-99-99.sqlite3",
        "my-govi-2020-01-01.sqlite3",
        "notes.txt",
    ]
    left = folder / ".govi-2026-11-24.sqlite3.writing-7"
    for name in (*others, left.name):
        (folder / name).touch()
    os.utime(left, (0, 0))
    os.utime(folder / others[0], (time.time(), time.time()))

    for night in range(5):
        await back_up(services, occasion(NIGHT + night * DAY))

    kept = [f"govi-2026-11-{day}.sqlite3" for day in (27, 28, 29)]
    assert names(services) == sorted([*kept, *others])


async def test_no_backup_is_made_when_none_is_wanted(services: Services) -> None:
    """Whoever has other tools switches it off."""
    services.settings = services.settings.model_copy(update={"backup_days": 0})

    assert await back_up(services, occasion(NIGHT)) is None
    assert not services.settings.backup_dir.exists()


def damage(path: Path) -> None:
    """Let a row name another that is not there."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "insert into asks (escalation_id, question_id, reason, joined_at) "
            "values (99, 99, 'other', '2026-11-25')"
        )
        connection.commit()


async def test_a_backup_that_fails_its_check_deletes_no_old_one(
    services: Services, tmp_path: Path
) -> None:
    """The run fails, and is tried again; what was whole is kept."""
    old = backups(services) / "govi-2020-01-01.sqlite3"
    old.touch()
    damage(tmp_path / "test.sqlite3")

    with pytest.raises(DatabaseError, match="damaged"):
        await back_up(services, occasion(NIGHT))

    assert names(services) == [old.name]
