"""A strict stand-in for Telegram's Bot API, over HTTP, on this machine.

It keeps updates until they are acknowledged and refuses what Telegram refuses, but it is ours: it
says nothing about Telegram itself. `python -m bot.testing.bot_api --port 8081` serves it alone.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import uvicorn

from bot.testing.courier import Courier
from bot.testing.faults import Fault, Faults
from bot.testing.people import Person, Seen
from bot.testing.ports import HOST, held_port
from bot.testing.server import Endpoint
from bot.testing.world import Chat, World

TOKEN = "700700700:stand-in-token-which-opens-nothing-0"  # noqa: S105 - it opens nothing
#: Seconds: a machine that has much else to do is slow, and nothing else is wrong with it.
PATIENCE = 240.0


class Call(NamedTuple):
    """A call that came in: its parameters as sent, and the status that it got (0: no answer).

    It is on record as soon as its effect can be seen; the answer may still be on its way.
    """

    method: str
    parameters: Mapping[str, Any]
    status: int
    at: float


class _Server(uvicorn.Server):
    """Ends at once; uvicorn itself looks every tenth of a second whether it should, then waits."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)

    def end(self) -> None:
        """Stop serving; called from any thread, once it has started."""
        self._loop.call_soon_threadsafe(self._ended.set)


class BotApi:
    """The stand-in, in a thread of its own; `start` and `stop` may alternate, the world stays."""

    def __init__(self, token: str = TOKEN, username: str = "govi_bot", port: int = 0) -> None:
        self.token = token
        self.port = port
        #: Keeps the port, also while nobody listens on it.
        self._holding = contextlib.ExitStack()
        self.world = World(token, username)
        self.faults = Faults()
        self._calls: list[Call] = []
        self._endpoint = Endpoint(self.world, self.faults, self._record)
        self._courier: Courier | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL: what `TELEGRAM_API_URL` should be."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Serve; on the port of last time when it was stopped before."""
        if self.port == 0:
            self.port = self._holding.enter_context(held_port())
        listener = socket.create_server((HOST, self.port))
        # Without it each answer after the first waits 40 ms for the client's acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._endpoint = Endpoint(self.world, self.faults, self._record)
        config = uvicorn.Config(
            self._endpoint.app,
            log_level="critical",
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        self._courier = Courier(self.world, self.faults)
        self._courier.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)

    def stop(self) -> None:
        """Close every connection, as a broken network would."""
        if self._server is None or self._thread is None or self._courier is None:
            return
        self._courier.close()
        self._endpoint.close()
        self._server.end()
        self._thread.join()
        self._server = self._thread = self._courier = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()
        self._holding.close()

    def user(self, user_id: int, language_code: str = "si") -> Person:
        """Return a person, who has not written to the bot yet."""
        with self.world.lock:
            return Person(self.world, user_id, language_code)

    def group(self, chat_id: int, title: str = "ගොවි සමිතිය") -> int:
        """Make a group that the bot is in and reads; return its id."""
        about = {"id": chat_id, "type": "supergroup", "title": title}
        with self.world.lock:
            self.world.chats.setdefault(chat_id, Chat(about))
        return chat_id

    def mute(self, chat_id: int) -> None:
        """Let a group's owner take from the bot the right to write there."""
        with self.world.lock:
            self.world.chats[chat_id].muted = True

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of a method ("*": of any but getUpdates) go wrong.

        "webhook" stands for a delivery to the webhook.
        """
        with self.world.lock:
            self.faults.order(method, fault, times)

    def calls(self, method: str = "") -> list[Call]:
        """Return the calls so far, oldest first, of one method or of all but getUpdates."""
        with self.world.lock:
            seen = list(self._calls)
        return [c for c in seen if c.method == method or (not method and c.method != "getUpdates")]

    def replies(self, message: Seen) -> list[Seen]:
        """Return the bot's messages that quote `message`, as they stand now."""
        with self.world.lock:
            chat = self.world.chats[message.chat_id].messages.values()
            seen = [Seen(dict(each)) for each in chat if each["from"] == self.world.bot]
        return [each for each in seen if each.replies_to == message.message_id]

    async def reply_to(self, message: Seen, timeout_seconds: float = PATIENCE) -> Seen:
        """Wait for the bot's first reply to a message.

        Raises:
            TimeoutError: None came in time.
        """
        await self.until(lambda: bool(self.replies(message)), timeout_seconds)
        return self.replies(message)[0]

    async def until(self, condition: Callable[[], bool], timeout_seconds: float = PATIENCE) -> None:
        """Wait until a condition holds, looking every few milliseconds.

        Raises:
            TimeoutError: It did not hold in time.
        """
        async with asyncio.timeout(timeout_seconds):
            while not condition():  # noqa: ASYNC110 - the condition is any function
                await asyncio.sleep(0.005)

    def _record(self, method: str, parameters: Mapping[str, Any], status: int) -> None:
        with self.world.lock:
            self._calls.append(Call(method, parameters, status, time.monotonic()))


def main() -> None:
    """Serve until interrupted; POST /control/say and GET /control/calls drive it from outside."""
    import argparse

    parser = argparse.ArgumentParser(description="A stand-in for Telegram's Bot API.")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    with BotApi(token=options.token, port=options.port) as api:
        print(f"{api.url} {api.token}", flush=True)  # noqa: T201 - the caller reads it
        threading.Event().wait()


if __name__ == "__main__":
    main()
