"""Text from people, made fit for every database without losing what can be read."""

import re

#: Lone surrogates (no encoding takes them) and NUL (PostgreSQL refuses it).
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")


def storable(text: str) -> str:
    """Replace what no database can hold by U+FFFD; everything else stays as it was typed."""
    return _UNSTORABLE.sub("�", text)
