"""Forms that came back, and the mark by which we know them for our own."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.requests import Request

from bot.errors import LongFormError, StaleFormError
from bot.services.texts import storable

#: The longest entry, percent-encoded, is well below this.
LONGEST_FORM = 2_000_000
_MOST_FIELDS = 2_000
_SALT_BYTES = 8
#: No row has a larger number; every database takes this one.
LARGEST = 2**31 - 1
_MOST_DIGITS = 18

CSRF = "csrf"
#: The fields that people write in, rather than choose.
WRITTEN = ("text", "title", "answer", "phrasings", "source", "keywords", "phrasing", "reason")


class Form:
    """The fields of a form; what is not there is empty."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """Return a field with the line breaks that everything else here uses."""
        values = self._fields.get(name) or [""]
        return storable(values[0].replace("\r\n", "\n")).strip()

    def texts(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [storable(value) for value in self._fields.get(name, ())]

    def number(self, name: str) -> int:
        """Return a field that our own form holds a number in.

        Raises:
            StaleFormError: It does not.
        """
        return _number(self.text(name))

    def numbers(self, name: str) -> list[int]:
        """Return every value of a field that our own form holds numbers in.

        Raises:
            StaleFormError: One of them is none.
        """
        return [_number(text) for text in self.texts(name)]


def _number(text: str) -> int:
    number = read_number(text)
    if number is None:
        raise StaleFormError
    return number


def read_number(text: str) -> int | None:
    """Return a number of at most `LARGEST`, which a larger one becomes; None for anything else.

    >>> read_number("7"), read_number("9" * 5000) == LARGEST, read_number("-7")
    (7, True, None)
    """
    if not (text.isascii() and text.isdigit()):
        return None
    # Python refuses to read one of thousands of digits.
    return min(int(text), LARGEST) if len(text) <= _MOST_DIGITS else LARGEST


async def read_form(request: Request) -> Form:
    """Read a form that a browser sent, as far as it can be one of ours; without one, no field.

    Raises:
        LongFormError: It is longer than `LONGEST_FORM`.
        StaleFormError: It is none.
    """
    if request.method != "POST":
        return Form({})
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            raise LongFormError
    try:
        fields = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="replace",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise StaleFormError from None
    return Form(fields)


def make_mark(token: str) -> str:
    """Return what a form of this session carries; another each time, so that it compresses safely.

    >>> is_mark_of("session", make_mark("session"))
    True
    >>> is_mark_of("other", make_mark("session"))
    False
    """
    salt = secrets.token_urlsafe(_SALT_BYTES)
    return f"{salt}.{_sign(token, salt)}"


def is_mark_of(token: str, mark: str) -> bool:
    """Whether a form was made for this session."""
    salt, _, signature = mark.partition(".")
    return hmac.compare_digest(_sign(token, salt).encode(), signature.encode("utf-8", "replace"))


def _sign(token: str, salt: str) -> str:
    return hmac.new(token.encode(), salt.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
