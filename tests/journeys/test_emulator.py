"""One conversation through a Bot API emulator that other people wrote (telegram-test-api, npm).

Of the emulators in reach it is the one that polls over HTTP, as Govi is served, and that runs
beside Python 3.11 with nothing but node: the others need Python 3.12, Redis, or no HTTP at all.
"""

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.db.models import Feedback
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi, create_services

FOLDER = Path(__file__).parent / "emulator"
TOKEN = "666666:a-token-that-only-the-emulator-knows"
CHAT = {"id": 11, "first_name": "Nimal", "type": "private"}
PERSON = {"id": 11, "first_name": "Nimal", "is_bot": False}

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (FOLDER / "node_modules").is_dir(),
    reason="needs node, and: npm ci --prefix tests/journeys/emulator",
)


class Nimal:
    """A person in the emulator."""

    def __init__(self, client: httpx.AsyncClient, govi: Govi) -> None:
        self._client = client
        self.govi = govi

    async def does(self, path: str, **content: Any) -> list[dict[str, Any]]:
        """Post to the emulator's own side for people."""
        body = {"botToken": TOKEN, "date": int(time.time()), "from": PERSON, "chat": CHAT}
        answer = await self._client.post(path, json=body | content)
        return answer.json()["result"] or []

    async def reads(self) -> dict[str, Any]:
        """Wait for the bot's next message."""
        async with asyncio.timeout(5):
            # The emulator can only be asked again and again.
            while not (seen := await self.does("/getUpdates", token=TOKEN, chatId=11)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return seen[0]["message"] | {"message_id": seen[0]["messageId"]}


@pytest.fixture
async def nimal(tmp_path: Path) -> AsyncIterator[Nimal]:
    """Nimal, with the emulator and Govi running."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    node = await asyncio.create_subprocess_exec(
        "node", "serve.js", port, cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    url = (await node.stdout.readline()).decode().strip()
    govi = Govi(create_services(url, TOKEN, tmp_path))
    try:
        await govi.start()
        async with httpx.AsyncClient(base_url=url) as client:
            yield Nimal(client, govi)
        await govi.stop()
    finally:
        await govi.close()
        node.kill()
        await node.wait()


async def test_a_conversation_through_other_peoples_emulator(nimal: Nimal) -> None:
    """Welcome, example question, a question of one's own, and a thumb."""
    command = [{"offset": 0, "length": 6, "type": "bot_command"}]
    await nimal.does("/sendCommand", text="/start", entities=command)
    assert (await nimal.reads())["text"].startswith("ආයුබෝවන්")

    await nimal.does("/sendMessage", text=BLAST)
    answer = await nimal.reads()

    assert "<b>" not in answer["text"]
    assert answer["text"].startswith(BLAST_ANSWER[:10])
    thumb = answer["reply_markup"]["inline_keyboard"][0][0]
    message = {"message_id": answer["message_id"], "date": 1, "chat": CHAT, "text": "…"}
    await nimal.does("/sendCallback", data=thumb["callback_data"], message=message)

    async with asyncio.timeout(5):
        while not nimal.govi.rows(Feedback):  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.02)
    assert nimal.govi.rows(Feedback)[0].is_helpful
