"""Copies of what farmers send, where they are wanted."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.db.engine import reading, transaction
from bot.db.models import Attachment, Question
from bot.errors import CopyError
from bot.jobs import copying, work
from bot.services import copies
from bot.services.forgetting import forget
from bot.services.job_runs import Occasion
from bot.services.media import Media, attach
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.jobs.owing import occasion
from tests.services.loop import pass_on

LATER = timedelta(hours=2)
KB = 1024


@pytest.fixture
def services(services: Services, api: BotApi) -> Services:
    """What jobs are given where a megabyte of copies is wanted."""
    return wanting(services, 1, bot_token=SecretStr(api.token), telegram_api_url=api.url)


def wanting(services: Services, megabytes: int, **others: object) -> Services:
    """Set MEDIA_KEEP."""
    update = {"media_keep": megabytes, **others}
    services.settings = services.settings.model_copy(update=update)
    return services


def sent(services: Services, api: BotApi, content: bytes, farmer: int = 11) -> str:
    """Let a farmer send a photo; return Telegram's id of it."""
    with api.world.lock:
        file_id = str(api.world.add_file("sent", content)["file_id"])
    with transaction(services.sessions) as session:
        group = pass_on(session, "", farmer, reason="media", kind="photo")
        attach(session, group.asks[-1].question, Media("photo", file_id), 5)
    return file_id


def now(later: timedelta = timedelta(0)) -> Occasion:
    """A run that begins in a moment."""
    return occasion(utc_now() + timedelta(minutes=1) + later)


def copied(services: Services, *file_ids: str) -> list[int | None]:
    """The length of each copy; None where there is none."""
    found = [copies.read(services.settings.media_dir, each) for each in file_ids]
    return [None if each is None else len(each) for each in found]


def still_due(services: Services) -> int:
    """How many are still to be copied."""
    with reading(services.sessions) as session:
        return session.query(Attachment).filter(Attachment.copy_due_at.is_not(None)).count()


async def test_what_farmers_send_is_copied_once(services: Services, api: BotApi) -> None:
    """The next run finds nothing to do."""
    files = [sent(services, api, b"one"), sent(services, api, b"three", 12)]

    assert await copying.copy_media(services, now()) == "2 files"
    assert await copying.copy_media(services, now()) is None
    assert copied(services, *files) == [3, 5]
    assert len(api.calls("getFile")) == 2


async def test_nothing_is_copied_unless_that_is_wanted(services: Services, api: BotApi) -> None:
    """As it is when nothing is set."""
    sent(services, api, b"one")

    assert await copying.copy_media(wanting(services, 0), now()) is None
    assert not services.settings.media_dir.exists()
    assert api.calls("getFile") == []


async def test_what_is_over_twenty_megabytes_holds_up_nothing(
    services: Services, api: BotApi
) -> None:
    """Telegram does not hand it out; it is not asked for again."""
    large = sent(services, api, bytes(20 * 2**20 + 1))
    small = sent(services, api, b"two")

    assert await copying.copy_media(wanting(services, 100), now()) == "1 files"
    assert copied(services, large, small) == [None, 3]
    assert still_due(services) == 0


async def test_what_telegram_has_lost_holds_up_nothing(services: Services, api: BotApi) -> None:
    """It is not asked for again."""
    gone, there = sent(services, api, b"one"), sent(services, api, b"two")
    del api.world.files[gone]

    assert await copying.copy_media(services, now()) == "1 files"
    assert await copying.copy_media(services, now(LATER)) is None
    assert copied(services, gone, there) == [None, 3]


async def test_what_telegram_does_not_hand_out_is_tried_again_behind_others(
    services: Services, api: BotApi
) -> None:
    """Nothing is lost by an hour's trouble."""
    files = [sent(services, api, b"one"), sent(services, api, b"two")]
    api.fail("getFile", faults.server_error())

    assert await copying.copy_media(services, now()) is None
    assert await copying.copy_media(services, now()) == "1 files"
    assert copied(services, *files) == [None, 3]
    assert await copying.copy_media(services, now(LATER)) == "1 files"
    assert copied(services, *files) == [3, 3]


async def test_a_full_disk_fails_the_run_and_loses_nothing(
    services: Services, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be copied is copied once there is room."""
    files = [sent(services, api, b"one"), sent(services, api, b"two")]
    with monkeypatch.context() as patch:
        patch.setattr(copies, "RESERVE", 2**62)
        with pytest.raises(CopyError, match="too full"):
            await copying.copy_media(services, now())

    assert still_due(services) == 2
    assert await copying.copy_media(services, now()) == "2 files"
    assert copied(services, *files) == [3, 3]


async def test_all_copies_together_stay_within_what_is_wanted(
    services: Services, api: BotApi
) -> None:
    """The oldest make room; what is too large by itself is left at Telegram."""
    files = [sent(services, api, bytes(size * KB)) for size in (400, 500, 1100, 600)]

    assert await copying.copy_media(services, now()) == "3 files"
    assert copied(services, *files) == [None, None, None, 600 * KB]
    assert still_due(services) == 0


async def test_what_is_erased_while_it_is_copied_is_gone(
    services: Services, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever comes first."""
    file_id = sent(services, api, b"one")
    write = copies.write

    def write_and_forget(folder: Path, file_id: str, content: bytes) -> None:
        write(folder, file_id, content)
        with transaction(services.sessions) as session:
            forget(session, 11)

    monkeypatch.setattr(copies, "write", write_and_forget)
    await copying.copy_media(services, now())

    assert copied(services, file_id) == [None]


async def test_the_purge_deletes_copies_of_what_it_erases(services: Services, api: BotApi) -> None:
    """Copies of younger questions stay."""
    old, young = sent(services, api, b"one"), sent(services, api, b"two", 12)
    await copying.copy_media(services, now())
    with transaction(services.sessions) as session:
        session.query(Question).filter_by(id=1).one().asked_at = utc_now() - timedelta(days=400)

    done = await work.purge(services, now())

    assert done is not None
    assert done.endswith("1 copies")
    assert copied(services, old, young) == [None, 3]


async def test_copies_that_are_wanted_no_more_are_deleted_by_the_purge(
    services: Services, api: BotApi
) -> None:
    """Setting MEDIA_KEEP to 0 is enough."""
    file_id = sent(services, api, b"one")
    await copying.copy_media(services, now())

    await work.purge(wanting(services, 0), now())

    assert copied(services, file_id) == [None]
