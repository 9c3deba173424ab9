"""How what is wrong with an entry or a file is said."""

from bot.errors import Fault, KnowledgeError
from bot.i18n.catalogue import Words

#: Faults that are told in a chat; the count of the others is.
MOST_FAULTS = 15


def say_field(words: Words, field: str) -> str:
    """Return what a field is called; "phrasings 2" keeps its number."""
    name, _, number = field.partition(" ")
    known = f"curate.field.{name}"
    said = words.text(known) if words.has(known) else name
    return f"{said} {number}".strip()


def say_piece(words: Words, field: str, piece: str) -> str:
    """Return a piece of what a field holds as people read it: an area by its name."""
    return words.area(piece) if field == "area" else piece


def say_fault(words: Words, fault: Fault, with_place: bool = False) -> str:
    """Return a line that names the field and what is wrong, and the place if that is wanted."""
    key = f"fault.{fault.kind}"
    reason = words.text(key, **fault.values) if words.has(key) else fault.reason
    place = [fault.where] if with_place and fault.where else []
    place += [say_field(words, fault.field)] if fault.field else []
    return f"{', '.join(place)}: {reason}" if place else reason


def say_faults(words: Words, error: KnowledgeError, with_places: bool = False) -> str:
    """Return everything that is wrong, a line each, up to a limit that is told."""
    lines = [words.text("curate.faults", count=len(error.faults))]
    lines += [f"• {say_fault(words, each, with_places)}" for each in error.faults[:MOST_FAULTS]]
    more = len(error.faults) - MOST_FAULTS
    if more > 0:
        lines.append(words.text("curate.more", count=more))
    return "\n".join(lines)


def say_all_faults(words: Words, error: KnowledgeError) -> str:
    """Return everything that is wrong with a file, a line each."""
    return "\n".join(say_fault(words, each, with_place=True) for each in error.faults)
