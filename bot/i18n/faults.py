"""How what is wrong with an entry or a file is said."""

from bot.errors import Fault
from bot.i18n.catalogue import Words


def say_field(words: Words, field: str) -> str:
    """Return what a field is called; "phrasings 2" keeps its number."""
    name, _, number = field.partition(" ")
    known = f"curate.field.{name}"
    said = words.text(known) if words.has(known) else name
    return f"{said} {number}".strip()


def say_fault(words: Words, fault: Fault, with_place: bool = False) -> str:
    """Return a line that names the field and what is wrong, and the place if that is wanted."""
    key = f"fault.{fault.kind}"
    reason = words.text(key, **fault.values) if words.has(key) else fault.reason
    place = [fault.where] if with_place and fault.where else []
    place += [say_field(words, fault.field)] if fault.field else []
    return f"{', '.join(place)}: {reason}" if place else reason
