"""Farmers' photos and recordings in the console, fetched from the stand-in over HTTP."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.services.forgetting import forget
from bot.services.granting import set_role
from bot.testing import faults
from bot.testing.bot_api import BotApi
from tests.console.asking import ADMIN, OFFICER, Guest
from tests.console.sending import FARMER, OGG, PNG, looked_at, send, take_back
from tests.services.loop import pass_on

HTML = b"<html><script>alert(1)</script></html>"


async def test_a_photo_is_shown_to_an_officer_and_that_is_recorded(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """The bytes that Telegram keeps, under their true type, kept by no browser."""
    _, number = send(services, api, PNG)

    page = await officer.open(f"/media/{number}")

    assert (page.status_code, page.content) == (200, PNG)
    assert page.headers["content-type"] == "image/png"
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert looked_at(services) == [(str(OFFICER), f"question 1, attachment {number}")]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("photo", "<img src"),
        ("voice", "<audio controls"),
        ("video_note", "<video controls"),
        ("document", "<a class"),
    ],
)
async def test_the_question_shows_or_plays_what_was_sent(
    services: Services, api: BotApi, officer: Guest, kind: str, shown: str
) -> None:
    """Each kind in its way, named for those who do not see it; nothing is fetched before."""
    group, number = send(services, api, OGG, kind)

    page = await officer.open(f"/queue/{group}")

    assert shown in page.text
    assert f'href="/media/{number}"' in page.text
    assert officer.says(f"console.media.{kind}", who="Farmer 1", number=1)
    assert api.calls("getFile") == []


async def test_a_player_gets_the_part_that_it_asks_for(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Some players play nothing without; a part beyond the end is refused."""
    _, number = send(services, api, OGG, "voice")

    async def ask_for(wanted: str) -> Any:
        return await officer.client.get(f"/media/{number}", headers={"Range": wanted})

    part, rest, beyond = [
        await ask_for(wanted) for wanted in ("bytes=0-3", "bytes=4-", "bytes=900-")
    ]

    assert (part.status_code, part.content) == (206, OGG[:4])
    assert part.headers["content-range"] == f"bytes 0-3/{len(OGG)}"
    assert rest.content == OGG[4:]
    assert beyond.status_code == 416


@pytest.mark.parametrize("content", [HTML, b"%PDF-1.7", b"<svg onload='alert(1)'/>", b""])
async def test_a_file_that_lies_about_its_type_is_only_to_be_saved(
    services: Services, api: BotApi, officer: Guest, content: bytes
) -> None:
    """A page sent as a photo never runs."""
    _, number = send(services, api, content)

    page = await officer.open(f"/media/{number}")

    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.content == content


async def test_nobody_without_a_session_gets_anything(
    services: Services, api: BotApi, come: Callable[[], Guest]
) -> None:
    """Nor is Telegram asked."""
    _, number = send(services, api, PNG)

    page = await come().open(f"/media/{number}")

    assert page.status_code == 401
    assert api.calls("getFile") == []
    assert looked_at(services) == []


async def test_who_is_no_officer_any_more_gets_nothing(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """The role is read from the database at every look."""
    _, number = send(services, api, PNG)
    with transaction(services.sessions) as session:
        set_role(session, ADMIN, OFFICER, None)

    page = await officer.open(f"/media/{number}")

    assert page.status_code == 401
    assert api.calls("getFile") == []


@pytest.mark.parametrize("forged", ["99", "999999999999999999", "0"])
async def test_a_number_that_is_not_there_is_said(officer: Guest, forged: str) -> None:
    """Whoever guesses learns nothing."""
    page = await officer.open(f"/media/{forged}")

    assert page.status_code == 404
    assert officer.says("refusal.media_missing")


async def test_the_photo_of_a_forgotten_farmer_is_not_there(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Telegram's id of it went with the rest."""
    _, number = send(services, api, PNG)
    with transaction(services.sessions) as session:
        forget(session, FARMER)

    assert (await officer.open(f"/media/{number}")).status_code == 404
    assert api.calls("getFile") == []


async def test_what_a_farmer_took_back_is_not_there(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """As in the queue."""
    _, number = send(services, api, PNG)
    take_back(services)

    assert (await officer.open(f"/media/{number}")).status_code == 404


async def test_a_file_that_telegram_lost_is_told_kindly(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """With what can be done about it."""
    _, number = send(services, api, PNG)
    api.world.files.clear()

    page = await officer.open(f"/media/{number}")

    assert page.status_code == 410
    assert officer.says("refusal.media_gone")


async def test_a_file_over_twenty_megabytes_is_left_to_telegram(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Telegram hands out no more."""
    _, number = send(services, api, PNG + bytes(20 * 2**20))

    page = await officer.open(f"/media/{number}")

    assert page.status_code == 413
    assert officer.says("refusal.media_too_large")


async def test_trouble_with_telegram_tells_the_token_to_nobody(
    services: Services, api: BotApi, officer: Guest, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither on the page nor in the log; the officer may try again."""
    caplog.set_level(logging.INFO)
    _, number = send(services, api, PNG)
    api.fail("getFile", faults.server_error())

    page = await officer.open(f"/media/{number}")

    assert page.status_code == 503
    assert officer.says("refusal.media_unreachable")
    assert api.token not in page.text + str(page.headers)
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("bot.")]
    assert api.token not in " ".join(ours)
    assert "media not fetched" in ours


async def test_without_a_token_officers_are_sent_to_telegram(
    services: Services, api: BotApi
) -> None:
    """On the question and behind the address; no picture that cannot come is promised."""
    group, number = send(services, api, PNG)
    guest = await Guest(services).sign_in(OFFICER)

    await guest.open(f"/queue/{group}")
    assert guest.says("refusal.not_connected")
    page = await guest.open(f"/media/{number}")

    assert page.status_code == 503
    assert guest.says("refusal.not_connected")
    await guest.close()


async def test_a_question_in_words_alone_shows_no_player(
    services: Services, officer: Guest
) -> None:
    """Most questions look as before."""
    text = "මගේ කෙසෙල් ගහේ කොළ ඉරිලා"
    with transaction(services.sessions) as session:
        number = pass_on(session, text).id

    page = await officer.open(f"/queue/{number}")

    assert text in page.text
    assert "/media/" not in page.text
