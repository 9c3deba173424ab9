"""Copies of photos and recordings on the disk."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Ask, Attachment
from bot.errors import CopyError
from bot.services import copies
from bot.services.forgetting import forget
from bot.services.media import Media, attach
from tests.services.loop import pass_on


def sent(session: Session, farmer: int, file_id: str) -> int:
    """Let a farmer send a photo; return the number of the attachment."""
    group = pass_on(session, "", farmer, reason="media", kind="photo")
    attach(session, group.asks[-1].question, Media("photo", file_id), 5)
    return session.query(Attachment).order_by(Attachment.id.desc()).limit(1).one().id


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("file_id", ["AgACAgUAAxk", "../../etc/passwd", "කොළ/\0", "x" * 4000])
def test_a_copy_lies_in_its_folder_whatever_its_file_is_called(
    tmp_path: Path, file_id: str
) -> None:
    """Its name is a hash, and only who runs Govi gets in."""
    folder = tmp_path / "var" / "media"
    copies.write(folder, file_id, b"photo")

    assert copies.read(folder, file_id) == b"photo"
    assert [len(name) for name in names(folder)] == [64]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert names(tmp_path) == ["var"]


def test_what_was_not_copied_is_not_there(tmp_path: Path) -> None:
    """With the folder or without it."""
    assert copies.read(tmp_path, "f1") is None
    assert copies.read(tmp_path / "nowhere", "f1") is None


def test_copies_of_what_was_erased_or_taken_back_are_swept(
    session: Session, tmp_path: Path
) -> None:
    """Others stay, as does what is no copy."""
    folder = tmp_path / "media"
    for farmer, file_id in ((11, "erased"), (12, "back"), (13, "shared"), (14, "shared")):
        sent(session, farmer, file_id)
    for file_id in ("erased", "back", "shared", "nobody's"):
        copies.write(folder, file_id, b"photo")
    (folder / "notes.txt").touch()
    (folder / f"{0:064}.writing").touch()
    session.query(Ask).filter_by(id=2).one().withdrawn_at = utc_now()
    forget(session, 11)
    forget(session, 13)

    assert copies.sweep(session, folder) == 4
    assert len(names(folder)) == 2
    assert copies.read(folder, "shared") == b"photo"
    assert copies.sweep(session, folder) == 0


def test_a_folder_that_cannot_be_looked_through_stops_nobody(
    session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever is forgotten is told so all the same; the log says what is wrong."""
    (tmp_path / "media").touch()

    assert copies.sweep(session, tmp_path / "media") == 0
    assert [record.message for record in caplog.records] == ["copies not looked through"]


def test_the_oldest_copies_make_room(tmp_path: Path) -> None:
    """No more of them than is needed."""
    folder = tmp_path / "media"
    for file_id in ("oldest", "old", "new"):
        for path in folder.glob("*"):
            age = path.stat().st_mtime - 60
            os.utime(path, (age, age))
        copies.write(folder, file_id, bytes(100))

    assert copies.measure(folder) == (3, 300)
    assert copies.shrink(folder, 200) == 1
    assert copies.read(folder, "oldest") is None
    assert copies.shrink(folder, 200) == 0
    assert copies.shrink(folder, 0) == 2


def test_the_database_is_left_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies do not fill the disk to the brim; the operator is told what to do."""
    monkeypatch.setattr(copies, "RESERVE", 2**62)

    with pytest.raises(CopyError, match=r"too full for copies.*MEDIA_KEEP=0"):
        copies.write(tmp_path / "media", "f1", b"photo")

    assert names(tmp_path / "media") == []


def test_a_disk_that_fills_up_in_the_middle_leaves_no_half_copy(tmp_path: Path) -> None:
    """The system's own word for it is told."""
    folder = tmp_path / "media"
    copies.write(folder, "f1", b"old")
    [name] = names(folder)
    (folder / f"{name}.writing").symlink_to("/dev/full")

    with pytest.raises(CopyError, match="No space left on device"):
        copies.write(folder, "f1", b"new")

    assert names(folder) == [name]
    assert copies.read(folder, "f1") == b"old"


def test_what_is_to_be_copied_is_listed_until_it_is_settled(session: Session) -> None:
    """Oldest first; not what was taken back, nor before it is due again."""
    first, _, third = (sent(session, farmer, f"f{farmer}") for farmer in (11, 12, 13))
    session.query(Ask).filter_by(id=2).one().withdrawn_at = utc_now()
    session.flush()
    now = utc_now() + timedelta(minutes=1)

    assert copies.list_due(session, now, 9) == [(first, "f11"), (third, "f13")]
    assert copies.list_due(session, now, 1) == [(first, "f11")]
    copies.settle(session, third)
    copies.settle(session, first, now + timedelta(hours=1))
    assert copies.list_due(session, now, 9) == []
    assert copies.list_due(session, now + timedelta(hours=1), 9) == [(first, "f11")]


def test_settling_says_whether_it_is_still_there(session: Session) -> None:
    """Its farmer may be forgotten meanwhile."""
    number = sent(session, 11, "f1")

    assert copies.settle(session, number)
    forget(session, 11)
    assert not copies.settle(session, number)
