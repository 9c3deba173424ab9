"""Conversations through a Bot API emulator that other people wrote."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.models import Feedback, Role
from tests.journeys.curation.chat import text
from tests.journeys.emulated import Emulator, emulated, needs_emulator
from tests.journeys.serving import BLAST, BLAST_ANSWER
from tests.journeys.team import appoint

pytestmark = needs_emulator

#: One question as three people type it.
ASKED = {11: "කුරුඳු පොත්ත සුදු වෙනවා", 12: "kurundu poththa sudu wenawa", 13: "කුරුඳු poththa sudu වෙනවා"}
ANSWER = "ලෑල්ලේ ඉර එළියේ දවසක් වේලන්න."


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    """The emulator with Govi."""
    async with emulated(tmp_path) as emulator:
        yield emulator


async def test_a_conversation_through_other_peoples_emulator(emulator: Emulator) -> None:
    """Welcome, example question, a question of one's own, and a thumb."""
    nimal = emulator.user(11)
    assert (await nimal.says("/start"))["text"].startswith("ආයුබෝවන්")

    answer = await nimal.says(BLAST)

    assert "<b>" not in answer["text"]
    assert answer["text"].startswith(BLAST_ANSWER[:10])
    await nimal.presses(answer, text("button.helpful"))
    async with asyncio.timeout(60):
        while not emulator.govi.rows(Feedback):  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.02)
    assert emulator.govi.rows(Feedback)[0].is_helpful


async def test_the_officers_loop_through_other_peoples_emulator(emulator: Emulator) -> None:
    """Three farmers ask, one of two officers answers, an admin approves, a fourth gets it."""
    officer, colleague, admin = (emulator.user(user_id) for user_id in (3, 4, 1))
    for person, role in ((officer, Role.OFFICER), (colleague, Role.OFFICER), (admin, Role.ADMIN)):
        appoint(emulator.govi, person, role)
    farmers = [emulator.user(user_id) for user_id in ASKED]
    passed_on = [await farmer.says(ASKED[farmer.id]) for farmer in farmers]

    shown = []
    for each in (officer, colleague):
        await each.presses(await each.says("/queue"))
        shown.append(await each.reads())
    await officer.presses(shown[0], text("officer.button.claim"))
    held = await officer.reads()
    await colleague.presses(shown[1], text("officer.button.claim"))
    await officer.presses(held, text("officer.button.answer"))
    await officer.reads()
    await officer.presses(await officer.says(ANSWER), text("officer.button.send"))
    await officer.reads()

    for farmer, first in zip(farmers, passed_on, strict=True):
        answer = await farmer.reads()
        assert ANSWER in answer["text"]
        assert answer["reply_parameters"] == first["reply_parameters"]
    await officer.presses(await officer.reads(), text("officer.button.keep"))
    await officer.presses(await officer.reads(), text("officer.keep.new"))
    await officer.reads()
    await officer.presses(await officer.says("කෘෂිකර්ම දෙපාර්තමේන්තුව"))
    await officer.presses(await officer.reads(), text("officer.keep.propose"))
    await officer.reads()
    await admin.presses(await admin.says("/drafts"))
    await admin.presses(await admin.reads(), text("curate.drafts.approve"))
    await admin.reads()

    async with asyncio.timeout(60):
        while emulator.govi.services.index.refresh():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.02)
    assert (await emulator.user(14).says("kurundu poththa sudu wenawane"))["text"] == ANSWER
