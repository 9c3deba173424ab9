"""Copies of what farmers sent on this machine's disk, for when Telegram has it no more.

A copy is named by the hash of Telegram's id of the file: nothing that a person sends has a say in
it. Which copies may be there is asked of the database: a copy goes when its question is erased or
taken back, whatever became of the process that should have deleted it.
"""

import contextlib
import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from bot.db.models import Ask, Attachment
from bot.errors import CopyError

#: Bytes of the disk that are left to the database.
RESERVE = 256 * 2**20
_NAME = re.compile(r"([0-9a-f]{64})(?:\.writing)?")

logger = logging.getLogger(__name__)


def list_due(session: Session, now: datetime, limit: int) -> list[tuple[int, str]]:
    """Return attachments that are to be copied, and Telegram's ids of their files; oldest first."""
    due = _wanted(Attachment.id, Attachment.file_id).where(Attachment.copy_due_at <= now)
    rows = session.execute(due.order_by(Attachment.copy_due_at, Attachment.id).limit(limit))
    return [(row.id, row.file_id) for row in rows]


def settle(session: Session, attachment_id: int, again_at: datetime | None = None) -> bool:
    """Say that an attachment is copied, or cannot be; or that it is to be tried again later.

    Does not commit.

    Returns:
        Whether the attachment is still there.
    """
    change = update(Attachment).where(Attachment.id == attachment_id).values(copy_due_at=again_at)
    return session.scalar(change.returning(Attachment.id)) is not None


def sweep(session: Session, folder: Path) -> int:
    """Delete copies of what was erased or taken back; return how many.

    What cannot be deleted is logged, and is deleted by the next sweep.
    """
    # Before the database is asked: what is written meanwhile is none of this sweep's.
    found = _list(folder)
    if not found:
        return 0
    ids = session.scalars(_wanted(Attachment.file_id).distinct())
    wanted = {_name(file_id) for file_id in ids}
    return sum(_delete(path) for path, name in found if name not in wanted)


def shrink(folder: Path, most_bytes: int) -> int:
    """Delete the oldest copies until the others fit; return how many."""
    oldest_first = sorted(_ages(folder))
    total, deleted = sum(size for _, size, _ in oldest_first), 0
    for _, size, path in oldest_first:
        if total <= most_bytes:
            break
        total -= size
        deleted += _delete(path)
    return deleted


def measure(folder: Path) -> tuple[int, int]:
    """Return how many copies there are, and how many bytes they take."""
    sizes = [size for _, size, _ in _ages(folder)]
    return len(sizes), sum(sizes)


def write(folder: Path, file_id: str, content: bytes) -> None:
    """Write a copy: the whole of it or nothing.

    Raises:
        CopyError: It cannot be written, or the disk would be left too full.
    """
    target = folder / _name(file_id)
    aside = folder / f"{target.name}.writing"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free - len(content)
        if free < RESERVE:
            raise CopyError(
                f"the disk of {folder} is too full for copies: {RESERVE // 2**20} MB are left to "
                "the database; make room, or set MEDIA_KEEP=0"
            )
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        _delete(aside)
        raise CopyError(f"cannot write a copy into {folder}: {error.strerror}") from None


def read(folder: Path, file_id: str) -> bytes | None:
    """Return what a copy holds; None without one."""
    try:
        return (folder / _name(file_id)).read_bytes()
    except OSError:
        return None


def _wanted(*columns: Any) -> Select[Any]:
    """Select attachments that may be looked at."""
    asked = select(*columns).outerjoin(Ask, Ask.question_id == Attachment.question_id)
    return asked.where(Ask.withdrawn_at.is_(None))


def _name(file_id: str) -> str:
    return hashlib.sha256(file_id.encode()).hexdigest()


def _ages(folder: Path) -> Iterator[tuple[int, int, Path]]:
    for path, _ in _list(folder):
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            about = path.stat()
            yield about.st_mtime_ns, about.st_size, path


def _list(folder: Path) -> list[tuple[Path, str]]:
    """Return copies, and what was being written, with the copy's name; other files are not ours."""
    try:
        found = [(path, _NAME.fullmatch(path.name)) for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        logger.warning("copies not looked through", extra={"reason": error.strerror})
        return []
    return [(path, match[1]) for path, match in found if match]


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        logger.warning("copy not deleted", extra={"reason": error.strerror})
        return False
    return True
