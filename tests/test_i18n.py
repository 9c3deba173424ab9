"""Govi's own words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.bootstrap import STARTER
from bot.errors import NotAllowedError, RequestError
from bot.i18n import Catalogue, CatalogueError, Words
from bot.i18n.catalogue import COMPLETE_LANGUAGES, PARTIAL_LANGUAGES
from bot.i18n.refusals import text_key
from bot.knowledge_files import read_knowledge
from bot.settings import ROOT

TEXTS = Catalogue.load()
SINHALA = TEXTS.keys("si")
#: A virama before ra or ya without the joiner that makes one letter of the two.
UNJOINED = re.compile("\u0dca[\u0dbb\u0dba]")
#: Files whose functions speak to people.
SPEAKING = sorted(
    file for folder in ("handlers", "keyboards") for file in (ROOT / "bot" / folder).rglob("*.py")
)


def catalogue(**texts: dict[str, str]) -> Catalogue:
    """A catalogue with one Sinhala text and what else is said."""
    return Catalogue({"si": {"a.b": "{count} යි"}, "en": {"a.b": "{count}"}, "ta": {}} | texts)


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_a_complete_language_has_every_text(language: str) -> None:
    """Nothing is left to be said in another language."""
    assert TEXTS.keys(language) == SINHALA


@pytest.mark.parametrize("language", PARTIAL_LANGUAGES)
def test_a_partial_language_has_no_text_of_its_own(language: str) -> None:
    """Every text exists in the main language."""
    assert TEXTS.keys(language) <= SINHALA


def test_a_missing_text_is_an_error_at_load() -> None:
    """The fault names the language and the key."""
    with pytest.raises(CatalogueError, match=r"en lacks a\.b"):
        catalogue(en={})


def test_a_text_that_only_a_translation_has_is_an_error_at_load() -> None:
    """It would never be shown in Sinhala."""
    with pytest.raises(CatalogueError, match=r"ta has x\.y"):
        catalogue(ta={"x.y": "?"})


def test_another_placeholder_is_an_error_at_load() -> None:
    """A translation cannot ask for a value that the code does not give."""
    with pytest.raises(CatalogueError, match=r"en has other placeholders in a\.b"):
        catalogue(en={"a.b": "{number}"})


def test_placeholders_are_filled_in() -> None:
    """Values go where the braces are."""
    assert catalogue().text("a.b", "en", count=7) == "7"


def test_braces_in_a_value_are_left_alone() -> None:
    """What a person typed is never a placeholder."""
    assert catalogue().text("a.b", "en", count="{count} {0}") == "{count} {0}"


def test_a_text_that_a_partial_language_lacks_is_said_in_sinhala() -> None:
    """Something is always said."""
    assert catalogue().text("a.b", "ta", count=7) == "7 යි"


def test_an_unknown_key_is_an_error() -> None:
    """A typing mistake in a key is found, not shown to a farmer."""
    with pytest.raises(CatalogueError, match=r"'a\.c'"):
        catalogue().text("a.c")


def test_a_missing_value_is_an_error() -> None:
    """The error names the text and the placeholder."""
    with pytest.raises(CatalogueError, match=r"'a.b' needs a value for 'count'"):
        catalogue().text("a.b")


def as_written(key: str, language: str = "si") -> str:
    """A text with its placeholders still in it."""
    return TEXTS._texts[language][key]


@pytest.mark.parametrize("key", sorted(SINHALA))
def test_sinhala_texts_have_their_joiners(key: str) -> None:
    """No ra or ya that should be joined stands apart."""
    assert not UNJOINED.search(as_written(key))


@pytest.mark.parametrize("language", ["si", "en"])
def test_every_shipped_area_has_a_name(language: str) -> None:
    """People read it in their own words, not as a key."""
    areas = {draft.area for draft in read_knowledge(STARTER)}

    assert {f"area.{area}" for area in areas} == {
        key for key in TEXTS.keys(language) if key.startswith("area.")
    }
    assert Words(TEXTS, language).area("paddy_pests") == TEXTS.text("area.paddy_pests", language)


def test_an_area_without_a_name_is_shown_as_it_is() -> None:
    """Admins make new ones."""
    assert Words(TEXTS).area("spices") == "spices"


def test_lines_over_a_chat_fit_into_telegrams_200_characters() -> None:
    """Answers to button presses are cut there."""
    lines = {key: as_written(key, language) for language in ("si", "en")
             for key in SINHALA if key.startswith(("button.", "flood.", "refusal."))}  # fmt: skip

    assert [key for key, line in lines.items() if len(line) > 200] == []


def kinds_of_refusal(kind: type[RequestError] = RequestError) -> Iterator[str]:
    """The key of every text that a refusal may need."""
    for each in kind.__subclasses__():
        yield from kinds_of_refusal(each)
        if each is NotAllowedError:
            yield from (text_key(each(role)) for role in ("officer", "admin"))
        else:
            yield text_key(each())


def test_every_refusal_has_its_text() -> None:
    """Nobody is refused without a word."""
    kinds = set(kinds_of_refusal())

    assert "refusal.not_allowed_admin" in kinds
    assert kinds <= SINHALA


def keys_used() -> set[str]:
    """Every literal first argument of `.text(...)` in the code."""
    found: set[str] = set()
    for file in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") == "text"
                and node.args
            ):
                found |= {n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)}
    return {key for key in found if isinstance(key, str) and "." in key and not key.endswith(".")}


def test_every_key_in_the_code_exists() -> None:
    """What the code asks for is in the catalogue."""
    keys = keys_used()

    assert "ask.suggest" in keys
    assert keys <= SINHALA


@pytest.mark.parametrize("file", SPEAKING, ids=lambda file: file.name)
def test_handlers_hold_no_words_for_people(file: Path) -> None:
    """Sinhala and Tamil stand in the catalogue alone."""
    assert not re.search("[\u0b80-\u0bff\u0d80-\u0dff]", file.read_text("utf-8"))
