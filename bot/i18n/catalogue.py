"""The texts, read from one TOML file a language and checked against one another."""

import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from bot.contacts import load_numbers
from bot.errors import GoviError

FOLDER = Path(__file__).parent
#: The language that every text exists in.
MAIN_LANGUAGE = "si"
#: Languages that hold every text too.
COMPLETE_LANGUAGES = ("en",)
#: Languages that hold some; the rest is said in the main one.
PARTIAL_LANGUAGES = ("ta",)

Texts = Mapping[str, str]


class CatalogueError(GoviError):
    """A text is missing, or its placeholders are not those of the main language."""


class Catalogue:
    """Texts by key and language. They are plain: whoever shows one as HTML escapes it."""

    def __init__(self, texts: Mapping[str, Texts], numbers: Texts | None = None) -> None:
        """Check that the languages agree.

        Args:
            texts: language -> key -> text; all of `MAIN_LANGUAGE` and `COMPLETE_LANGUAGES`.
            numbers: name -> telephone number, which any text may hold in braces.

        Raises:
            CatalogueError: They do not; every fault is named.
        """
        faults = [fault for language in texts for fault in _faults(texts, language)]
        if faults:
            raise CatalogueError("texts do not agree: " + "; ".join(faults))
        self._texts = texts
        self._numbers = numbers or {}

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Read `<language>.toml` for every language, and the telephone numbers.

        Raises:
            CatalogueError: The files do not agree.
            ContactsError: The telephone numbers cannot be read.
        """
        languages = (MAIN_LANGUAGE, *COMPLETE_LANGUAGES, *PARTIAL_LANGUAGES)
        texts = {language: _read(folder / f"{language}.toml") for language in languages}
        return cls(texts, load_numbers())

    def text(self, key: str, language: str = MAIN_LANGUAGE, **values: object) -> str:
        """Return a text with its placeholders filled in.

        A language without the text, or one that Govi does not speak, gets the main language.

        Raises:
            CatalogueError: No language has `key`, or `values` lacks a placeholder.
        """
        template = self._texts.get(language, {}).get(key) or self._texts[MAIN_LANGUAGE].get(key)
        if template is None:
            raise CatalogueError(f"there is no text {key!r}")
        try:
            return template.format_map({**self._numbers, **values})
        except KeyError as error:
            raise CatalogueError(f"text {key!r} needs a value for {error}") from None

    def has(self, key: str) -> bool:
        """Whether there is such a text at all."""
        return key in self._texts[MAIN_LANGUAGE]

    def keys(self, language: str = MAIN_LANGUAGE) -> set[str]:
        """Return the keys that a language has itself."""
        return set(self._texts[language])


class Words(NamedTuple):
    """Govi's own words in one language: what everything that speaks to a person is given."""

    catalogue: Catalogue
    language: str = MAIN_LANGUAGE

    def text(self, key: str, **values: object) -> str:
        """Return a text; as `Catalogue.text`."""
        return self.catalogue.text(key, self.language, **values)

    def has(self, key: str) -> bool:
        """Whether there is such a text; as `Catalogue.has`."""
        return self.catalogue.has(key)

    def area(self, key: str) -> str:
        """Return what an area is called; one that an admin made is called by its key."""
        name = f"area.{key}"
        return self.text(name) if self.has(name) else key

    def into(self, language: str) -> "Words":
        """Return them in another language; "" leaves them in this one."""
        return Words(self.catalogue, language or self.language)


def placeholders(text: str) -> set[str]:
    """Return the names in braces.

    >>> sorted(placeholders("{count} of {total}"))
    ['count', 'total']
    """
    if "{" not in text:  # most have none, and are told so ten times as fast
        return set()
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _read(file: Path) -> Texts:
    with file.open("rb") as stream:
        return dict(_flatten(tomllib.load(stream), ""))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield prefix + name, value.strip()
        else:
            yield from _flatten(value, f"{prefix}{name}.")


def _faults(texts: Mapping[str, Texts], language: str) -> Iterator[str]:
    main, own = texts[MAIN_LANGUAGE], texts[language]
    missing = set() if language in PARTIAL_LANGUAGES else main.keys() - own.keys()
    for key in sorted(missing):
        yield f"{language} lacks {key}"
    for key in sorted(own.keys() - main.keys()):
        yield f"{language} has {key}, {MAIN_LANGUAGE} has not"
    for key in sorted(main.keys() & own.keys()):
        if placeholders(main[key]) != placeholders(own[key]):
            yield f"{language} has other placeholders in {key} than {MAIN_LANGUAGE}"
