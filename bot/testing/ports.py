"""Ports of this machine that stay one's own while nobody listens on them."""

import contextlib
import socket
from collections.abc import Iterator

HOST = "127.0.0.1"


@contextlib.contextmanager
def held_port(host: str = HOST) -> Iterator[int]:
    """Give a port that nobody else is given meanwhile; who knows its number may listen on it.

    One that is looked for and let go of may be anybody's before the test's own program takes it:
    that of a test beside this one, or of one end of a connection.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, 0))
        port: int = holder.getsockname()[1]
        yield port
