"""Whom Govi trusts on the network."""

import ssl
from collections.abc import Iterator

import pytest

from bot.delivery.authorities import read_authorities
from bot.errors import SettingsError


@pytest.fixture(autouse=True)
def _unread() -> Iterator[None]:
    """Let each test read the authorities anew."""
    read_authorities.cache_clear()
    yield
    read_authorities.cache_clear()


def test_every_server_must_prove_its_name() -> None:
    """To a certificate of an authority that is known, as Python's own default has it."""
    context = read_authorities()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs()


def test_they_are_read_once() -> None:
    """Every connection shares them."""
    assert read_authorities() is read_authorities()


def test_certificates_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator reads which setting to correct, not a traceback."""
    monkeypatch.setenv("SSL_CERT_FILE", "/there/is/none")

    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        read_authorities()
