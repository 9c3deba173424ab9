"""Telegram fails, people block the bot, the process dies."""

import asyncio
import contextlib
import io
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.db.models import Farmer, InboxStatus, Question, ReceivedUpdate
from bot.errors import TokenError
from bot.logs import set_up_logging
from bot.services import outbox
from bot.settings import ROOT, Settings
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Person, Seen
from tests.journeys.serving import BLAST, BLAST_ANSWER, DEADLY, POISON, Govi, create_services


async def test_questions_asked_while_the_api_is_down_are_answered_when_it_is_back(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """An outage delays; it loses nothing."""
    await api.reply_to(farmer.sends(BLAST))
    api.stop()
    question = farmer.sends(BLAST)

    api.start()

    assert (await api.reply_to(question)).text == BLAST_ANSWER


async def test_serving_begins_when_the_api_can_be_reached(
    api: BotApi, farmer: Person, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A start without network says so, tries again, and then serves."""
    govi = Govi(create_services(api.url, api.token, tmp_path))
    api.stop()
    await govi.start()
    await api.until(lambda: "cannot reach Telegram" in caplog.text)

    api.start()

    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER
    await govi.stop()
    await govi.close()


@pytest.mark.parametrize(
    "fault",
    [faults.too_many_requests(1), faults.server_error(500), faults.dropped_connection()],
    ids=["429", "500", "dropped"],
)
async def test_a_reply_that_fails_is_sent_again(
    api: BotApi, govi: Govi, farmer: Person, fault: faults.Fault
) -> None:
    """The question is recorded once and the reply arrives once."""
    api.fail("sendMessage", fault)
    question = farmer.sends(BLAST)

    await api.reply_to(question)

    assert len(api.replies(question)) == 1
    assert len(govi.rows(Question)) == 1


async def test_a_wait_that_telegram_asks_for_is_kept(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """After 429 with retry_after 1 the next attempt comes no sooner than a second later."""
    api.fail("sendMessage", faults.too_many_requests(1))

    await api.reply_to(farmer.sends(BLAST))

    refused, sent = [call.at for call in api.calls("sendMessage")]
    assert sent - refused >= 1.0


async def test_a_reply_whose_confirmation_is_lost_is_sent_twice(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Telegram cannot tell a repeat: hearing twice is the price of never being left without."""
    api.fail("sendMessage", faults.lost_answer())
    question = farmer.sends(BLAST)

    await api.until(lambda: len(api.replies(question)) == 2)

    assert len(govi.rows(Question)) == 1


async def test_failing_polls_are_tried_again(api: BotApi, govi: Govi, farmer: Person) -> None:
    """Errors on getUpdates neither end intake nor lose an update."""
    for fault in (faults.server_error(), faults.too_many_requests(1), faults.dropped_connection()):
        api.fail("getUpdates", fault)
    question = farmer.sends(BLAST)

    await api.until(lambda: api.faults.count == 0)

    assert (await api.reply_to(question)).text == BLAST_ANSWER
    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER


async def test_a_farmer_who_blocked_the_bot_is_marked_and_holds_nobody_up(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person
) -> None:
    """The reply that cannot be delivered is given up and the update is done."""
    await api.reply_to(farmer.sends(BLAST))
    undelivered = farmer.sends(BLAST)
    farmer.blocks()

    await api.reply_to(neighbour.sends(BLAST))

    await api.until(lambda: all(r.status is InboxStatus.DONE for r in govi.rows(ReceivedUpdate)))
    reachable = {row.telegram_user_id: row.is_reachable for row in govi.rows(Farmer)}
    assert reachable == {farmer.id: False, neighbour.id: True}
    assert api.replies(undelivered) == []


async def test_an_update_that_cannot_be_parsed_is_set_aside(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """It ends as failed without another attempt, and what came behind it is answered."""
    farmer.sends_object({"text": 7, "entities": "nonsense"})

    await api.reply_to(api.user(33).sends(BLAST))

    await api.until(lambda: govi.rows(ReceivedUpdate)[0].status is InboxStatus.FAILED)
    assert govi.rows(ReceivedUpdate)[0].attempts == 1


async def test_a_rejected_token_ends_serving_with_a_named_error(
    api: BotApi, tmp_path: Path
) -> None:
    """The error says what to do and does not repeat the token."""
    govi = Govi(create_services(api.url, api.token[:-1] + "1", tmp_path))
    await govi.start()

    with pytest.raises(TokenError, match=f"^{api.url} does not know.*@BotFather") as raised:
        await govi.ended()

    assert api.token[:20] not in str(raised.value)
    await govi.close()


async def test_a_token_that_is_revoked_ends_serving(api: BotApi, tmp_path: Path) -> None:
    """A bot that Telegram has cut off does not stay alive and deaf."""
    govi = Govi(create_services(api.url, api.token, tmp_path))
    await govi.start()
    await api.until(lambda: bool(api.calls("setMyCommands")))

    api.fail("getUpdates", faults.Fault(status=401))
    api.user(11).sends(BLAST)

    with pytest.raises(TokenError):
        await govi.ended()
    await govi.close()


async def test_what_was_not_finished_is_finished_after_a_restart(
    api: BotApi, tmp_path: Path, farmer: Person
) -> None:
    """Stopping while a reply fails leaves the update in the inbox for the next start."""
    govi = Govi(create_services(api.url, api.token, tmp_path))
    api.fail("sendMessage", faults.server_error(), times=3)
    await govi.start()
    question = farmer.sends(BLAST)
    await api.until(lambda: api.faults.count < 3)
    await govi.stop()

    await govi.start()

    assert (await api.reply_to(question)).text == BLAST_ANSWER
    await govi.stop()
    await govi.close()


async def test_a_process_killed_between_commit_and_send_replies_once_after_restart(
    api: BotApi, tmp_path: Path, farmer: Person
) -> None:
    """SIGKILL while the reply is on its way: the next process sends it, and only once."""
    api.fail("sendMessage", faults.Fault(slow_seconds=600.0, is_dropped=True))
    async with process(api, tmp_path):
        question = farmer.sends(BLAST)
        await api.until(lambda: api.faults.count == 0)

    async with process(api, tmp_path):
        await api.until(lambda: bool(api.replies(question)))

    assert len(api.replies(question)) == 1


async def test_a_question_that_kills_the_process_is_set_aside_and_told(
    api: BotApi, tmp_path: Path, farmer: Person, neighbour: Person
) -> None:
    """It dies twice and not for ever; the neighbour is answered and the admin is told."""
    admin = api.user(99)
    admin.sends("/start")
    farmer.sends(POISON)
    question = neighbour.sends(BLAST)

    deaths = [await lives(api, tmp_path, admin, question) for _ in range(3)]

    assert deaths == [-signal.SIGKILL, -signal.SIGKILL, None]
    assert 1 <= len(api.replies(question)) <= 2  # it may have died right after sending it
    assert any("govi doctor inbox" in seen.text for seen in admin.sees())


async def test_a_message_that_kills_the_process_is_given_up_and_told(
    api: BotApi, tmp_path: Path, farmer: Person, neighbour: Person
) -> None:
    """It dies twice and not for ever; the neighbour is answered and the admin is told."""
    admin = api.user(99)
    admin.sends("/start")
    services = create_services(api.url, api.token, tmp_path)
    await services.run(outbox.post, farmer.id, DEADLY)
    services.close()
    question = neighbour.sends(BLAST)

    deaths = [await lives(api, tmp_path, admin, question) for _ in range(3)]

    assert deaths == [-signal.SIGKILL, -signal.SIGKILL, None]
    assert len(api.replies(question)) == 1
    assert any("govi doctor outbox" in seen.text for seen in admin.sees())


async def lives(api: BotApi, folder: Path, admin: Person, question: Seen) -> int | None:
    """Serve until the process dies, or has told the admin and replied; return how it ended."""
    async with process(api, folder, admin) as serving:
        await api.until(
            lambda: (
                serving.returncode is not None
                or (
                    any("govi doctor" in seen.text for seen in admin.sees())
                    and bool(api.replies(question))
                )
            )
        )
        return serving.returncode


@asynccontextmanager
async def process(
    api: BotApi, folder: Path, admin: Person | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Serve in a process of its own, and kill it at the end."""
    command = (sys.executable, "-m", "tests.journeys.serving", api.url, api.token, str(folder))
    environment = os.environ | ({"ADMIN_IDS": str(admin.id), "CRASHES": "2"} if admin else {})
    serving = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    try:
        yield serving
    finally:
        with contextlib.suppress(ProcessLookupError):
            serving.kill()
        await serving.wait()


@pytest.fixture
def logged(api: BotApi, tmp_path: Path) -> Iterator[io.StringIO]:
    """What Govi logs at its most talkative, set up as it sets itself up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    settings = Settings(bot_token=api.token, log_level="DEBUG", _env_file=None)
    set_up_logging(settings)
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_the_token_is_in_no_log_line(
    api: BotApi, logged: io.StringIO, govi: Govi, farmer: Person
) -> None:
    """Neither a good call nor a failing one writes it, at any level."""
    api.fail("sendMessage", faults.dropped_connection())
    api.fail("getUpdates", faults.server_error())

    await api.reply_to(farmer.sends(BLAST))

    assert "question decided" in logged.getvalue()
    assert api.token.partition(":")[2] not in logged.getvalue()


@pytest.mark.parametrize("admins", ["", "7"])
async def test_a_bot_without_a_team_says_so_at_its_start(
    api: BotApi, logged: io.StringIO, tmp_path: Path, admins: str
) -> None:
    """Calls for help would wait unread."""
    govi = Govi(create_services(api.url, api.token, tmp_path, admin_ids=admins))
    await govi.start()
    await api.until(lambda: "serving bot=" in logged.getvalue())
    await govi.stop()
    await govi.close()

    assert ("nobody is on the team" in logged.getvalue()) is (admins == "")
