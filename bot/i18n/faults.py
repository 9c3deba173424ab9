"""How what is wrong with an entry or a file is said."""

from bot.errors import Fault
from bot.i18n.catalogue import Catalogue


def say_field(catalogue: Catalogue, language: str, field: str) -> str:
    """Return what a field is called; "phrasings 2" keeps its number."""
    name, _, number = field.partition(" ")
    known = f"curate.field.{name}"
    is_known = known in catalogue.keys()  # noqa: SIM118 - a method of ours
    said = catalogue.text(known, language) if is_known else name
    return f"{said} {number}".strip()


def say_fault(catalogue: Catalogue, language: str, fault: Fault, with_place: bool = False) -> str:
    """Return a line that names the field and what is wrong, and the place if that is wanted."""
    key = f"fault.{fault.kind}"
    is_known = key in catalogue.keys()  # noqa: SIM118 - a method of ours
    reason = catalogue.text(key, language, **fault.values) if is_known else fault.reason
    place = [fault.where] if with_place and fault.where else []
    place += [say_field(catalogue, language, fault.field)] if fault.field else []
    return f"{', '.join(place)}: {reason}" if place else reason
