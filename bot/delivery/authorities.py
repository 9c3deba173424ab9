"""Who may vouch for a server that Govi connects to."""

import ssl
from functools import cache

from bot.errors import SettingsError


@cache
def read_authorities() -> ssl.SSLContext:
    """Read whom httpx trusts, once: it takes a fiftieth of a second, most of it outside Python.

    Raises:
        SettingsError: SSL_CERT_FILE is set to what cannot be read.
    """
    from httpx import create_ssl_context  # commands that connect to nothing do without

    try:
        return create_ssl_context()
    except OSError as error:
        raise SettingsError(
            f"SSL_CERT_FILE names no certificates that can be read ({error}); correct it, or unset "
            "it to trust the usual authorities"
        ) from error
