"""How errors are said."""

import re

from bot.errors import NotAllowedError, RequestError


def text_key(error: RequestError) -> str:
    """Return the key of an error's text, from the name of its class.

    >>> from bot.errors import StaleButtonError
    >>> text_key(StaleButtonError())
    'refusal.stale_button'
    >>> text_key(NotAllowedError("admin"))
    'refusal.not_allowed_admin'
    """
    name = type(error).__name__.removesuffix("Error")
    key = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return f"refusal.{key}_{error}" if isinstance(error, NotAllowedError) else f"refusal.{key}"
