"""What people send, in words or without."""

from bot.i18n.catalogue import Words


def say_sent(words: Words, text: str, kind: str) -> str:
    """Return a person's words; of what came without any, what it was: a photo, a voice note."""
    if text:
        return text
    key = f"sent.{kind}"
    return words.text(key if words.has(key) else "sent.text")
