"""People in a Bot API emulator that others wrote (telegram-test-api, npm), and Govi beside them.

Of the emulators in reach it is the one that polls over HTTP, as Govi is served, and that runs
beside Python 3.11 with nothing but node: the others need Python 3.12, Redis, or no HTTP at all.
"""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.serving import Govi, create_services
from tests.ports import free_port

FOLDER = Path(__file__).parent / "emulator"
TOKEN = "666666:a-token-that-only-the-emulator-knows"

needs_emulator = pytest.mark.skipif(
    shutil.which("node") is None or not (FOLDER / "node_modules").is_dir(),
    reason="needs node, and: npm ci --prefix tests/journeys/emulator",
)


class EmulatedPerson:
    """A person in the emulator, in the private chat with the bot."""

    def __init__(self, client: httpx.AsyncClient, user_id: int) -> None:
        self._client = client
        self._unread: list[dict[str, Any]] = []
        self.id = user_id
        name = f"Person {user_id}"
        self._chat = {"id": user_id, "first_name": name, "type": "private"}
        self._about = {"id": user_id, "first_name": name, "is_bot": False}

    async def says(self, text: str) -> dict[str, Any]:
        """Write a text or a command; return the bot's next message."""
        if text.startswith("/"):
            length = len(text.split()[0])
            entities = [{"offset": 0, "length": length, "type": "bot_command"}]
            await self._does("/sendCommand", text=text, entities=entities)
        else:
            await self._does("/sendMessage", text=text)
        return await self.reads()

    async def presses(self, seen: dict[str, Any], label: str = "") -> None:
        """Press the first button of a message with `label` in it."""
        rows = seen["reply_markup"]["inline_keyboard"]
        data = next(b["callback_data"] for row in rows for b in row if label in b["text"])
        under = {"message_id": seen["message_id"], "date": 1, "chat": self._chat, "text": "…"}
        await self._does("/sendCallback", data=data, message=under)

    async def reads(self) -> dict[str, Any]:
        """Wait for the bot's next message."""
        async with asyncio.timeout(60):
            # The emulator can only be asked again and again.
            while not self._unread:
                self._unread = await self._does("/getUpdates", token=TOKEN, chatId=self.id)
                await asyncio.sleep(0.02)
        first = self._unread.pop(0)
        return first["message"] | {"message_id": first["messageId"]}

    async def _does(self, path: str, **content: Any) -> list[dict[str, Any]]:
        """Post to the emulator's own side for people."""
        body = {"botToken": TOKEN, "date": int(time.time())}
        people = {"from": self._about, "chat": self._chat}
        answer = await self._client.post(path, json=body | people | content)
        return answer.json()["result"] or []


class Emulator:
    """The emulator, with Govi polling it."""

    def __init__(self, client: httpx.AsyncClient, govi: Govi) -> None:
        self._client = client
        self.govi = govi

    def user(self, user_id: int) -> EmulatedPerson:
        """Return a person."""
        return EmulatedPerson(self._client, user_id)


@contextlib.asynccontextmanager
async def emulated(folder: Path) -> AsyncIterator[Emulator]:
    """Run the emulator, and Govi with its database in `folder`."""
    node = await asyncio.create_subprocess_exec(
        "node", "serve.js", str(free_port()), cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    url = (await node.stdout.readline()).decode().strip()
    govi = Govi(create_services(url, TOKEN, folder))
    try:
        await govi.start()
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            yield Emulator(client, govi)
        await govi.stop()
    finally:
        await govi.close()
        node.kill()
        await node.communicate()  # its pipe is closed too, not only when somebody collects it
