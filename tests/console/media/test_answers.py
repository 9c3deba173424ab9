"""Officers' own photos and recordings in the console, and farmers' in the question log."""

import pytest

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.services.granting import set_role
from bot.services.queue import claim
from bot.services.resolving import send_answer
from bot.testing.bot_api import BotApi
from tests.console.asking import ADMIN, OFFICER, Guest
from tests.console.sending import OGG, PNG, answer, looked_at, send, take_back


async def test_an_answer_by_voice_plays_where_it_stands(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Named after the officer; the bytes are those that Telegram keeps."""
    group, _ = send(services, api, PNG)
    number = answer(services, api, group, OGG)

    page = await officer.open(f"/queue/{group}")
    sound = await officer.client.get(f"/media/answers/{number}")

    assert f'<audio controls preload="none" src="/media/answers/{number}"' in page.text
    assert officer.says("console.media.voice", who=OFFICER, number=1)
    assert (sound.headers["content-type"], sound.content) == ("audio/ogg", OGG)
    assert looked_at(services) == [(str(OFFICER), f"escalation {group}, note {number}")]


async def test_an_answer_in_words_has_nothing_to_play(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Nor does a number that nothing has."""
    group, _ = send(services, api, PNG)
    with transaction(services.sessions) as session:
        claim(session, OFFICER, group)
        send_answer(session, OFFICER, group, "කොළ කපලා පුච්චන්න.")

    for forged in (1, 2, 10**20):
        assert (await officer.open(f"/media/answers/{forged}")).status_code == 404
    assert api.calls("getFile") == []


async def test_who_is_no_officer_any_more_gets_no_answer_to_play(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """The same way in, the same check."""
    group, _ = send(services, api, PNG)
    number = answer(services, api, group, OGG)
    with transaction(services.sessions) as session:
        set_role(session, ADMIN, OFFICER, None)

    assert (await officer.open(f"/media/answers/{number}")).status_code == 401
    assert api.calls("getFile") == []


async def test_an_answer_that_telegram_lost_is_told_kindly(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """It is another officer who may know, not the farmer."""
    group, _ = send(services, api, PNG)
    number = answer(services, api, group, OGG)
    api.world.files.clear()

    page = await officer.open(f"/media/answers/{number}")

    assert page.status_code == 410
    assert officer.says("refusal.answer_gone")


@pytest.mark.parametrize(("kind", "shown"), [("photo", "<img src"), ("voice", "<audio controls")])
async def test_the_question_log_shows_what_came_with_a_question(
    services: Services, api: BotApi, officer: Guest, kind: str, shown: str
) -> None:
    """The list says of what kind it is, the question itself shows or plays it."""
    _, number = send(services, api, PNG, kind)

    await officer.open("/questions")
    assert officer.says(f"sent.{kind}")
    page = await officer.open("/questions/1")

    assert shown in page.text
    assert f'href="/media/{number}"' in page.text
    assert officer.says(f"console.media.{kind}", who="the farmer", number=1)


async def test_the_queue_says_what_was_sent_without_words(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """A voice note is called one, so that officers know what they open."""
    send(services, api, OGG, "voice")

    await officer.open("/queue")

    assert officer.says("sent.voice")
    assert not officer.says("sent.text")


async def test_the_question_log_shows_nothing_that_was_taken_back(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """No picture is promised that the next click refuses."""
    send(services, api, PNG)
    assert "/media/" in (await officer.open("/questions/1")).text

    take_back(services)

    assert "/media/" not in (await officer.open("/questions/1")).text
