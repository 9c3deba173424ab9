"""A viewing in the console is one line of the audit trail and one fetch from Telegram."""

import asyncio
from collections.abc import Callable

import pytest

from bot.bootstrap import Services
from bot.console import viewings
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.console.asking import ADMIN, OFFICER, Guest
from tests.console.sending import OGG, PNG, looked_at, send, take_back


async def test_a_recording_played_in_parts_is_fetched_and_recorded_once(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Even when a player asks for several parts at the same time."""
    _, number = send(services, api, OGG, "voice")
    wanted = ["bytes=0-", "bytes=0-3", "bytes=4-9", "bytes=10-"]

    parts = await asyncio.gather(
        *(officer.client.get(f"/media/{number}", headers={"Range": each}) for each in wanted)
    )

    assert [part.content for part in parts] == [OGG, OGG[:4], OGG[4:10], OGG[10:]]
    assert len(api.calls("getFile")) == 1
    assert looked_at(services) == [(str(OFFICER), f"question 1, attachment {number}")]


async def test_each_officer_who_looks_is_recorded(
    services: Services, api: BotApi, officer: Guest, admin: Guest
) -> None:
    """Though it is the same photo."""
    _, number = send(services, api, PNG)

    for guest in (officer, admin):
        await guest.open(f"/media/{number}")

    assert [who for who, _ in looked_at(services)] == [str(OFFICER), str(ADMIN)]


async def test_what_cannot_be_recorded_is_not_shown(
    services: Services, api: BotApi, officer: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor any part of it that is asked for at the same time; the next try is a new one."""
    _, number = send(services, api, OGG, "voice")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("bot.console.media.record_look", fail)
        pages = await asyncio.gather(*(officer.client.get(f"/media/{number}") for _ in range(3)))

    assert [page.status_code for page in pages] == [500] * 3
    assert api.calls("getFile") == []
    assert (await officer.open(f"/media/{number}")).content == OGG


async def test_a_later_viewing_is_fetched_and_recorded_anew(
    services: Services, api: BotApi, officer: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays in memory for long."""
    monkeypatch.setattr(viewings, "SECONDS", 0.0)
    _, number = send(services, api, PNG)

    for _ in range(2):
        await officer.open(f"/media/{number}")

    assert len(api.calls("getFile")) == 2
    assert len(looked_at(services)) == 2


async def test_only_so_much_is_held_in_memory(
    services: Services, api: BotApi, officer: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked at first makes room."""
    monkeypatch.setattr(viewings, "MOST_BYTES", len(PNG) + 1)
    first, second = (send(services, api, PNG)[1] for _ in range(2))

    for number in (first, second, second, first):
        assert (await officer.open(f"/media/{number}")).content == PNG

    assert len(api.calls("getFile")) == 3


async def test_what_could_not_be_fetched_is_fetched_at_the_next_try(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Trouble that has passed is not remembered."""
    _, number = send(services, api, PNG)
    api.fail("getFile", faults.server_error())
    await officer.open(f"/media/{number}")

    page = await officer.open(f"/media/{number}")

    assert (page.status_code, page.content) == (200, PNG)


async def test_what_is_taken_back_in_the_middle_of_a_viewing_is_not_there(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """That it is still in memory changes nothing."""
    _, number = send(services, api, PNG)
    await officer.open(f"/media/{number}")
    take_back(services)

    assert (await officer.open(f"/media/{number}")).status_code == 404


async def test_a_stranger_gets_nothing_of_a_viewing(
    services: Services, api: BotApi, officer: Guest, come: Callable[[], Guest]
) -> None:
    """That it is still in memory changes nothing."""
    _, number = send(services, api, PNG)
    await officer.open(f"/media/{number}")

    assert (await come().open(f"/media/{number}")).status_code == 401
