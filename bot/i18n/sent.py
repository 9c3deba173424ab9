"""What people send, in words or without."""

from bot.i18n.catalogue import Catalogue


def say_sent(catalogue: Catalogue, language: str, text: str, kind: str) -> str:
    """Return a person's words; of what came without any, what it was: a photo, a voice note."""
    if text:
        return text
    key = f"sent.{kind}"
    is_known = key in catalogue.keys()  # noqa: SIM118 - a method of ours
    return catalogue.text(key if is_known else "sent.text", language)
