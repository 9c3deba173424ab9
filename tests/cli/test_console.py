"""`govi console`, as an operator meets it."""

import pytest
from click.testing import CliRunner

from bot.cli import cli


def test_a_link_can_be_printed_without_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the machine can let an admin in."""
    monkeypatch.setenv("ADMIN_IDS", "77")
    monkeypatch.setenv("CONSOLE_URL", "https://govi.example")

    printed = CliRunner().invoke(cli, ["console", "--link", "77"])

    assert printed.stdout.startswith("https://govi.example/sign-in/")


def test_nobody_without_a_role_gets_a_link() -> None:
    """A typing mistake in the number opens nothing, and one line says what to do."""
    refused = CliRunner().invoke(cli, ["console", "--link", "78"])

    assert refused.exit_code == 1
    assert "78 is neither an officer nor an admin" in refused.stderr
    assert refused.stdout == ""
