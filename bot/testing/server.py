"""The stand-in Bot API's HTTP side: requests in, methods called, answers or faults out."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from email.message import Message as MimePart
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import bot.testing.methods  # noqa: F401 - registers the methods
from bot.testing.faults import Fault, Faults
from bot.testing.parameters import METHODS, Method, integer, json_value
from bot.testing.people import Person
from bot.testing.world import DEFAULT_UPDATES, Refusal, World

Record = Callable[[str, Mapping[str, Any], int], None]

_POLLING = Method(
    call=lambda world, given: None,
    required={},
    optional={
        "offset": integer,
        "limit": integer,
        "timeout": integer,
        "allowed_updates": json_value,
    },
)


class Endpoint:
    """Serves one world; `close` lets long polls end at once."""

    def __init__(self, world: World, faults: Faults, record: Record) -> None:
        self._world = world
        self._faults = faults
        self._record = record
        self._polls = 0
        self._is_closing = False
        self._wake: Callable[[], None] = lambda: None
        world.on_update = lambda: self._wake()
        self.app = Starlette(
            routes=[
                Route("/control/say", self._say, methods=["POST"]),
                Route("/file/bot{token}/{path:path}", self._download),
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            ]
        )

    def close(self) -> None:
        """Answer the waiting poll now; called from any thread."""
        self._is_closing = True
        self._wake()

    async def _call(self, request: Request) -> Response:
        name = request.path_params["method"]
        raw = await _read_parameters(request)
        with self._world.lock:
            fault = self._faults.take(name)
        await asyncio.sleep(fault.slow_seconds)
        if fault.is_dropped and not fault.has_effect:
            self._record(name, raw, 0)
            return _Dropped()
        status, body = await self._answer(request.path_params["token"], name, raw, fault)
        await asyncio.sleep(fault.held_seconds)
        return _Dropped() if fault.is_dropped else _Answer(body, status)

    async def _answer(
        self, token: str, name: str, raw: Mapping[str, Any], fault: Fault
    ) -> tuple[int, dict[str, Any]]:
        given_status = 0 if fault.is_dropped else 200
        try:
            _raise_fault(fault)
            if token != self._world.token:
                raise Refusal(401, "Unauthorized")
            return 200, {"ok": True, "result": await self._result(name, raw, given_status)}
        except Refusal as refusal:
            self._record(name, raw, 0 if fault.is_dropped else refusal.status)
            body = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            parameters = {"parameters": refusal.parameters} if refusal.parameters else {}
            return refusal.status, body | parameters

    async def _result(self, name: str, raw: Mapping[str, Any], status: int) -> Any:
        if name == "getUpdates":
            updates = await self._poll(_POLLING.read(raw))
            self._record(name, raw, status)
            return updates
        if name not in METHODS:
            raise Refusal(404, "Not Found")
        method = METHODS[name]
        with self._world.lock:
            # Copied while the lock is held: a person may change the message before it is sent.
            result = json.loads(json.dumps(method.call(self._world, method.read(raw))))
            # Noted there too: whoever sees what the call did finds it among the calls.
            self._record(name, raw, status)
        return result

    async def _poll(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self._world.webhook:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
                "to delete the webhook first",
            )
        self._polls += 1
        this_poll = self._polls
        self._wake()
        deadline = time.monotonic() + given.get("timeout", 0)
        while True:
            if this_poll != self._polls:
                raise Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one "
                    "bot instance is running",
                )
            woken = self._listen()
            updates = self._pending(given)
            if updates or self._is_closing or time.monotonic() >= deadline:
                return updates
            await _wait(woken, deadline - time.monotonic())

    def _listen(self) -> asyncio.Event:
        woken, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(woken.set)

        self._wake = wake
        return woken

    def _pending(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._world.lock:
            if "allowed_updates" in given:
                self._world.allowed = given["allowed_updates"] or DEFAULT_UPDATES
            limit = min(max(given.get("limit", 100), 1), 100)
            return list(self._world.pending(given.get("offset"), limit))

    async def _download(self, request: Request) -> Response:
        with self._world.lock:
            files = dict(self._world.files.values())
        content = files.get(request.path_params["path"])
        if request.path_params["token"] != self._world.token or content is None:
            return Response(status_code=404)
        return Response(content, media_type="application/octet-stream")

    async def _say(self, request: Request) -> Response:
        """Let a person write, for a driver in another process."""
        asked = await request.json()
        person = Person(self._world, int(asked["user_id"]), "si")
        return JSONResponse(person.sends(str(asked["text"])).raw)


class _Answer(JSONResponse):
    """JSON as Telegram writes it: all ASCII, so that half a character can be sent too."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")


class _Dropped(Response):
    """Promises an answer and closes the connection before giving it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(woken.wait(), seconds)
    except TimeoutError:
        return


def _raise_fault(fault: Fault) -> None:
    if fault.status == 429:
        words = f"Too Many Requests: retry after {fault.retry_after}"
        raise Refusal(429, words, retry_after=fault.retry_after)
    if fault.status:
        raise Refusal(fault.status, "Internal Server Error")


async def _read_parameters(request: Request) -> dict[str, Any]:
    kind, body = request.headers.get("content-type", ""), await request.body()
    query = dict(request.query_params)
    if kind.startswith("application/json"):
        return query | dict(json.loads(body or b"{}"))
    if kind.startswith("multipart/form-data"):
        return query | _read_multipart(kind, body)
    return query | dict(parse_qsl(body.decode(), keep_blank_values=True))


def _read_multipart(kind: str, body: bytes) -> dict[str, Any]:
    whole = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = {str(part.get_param("name", header="content-disposition")): part for part in _of(whole)}
    files = {name: _upload(part) for name, part in parts.items() if part.get_filename()}
    values = {n: _bytes(p).decode() for n, p in parts.items() if n not in files}
    attached = {f"attach://{name}": upload for name, upload in files.items()}
    used = {name for name in files if f"attach://{name}" in values.values()}
    direct = {name: upload for name, upload in files.items() if name not in used}
    return {name: attached.get(value, value) for name, value in values.items()} | direct


def _of(whole: MimePart) -> list[MimePart]:
    return [part for part in whole.walk() if not part.is_multipart()]


def _upload(part: MimePart) -> tuple[str, bytes]:
    return str(part.get_filename()), _bytes(part)


def _bytes(part: MimePart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
