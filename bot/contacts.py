"""Telephone numbers of services, each with its source and the day it was checked."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.errors import GoviError
from bot.settings import ROOT

FILE = ROOT / "knowledge" / "contacts.toml"


class ContactsError(GoviError):
    """The file of telephone numbers cannot be used; the message says what and where."""


class Contact(BaseModel):
    """One service.

    Attributes:
        number: As people dial it.
        hours: When somebody answers.
        source: Who published the number.
        checked_on: When it was last compared with the source.
        confirmed_on: When the service itself confirmed it; None until it has.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    number: str = Field(pattern=r"^[0-9][0-9-]{2,14}$")
    name: str = Field(min_length=1)
    hours: str = Field(min_length=1)
    source: str = Field(min_length=1)
    checked_on: date
    confirmed_on: date | None = None


_FORMAT = TypeAdapter(dict[str, Contact])


def load_contacts(file: Path = FILE) -> Mapping[str, Contact]:
    """Read the contacts by the name that texts know them by.

    Raises:
        ContactsError: The file is missing or malformed.
    """
    try:
        return _FORMAT.validate_python(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ContactsError(f"{file} cannot be used: {error}") from error


def load_numbers() -> dict[str, str]:
    """Read the numbers alone."""
    return {name: contact.number for name, contact in load_contacts().items()}
