"""Telephone numbers are kept in one place, with their sources."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.bootstrap import STARTER
from bot.contacts import ContactsError, load_contacts, load_numbers
from bot.db.base import utc_now
from bot.i18n import Catalogue
from bot.i18n.catalogue import COMPLETE_LANGUAGES, FOLDER, MAIN_LANGUAGE, PARTIAL_LANGUAGES
from bot.knowledge_files import read_knowledge
from bot.local_time import local_date

LANGUAGES = (MAIN_LANGUAGE, *COMPLETE_LANGUAGES, *PARTIAL_LANGUAGES)
#: Short numbers of services (1xx, 19xx and the like) and landlines.
NUMBER = re.compile(r"(?<![\d.,/-])(?:119|1[39][0-9]{2}|0[0-9]{2}[- ]?[0-9]{7})(?![\d.,/-]*\d)")
GOOD = """
[ambulance]
number = "1990"
name = "Ambulance"
hours = "24 h"
source = "A newspaper"
checked_on = 2026-11-23
"""


def test_every_number_has_a_source_that_was_looked_at() -> None:
    """Nobody is sent to a number out of nowhere."""
    contacts = load_contacts()

    assert {"ambulance", "poisons", "mental_health", "agriculture"} <= contacts.keys()
    today = local_date(utc_now())
    assert all(contact.source and contact.checked_on <= today for contact in contacts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_ours_holds_a_number_itself(language: str) -> None:
    """It names the number in braces, so that there is one place to change it."""
    texts = (FOLDER / f"{language}.toml").read_text("utf-8")

    assert NUMBER.findall(texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_show_the_numbers_of_the_file(language: str) -> None:
    """The braces are filled in from it."""
    assert load_numbers()["agriculture"] in Catalogue.load().text("ask.fallback", language)


def test_the_numbers_of_first_aid_answers_are_those_of_the_file() -> None:
    """An entry's answer is its own text; when a number changes this names the entries to edit."""
    known = {number.replace("-", "") for number in load_numbers().values()}
    wrong = {
        draft.key: number
        for draft in read_knowledge(STARTER)
        if draft.key in ("safety.snake_bite", "safety.pesticide.poisoning_first_aid",
                         "safety.pesticide.poisoning_signs", "safety.pesticide.skin_eye",
                         "safety.pesticide.self_harm")
        for number in NUMBER.findall(draft.answer)
        if re.sub("[- ]", "", number) not in known
    }  # fmt: skip

    assert wrong == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD.replace("1990", "one nine"), "number"),
        (GOOD.replace('source = "A newspaper"', ""), "source"),
        (GOOD + "fax = 1", "fax"),
        ("[ambulance", "contacts.toml"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    """The error names the file and the fault."""
    file = tmp_path / "contacts.toml"
    file.write_text(content, "utf-8")

    with pytest.raises(ContactsError, match=reason) as caught:
        load_contacts(file)

    assert str(file) in str(caught.value)


def test_the_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    """A service that has confirmed its number says so with a date."""
    file = tmp_path / "contacts.toml"
    file.write_text(GOOD + "confirmed_on = 2026-11-24", "utf-8")

    contact = load_contacts(file)["ambulance"]

    assert contact.confirmed_on == tomllib.loads("d = 2026-11-24")["d"]
