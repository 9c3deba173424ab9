"""Secrets that a link or a cookie carries; only their hash is kept, so a copy opens nothing."""

import hashlib
import secrets

#: More than can be guessed, and short enough for what a link to a bot may carry.
_BYTES = 32


def new_token() -> str:
    """Return a secret of A-Z, a-z, 0-9, _ and -."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """Return what is kept of a secret, be it one of ours or not."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
