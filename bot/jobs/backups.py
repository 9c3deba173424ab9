"""The nightly backup: checked as it is made, and kept for as many days as the settings say.

Older ones are deleted, because what people have had erased would live on in them.
"""

import asyncio
import contextlib
import re
import time
from datetime import date, timedelta
from pathlib import Path

from bot.bootstrap import Services
from bot.db import backup
from bot.local_time import local_date
from bot.services.job_runs import Occasion

_NAME = re.compile(r"govi-(\d{4}-\d{2}-\d{2})\.sqlite3")
#: What a process left that was killed while it wrote one; another may be writing one right now.
_UNFINISHED, _UNFINISHED_SECONDS = ".govi-*.writing-*", 3600.0


async def back_up(services: Services, occasion: Occasion) -> str | None:
    """Write the night's backup unless it is there, then delete those that are too old."""
    days = services.settings.backup_days
    if days == 0:
        return None
    engine = services.engine
    if engine.url.get_backend_name() != "sqlite":
        return f"left to the tools of {engine.url.get_backend_name()}"
    night = local_date(occasion.due_at)
    target = services.settings.backup_dir / f"govi-{night}.sqlite3"
    if not target.exists():
        await asyncio.to_thread(backup.back_up, engine, target)
    deleted = await asyncio.to_thread(rotate, target.parent, night - timedelta(days=days))
    return f"{target.name}, {target.stat().st_size // 1024} kB, checked; {deleted} old deleted"


def rotate(folder: Path, last: date) -> int:
    """Delete backups of a day and before, and what was left unfinished; count the first.

    Any other file in the folder is left alone.
    """
    for unfinished in folder.glob(_UNFINISHED):
        with contextlib.suppress(FileNotFoundError):  # finished meanwhile
            if time.time() - unfinished.stat().st_mtime > _UNFINISHED_SECONDS:
                unfinished.unlink()
    old = [path for path in folder.iterdir() if (day := _day_of(path)) is not None and day <= last]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _day_of(path: Path) -> date | None:
    match = _NAME.fullmatch(path.name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
