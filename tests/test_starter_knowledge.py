"""The shipped knowledge and the questions that it is measured with."""

import re
from collections import Counter
from itertools import product

import pytest

from bot.bootstrap import STARTER
from bot.knowledge import EntryDraft
from bot.knowledge_files import read_knowledge
from retrieval import detect_script, normalize
from retrieval.evaluation import EvalCase, read_cases
from retrieval.phonetic import fold

MIN_ENTRIES, MIN_PHRASINGS, ANSWER_LIMIT = 400, 10, 900
REQUIRED_AREAS = {"paddy_diseases", "paddy_pests", "paddy_nutrition", "safety_pesticide"}
#: Actives that are banned or whose registration nobody could confirm (Control of Pesticides Act
#: orders; the 2014 district order); an answer may name one only to say so.
SUSPECT = (
    "පැරාක්වට් paraquat ඩයිමෙතොයේට් dimethoate fenthion monocrotophos methamidophos endosulfan "
    "carbofuran carbosulfan chlorpyrifos carbaryl propanil profenofos methomyl diazinon alachlor"
).split()
WARNING = re.compile("තහනම්|එපා|නැවැත්ව|නවත්ව|ඉවත්|සීමා")
JOINER = re.compile("\u0dca[\u0dba\u0dbb](?![\u0dca])")


@pytest.fixture(scope="module")
def drafts() -> list[EntryDraft]:
    """Every shipped entry; reading them checks the schema, keys and phrasings."""
    return read_knowledge(STARTER)


@pytest.fixture(scope="module", params=["dev", "test"])
def cases(request: pytest.FixtureRequest) -> list[EvalCase]:
    """One evaluation split."""
    return read_cases(STARTER / "eval" / f"{request.param}.jsonl")


def test_there_are_enough_entries_and_ways_of_asking(drafts: list[EntryDraft]) -> None:
    """Every entry can be asked for in at least ten ways."""
    assert len(drafts) >= MIN_ENTRIES
    assert {draft.area for draft in drafts} >= REQUIRED_AREAS
    assert [d.key for d in drafts if len(d.phrasings) < MIN_PHRASINGS] == []


def test_every_entry_can_be_asked_in_latin_letters(drafts: list[EntryDraft]) -> None:
    """A fifth of the phrasings at least are typed in Latin or mixed, some in each entry."""
    scripts = {
        draft.key: Counter(detect_script(text) for text in draft.phrasings) for draft in drafts
    }
    total = sum(scripts.values(), Counter[str]())

    assert (total["latin"] + total["mixed"]) / total.total() >= 0.2
    assert [key for key, count in scripts.items() if not count["latin"] + count["mixed"]] == []


def test_answers_are_short_and_plain(drafts: list[EntryDraft]) -> None:
    """One screen of a small telephone, without markup."""
    wrong = [
        draft.key
        for draft in drafts
        if len(draft.answer) > ANSWER_LIMIT or re.search(r"[*_#`<>{}]", draft.answer)
    ]

    assert wrong == []


def test_answers_are_joined_as_they_should_be(drafts: list[EntryDraft]) -> None:
    """ක්‍ර, ප්‍ර, ව්‍ය: the joiner stands after the virama in every answer."""
    assert [draft.key for draft in drafts if JOINER.search(draft.answer)] == []


def test_no_suspect_active_is_recommended(drafts: list[EntryDraft]) -> None:
    """Where one is named, the same sentence warns of it."""
    wrong = [
        (draft.key, sentence)
        for draft in drafts
        for sentence in re.split(r"(?<=[.!?])\s", draft.answer)
        if any(name in sentence.lower() for name in SUSPECT) and not WARNING.search(sentence)
    ]

    assert wrong == []


def test_phrasings_are_not_made_from_templates(drafts: list[EntryDraft]) -> None:
    """No frame of first and last two words is shared by more than 2 % of the entries."""
    frames: dict[tuple[str, ...], set[str]] = {}
    for draft in drafts:
        for phrasing in draft.phrasings:
            words = normalize(phrasing).split()
            if len(words) >= 5:
                frames.setdefault((*words[:2], *words[-2:]), set()).add(draft.key)

    assert max(len(keys) for keys in frames.values()) <= len(drafts) * 0.02


@pytest.mark.parametrize("split", ["dev", "test", "fresh", "long"])
def test_evaluation_questions_are_not_phrasings(drafts: list[EntryDraft], split: str) -> None:
    """Neither as typed nor by sound: nothing that is measured was trained on."""
    known = {
        form(text) for draft in drafts for text in draft.phrasings for form in (normalize, fold)
    }
    questions = [case.question for case in read_cases(STARTER / "eval" / f"{split}.jsonl")]

    assert [text for text in questions if {normalize(text), fold(text)} & known - {""}] == []


def test_off_topic_questions_are_neither_asked_of_an_entry_nor_measured(
    drafts: list[EntryDraft],
) -> None:
    """Nothing is learnt to be both near and far, and nothing that is measured is learnt."""
    known = {fold(text) for draft in drafts for text in draft.phrasings}
    for split in ("dev", "test", "fresh", "long"):
        known |= {fold(case.question) for case in read_cases(STARTER / "eval" / f"{split}.jsonl")}
    off_topic = read_cases(STARTER / "off_topic.jsonl")

    assert {case.key for case in off_topic} == {None}
    assert [case.question for case in off_topic if fold(case.question) in known - {""}] == []


@pytest.mark.parametrize("other", ["test", "fresh", "long"])
def test_no_question_chooses_thresholds_and_reports_them(other: str) -> None:
    """The splits share none."""
    dev, reported = (
        {fold(case.question) for case in read_cases(STARTER / "eval" / f"{name}.jsonl")} - {""}
        for name in ("dev", other)
    )

    assert dev & reported == set()


def test_every_entry_is_measured_twice_in_every_way_of_typing(drafts: list[EntryDraft]) -> None:
    """Once where thresholds are chosen and once where it is reported, or both in one."""
    asked = Counter(
        (case.key, case.group)
        for split in ("dev", "test")
        for case in read_cases(STARTER / "eval" / f"{split}.jsonl")
    )
    ways = product((draft.key for draft in drafts), ("clean", "careless", "singlish", "mixed"))

    assert [way for way in ways if asked[way] < 2] == []


def test_every_entry_is_measured(drafts: list[EntryDraft], cases: list[EvalCase]) -> None:
    """Each split asks for every entry, and for nothing that is not there."""
    asked = {case.key for case in cases if case.key is not None}

    assert asked == {draft.key for draft in drafts}


def test_many_questions_must_not_be_answered(cases: list[EvalCase]) -> None:
    """Near and far ones, in every split."""
    groups = Counter(case.group for case in cases if case.key is None)

    assert groups["near"] >= 150
    assert groups["far"] >= 80
