"""Ports for listeners of tests."""

import contextlib

from bot.testing.ports import held_port

_HELD = contextlib.ExitStack()


def free_port() -> int:
    """Return a port that is held, see `held_port`, for as long as this process lives."""
    return _HELD.enter_context(held_port())
