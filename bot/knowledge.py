"""What an entry must have, and every fault of it, or of a whole file, at once."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticKnownError

from bot.errors import Fault, KnowledgeError
from retrieval import normalize

ANSWER_LIMIT = 3500
PHRASING_LIMIT = 300
PHRASINGS_LIMIT = 500
SOURCE_LIMIT = 1000
#: Whoever sees so many faults mends the file before wanting to see more.
MOST_FAULTS = 1000

#: Zero-width joiner makes ක්‍ර of ක්+ර; these vowel signs cannot stand at the start of a word.
_STRAY_SIGN = re.compile("(?:^|\\s)[\u0dca\u0dcf-\u0ddf]")
#: What is left of Sinhala that a program saved in, or read from, an encoding without its letters:
#: words of question marks, two bytes of each letter as Latin ones, or the sign for what is lost.
_LOST_LETTERS = re.compile(r"^\?{2,}(?:\s|$)|\?{2,}\S?\s+\S?\?{2,}|[à‡][¶·∂∑]|\ufffd")
_FORBIDDEN = {"Cc", "Cs", "Co"}
_ALLOWED_CONTROL = "\n\t"
#: Unicode keeps these, and the last two of each plane, from ever being characters. Others that it
#: has not assigned are let pass: new emoji reach telephones years before they reach Python.
_NO_CHARACTERS = frozenset(map(chr, range(0xFDD0, 0xFDF0)))


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in a text, though it may hold joiners and other marks.

    >>> is_blank(" \u200b\u202e"), is_blank("👍")
    (True, False)
    """
    return not any(char.isprintable() and not char.isspace() for char in text)


def _sane_text(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if is_blank(text):
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    for char in sorted(set(text)):
        if _is_forbidden(char):
            code = f"U+{ord(char):04X}"
            raise PydanticCustomError(
                "control_character", "has the control character {code}", {"code": code}
            )
    if stray := _STRAY_SIGN.search(text):
        place = text[stray.start() : stray.start() + 10].strip()
        raise PydanticCustomError(
            "stray_sign", "has a Sinhala vowel sign without its letter: '{place}'", {"place": place}
        )
    if lost := _LOST_LETTERS.search(text):
        place = text[lost.start() : lost.start() + 20].strip()
        raise PydanticCustomError(
            "lost_letters",
            "has lost its letters ('{place}'): save the file as .xlsx, or as CSV in UTF-8",
            {"place": place},
        )
    return text


def _is_forbidden(char: str) -> bool:
    is_control = unicodedata.category(char) in _FORBIDDEN and char not in _ALLOWED_CONTROL
    return is_control or ord(char) & 0xFFFE == 0xFFFE or char in _NO_CHARACTERS


def _as_lines(value: object) -> object:
    """Accept a list, or text with one item a line as it stands in a spreadsheet cell."""
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    return value


def _one_line(text: str) -> str:
    # Lists are written one item a line.
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _searchable(text: str) -> str:
    # Letters and digits survive normalisation, which costs far more than looking for one.
    if not any(char.isalpha() or char.isdecimal() for char in text) and not normalize(text):
        raise PydanticCustomError("nothing_to_find", "has neither letters nor digits")
    # Some characters stand for up to 18; twice the limit still fits into a unique index.
    if len(unicodedata.normalize("NFKC", text)) > 2 * PHRASING_LIMIT:
        raise PydanticKnownError("string_too_long", {"max_length": PHRASING_LIMIT})
    return text


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=SOURCE_LIMIT), AfterValidator(_sane_text)
]
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PHRASING_LIMIT),
    AfterValidator(_sane_text),
    AfterValidator(_one_line),
    AfterValidator(_searchable),
]
Answer = Annotated[
    str, StringConstraints(min_length=1, max_length=ANSWER_LIMIT), AfterValidator(_sane_text)
]


class EntryDraft(BaseModel):
    """One entry as it stands in a file, checked."""

    model_config = ConfigDict(
        defer_build=True, extra="forbid", frozen=True, str_strip_whitespace=True
    )

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$", max_length=120)]
    area: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=60)]
    status: Literal["draft", "published", "retired"] = "published"
    title: Line
    keywords: Annotated[tuple[Line, ...], BeforeValidator(_as_lines)] = ()
    answer: Answer
    phrasings: Annotated[
        tuple[Line, ...],
        BeforeValidator(_as_lines),
        Field(max_length=PHRASINGS_LIMIT),
    ]
    source: Text
    grade: Literal["A", "B", "M", "none"]
    reviewed_on: date
    valid_until: Annotated[date | None, BeforeValidator(_none_if_blank)] = None
    checked: Annotated[Text | None, BeforeValidator(_none_if_blank)] = None

    @model_validator(mode="before")
    @classmethod
    def _add_lost_phrasings(cls, fields: Any) -> Any:
        """Other entries may have been given all phrasings of a retired one."""
        if isinstance(fields, dict) and fields.get("status") == "retired":
            return {"phrasings": (), **fields}
        return fields

    @field_validator("phrasings")
    @classmethod
    def _refuse_none(cls, phrasings: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not phrasings and info.data.get("status") != "retired":
            counts = {"field_type": "Value", "min_length": 1, "actual_length": 0}
            raise PydanticKnownError("too_short", counts)
        return phrasings

    @cached_property
    def keyed(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The phrasings and their match keys, worked out once; read them by `match_keys`."""
        return self.phrasings, tuple(map(match_key, self.phrasings))


FIELDS: tuple[str, ...] = tuple(EntryDraft.model_fields)


class Record(NamedTuple):
    """Raw fields read from a file, and where they stand in it."""

    where: str
    fields: Mapping[str, Any]


def check(records: Iterable[Record], faults: Sequence[Fault] = ()) -> list[EntryDraft]:
    """Turn raw records into drafts.

    Args:
        records: What was read.
        faults: What the reader has already found wrong.

    Raises:
        KnowledgeError: Any fault, each field of each record checked; also one key twice, or one
            phrasing in two places (compared after normalisation).
    """
    found = list(faults)
    checked: list[tuple[str, EntryDraft]] = []
    for record in records:
        if len(found) > MOST_FAULTS:
            found.append(Fault(record.where, "", "and what follows was not read", "stopped"))
            break
        try:
            checked.append((record.where, EntryDraft.model_validate(dict(record.fields))))
        except ValidationError as error:
            found.extend(_faults(record, error))
    found.extend(_repeated(checked))
    if found:
        raise KnowledgeError(found)
    return [draft for _, draft in checked]


def _faults(record: Record, error: ValidationError) -> Iterable[Fault]:
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        place = f"{name} {int(detail['loc'][1]) + 1}" if len(detail["loc"]) > 1 else name
        kind = "date" if detail["type"].startswith("date") else detail["type"]
        yield Fault(record.where, place, _reason(detail), kind, detail.get("ctx", {}))


def _reason(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "missing":
            return "is missing"
        case "string_type":
            return "must be text"
        case "extra_forbidden":
            return f"is not a field; the fields are {', '.join(FIELDS)}"
        case "string_pattern_mismatch":
            return "may hold small Latin letters, digits and _ only, parts of a key joined by dots"
        case kind if kind.startswith("date"):
            return "must be a day like 2027-03-31"
    return detail["msg"]


def _repeated(checked: Iterable[tuple[str, EntryDraft]]) -> Iterable[Fault]:
    keys: dict[str, str] = {}
    phrasings: dict[str, str] = {}
    for where, draft in checked:
        if draft.key in keys:
            place = keys[draft.key]
            reason = f"'{draft.key}' is also at {place}"
            yield Fault(where, "key", reason, "repeated", {"text": draft.key, "place": place})
        keys[draft.key] = where
        for number, key in enumerate(match_keys(draft), 1):
            here = f"{where} ({draft.key}, phrasings {number})"
            first = phrasings.setdefault(key, here)
            if first != here:
                phrasing = draft.phrasings[number - 1]
                reason = f"'{phrasing}' is also at {first}"
                values = {"text": phrasing, "place": first}
                yield Fault(where, f"phrasings {number}", reason, "repeated", values)


def check_fields(fields: Mapping[str, Any]) -> EntryDraft:
    """Turn the fields of one entry into a draft.

    Raises:
        KnowledgeError: Anything is wrong; every fault names its field.
    """
    return check([Record(str(fields.get("key", "")), fields)])[0]


def check_field(name: str, value: object) -> Any:
    """Return one field's value as a draft would hold it.

    Raises:
        KnowledgeError: It cannot be that field's value; only this field's faults are told.
    """
    return getattr(check_fields({**_SAMPLE, name: value}), name)


#: An entry with nothing wrong, to check a single field in.
_SAMPLE: dict[str, Any] = {
    "key": "sample",
    "area": "sample",
    "title": "x",
    "answer": "x",
    "phrasings": ("x",),
    "source": "x",
    "grade": "none",
    "reviewed_on": date.min,
}


def match_key(phrasing: str) -> str:
    """Return the form in which two phrasings count as the same question."""
    return normalize(phrasing)


def match_keys(draft: EntryDraft) -> tuple[str, ...]:
    """Return the match key of each phrasing, in order."""
    phrasings, keys = draft.keyed
    # A copy with other phrasings carries what was worked out for the original.
    return keys if phrasings is draft.phrasings else tuple(map(match_key, draft.phrasings))
