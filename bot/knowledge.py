"""What an entry must have, and every fault of it, or of a whole file, at once."""

import itertools
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

#: Fields of a record that are looked at; what is beyond is no entry.
_MOST_FIELDS = 100
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


def _as_few_lines(value: object) -> object:
    """As `_as_lines`; of millions of items not each one's fault is told, but their number."""
    lines = _as_lines(value)
    if isinstance(lines, list | tuple) and len(lines) > PHRASINGS_LIMIT:
        counts = {"max_length": PHRASINGS_LIMIT, "actual_length": len(lines)}
        raise PydanticKnownError("too_long", {"field_type": "Tuple", **counts})
    return lines


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
    keywords: Annotated[tuple[Line, ...], BeforeValidator(_as_few_lines)] = ()
    answer: Answer
    phrasings: Annotated[
        tuple[Line, ...],
        BeforeValidator(_as_few_lines),
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
    """Raw fields read from a file, and where they stand in it.

    Attributes:
        where: File and place in it, see `Fault`.
        fields: What was read, by field.
        unread: Fields that the reader has already found at fault.
    """

    where: str
    fields: Mapping[str, Any]
    unread: frozenset[str] = frozenset()


class Checked(NamedTuple):
    """What a file holds.

    Attributes:
        drafts: The entries with which nothing is wrong.
        places: Where each entry stands, by key; of entries at fault too.
        faults: All that is wrong, in the order of the file.
    """

    drafts: list[EntryDraft]
    places: Mapping[str, str]
    faults: list[Fault]

    def sound(self) -> list[EntryDraft]:
        """Return the drafts of a file with which nothing is wrong.

        Raises:
            KnowledgeError: Something is.
        """
        if self.faults:
            raise KnowledgeError(self.faults)
        return self.drafts


class _Claims(NamedTuple):
    """What of an entry may stand in a file once only, whatever else is wrong with it."""

    where: str
    key: str
    phrasings: Sequence[tuple[int, str, str]]
    """Number from 1, phrasing, match key."""


def check(records: Iterable[Record], faults: Sequence[Fault] = ()) -> Checked:
    """Turn raw records into drafts; no fault hides another.

    Each field of each record is checked; a key twice is at fault too, and a phrasing in two places
    (compared after normalisation).

    Args:
        records: What was read.
        faults: What the reader has already found wrong.
    """
    found = list(faults)
    drafts: list[EntryDraft] = []
    claims: list[_Claims] = []
    order: dict[str, int] = {}
    stopped: list[Fault] = []
    for number, record in enumerate(records):
        if len(found) > MOST_FAULTS:
            stopped = [Fault(record.where, "", "and what follows was not read", "stopped")]
            break
        order[record.where] = number
        try:
            fields = itertools.islice(record.fields.items(), _MOST_FIELDS)
            drafts.append(EntryDraft.model_validate(dict(fields)))
            claims.append(_claims_of(record.where, drafts[-1]))
        except ValidationError as error:
            found.extend(_faults(record, error))
            claims.append(_claims_at_fault(record))
    found.extend(_repeated(claims))
    found.sort(key=lambda fault: order.get(fault.where, -1))
    places = {claim.key: claim.where for claim in claims if claim.key}
    return Checked(drafts, places, found + stopped)


def _claims_of(where: str, draft: EntryDraft) -> _Claims:
    numbered = zip(draft.phrasings, match_keys(draft), strict=True)
    return _Claims(where, draft.key, [(n, *each) for n, each in enumerate(numbered, 1)])


def _claims_at_fault(record: Record) -> _Claims:
    key, lines = record.fields.get("key"), _as_lines(record.fields.get("phrasings"))
    texts = list(lines)[:PHRASINGS_LIMIT] if isinstance(lines, list | tuple) else []
    phrasings = [
        (number, text, match_key(text))
        for number, text in enumerate(texts, 1)
        if isinstance(text, str) and len(text) <= PHRASING_LIMIT
    ]
    return _Claims(
        record.where,
        key.strip() if isinstance(key, str) else "",
        [each for each in phrasings if each[2]],
    )


def _faults(record: Record, error: ValidationError) -> Iterable[Fault]:
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in record.unread:
            continue
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


def _repeated(claims: Iterable[_Claims]) -> Iterable[Fault]:
    keys: dict[str, str] = {}
    phrasings: dict[str, str] = {}
    for where, key, claimed in claims:
        if key in keys:
            place = keys[key]
            reason = f"'{key}' is also at {place}"
            yield Fault(where, "key", reason, "repeated", {"text": key, "place": place})
        if key:
            keys[key] = where
        for number, phrasing, matched in claimed:
            here = f"{where} ({key}, phrasings {number})"
            first = phrasings.setdefault(matched, here)
            if first != here:
                reason = f"'{phrasing}' is also at {first}"
                values = {"text": phrasing, "place": first}
                yield Fault(where, f"phrasings {number}", reason, "repeated", values)


def check_fields(fields: Mapping[str, Any]) -> EntryDraft:
    """Turn the fields of one entry into a draft.

    Raises:
        KnowledgeError: Anything is wrong; every fault names its field.
    """
    return check([Record(str(fields.get("key", "")), fields)]).sound()[0]


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
