"""The chat in a real terminal."""

import io
import os
import select
from collections.abc import Iterator
from typing import Any

import pytest

from bot.cli import chat


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Standard input is a terminal; what is written here is typed there."""
    keyboard, line = os.openpty()
    with os.fdopen(line, "rb", buffering=0) as raw:
        stdin = io.TextIOWrapper(io.BufferedReader(raw), "utf-8")
        monkeypatch.setattr("sys.stdin", stdin)
        yield keyboard
    os.close(keyboard)


def test_an_empty_line_in_a_pasted_text_ends_no_chat(terminal: int) -> None:
    """The lines behind it would go to the shell, which would run them."""
    os.write(terminal, "ගොයමේ කොළ\n\nකහ වෙනවා\n".encode())

    assert [chat._read_line(), chat._read_line()] == ["ගොයමේ කොළ", "කහ වෙනවා"]


def test_the_rest_of_a_pasted_text_may_come_a_moment_later(
    terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a network, or while the machine is busy."""
    look = select.select

    def arrive(readers: Any, writers: Any, others: Any, seconds: float) -> Any:
        if seconds:
            os.write(terminal, "කහ වෙනවා\n".encode())
        return look(readers, writers, others, 60 * seconds)

    monkeypatch.setattr(select, "select", arrive)
    os.write(terminal, b"\n")

    assert chat._read_line() == "කහ වෙනවා"


def test_an_empty_line_at_the_end_ends_the_chat(terminal: int) -> None:
    """Nothing else was typed."""
    os.write(terminal, b"\n")

    assert chat._read_line() is None
