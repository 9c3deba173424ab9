"""The beginning of a text, where there is no room for all of it."""


def excerpt(text: str, limit: int) -> str:
    """Return a text in one line of at most `limit` characters, cut between words.

    >>> excerpt("The leaves turn yellow", 14)
    'The leaves…'
    """
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rsplit(' ', 1)[0]}…"


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text, its lines as they are.

    >>> cut("The leaves turn yellow", 14)
    'The leaves tu…'
    """
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
