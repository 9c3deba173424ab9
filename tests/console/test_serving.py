"""The console on a real port."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.console.serving import serve
from bot.errors import SettingsError
from bot.testing.ports import held_port
from tests.console.asking import create_services


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def test_a_port_in_use_is_told_by_name(taken: int, tmp_path: Path) -> None:
    """The operator learns which setting to change."""
    services = create_services(tmp_path, console_port=taken)

    with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{taken}.*CONSOLE_PORT$"):
        await serve(services, asyncio.Event())
    services.close()


@pytest.fixture(params=["127.0.0.1", "::1"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """An address of this machine, and a port there that is free."""
    host: str = request.param
    with contextlib.ExitStack() as stack:
        try:
            port = stack.enter_context(held_port(host))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        yield host, port


async def test_the_console_serves_until_it_is_stopped(
    tmp_path: Path, place: tuple[str, int]
) -> None:
    """Setting the event ends it, and the port is free again."""
    host, port = place
    services = create_services(tmp_path, console_host=host, console_port=port)
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(services, stop))
    transport = httpx.AsyncHTTPTransport(retries=20)
    async with httpx.AsyncClient(
        transport=transport, base_url=services.settings.console, timeout=60
    ) as client:
        page = await client.get("/account")

    stop.set()
    await serving

    assert page.status_code == 401
    assert "server" not in page.headers
    with pytest.raises(ConnectionRefusedError), socket.create_connection(place):
        pass
    services.close()
