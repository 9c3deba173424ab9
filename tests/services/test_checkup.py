"""What `govi doctor knowledge` finds in entries."""

from bot.services.checkup import examine_phrasings
from retrieval import IndexedEntry, Retriever
from retrieval.decision import Thresholds
from retrieval.ranking import Fusion
from retrieval.testing import HashingEmbedder

APART = (
    IndexedEntry("blast", "", (), "", ("කොළවල ලප තියෙනවා", "කොළවල ලප ගොඩයි", "කොළ ලප")),
    IndexedEntry("mites", "", (), "", ("මිරිස් මයිටා හානිය", "මිරිස් මයිටා මරන්නේ", "මයිටා")),
)


def examine(*entries: IndexedEntry) -> dict[str, list[str]]:
    """What is found, by entry."""
    retriever = Retriever(HashingEmbedder(), Thresholds(0.5, 0.3, 0.05), Fusion(0.5))
    retriever.load(entries)
    found: dict[str, list[str]] = {}
    for each in examine_phrasings(retriever, entries):
        found.setdefault(each.subject, []).append(each.text)
    return found


def test_entries_that_nothing_confuses_have_no_findings() -> None:
    """Each phrasing would find its entry if it were not stored."""
    assert examine(*APART) == {}


def test_a_phrasing_that_another_entry_would_answer_is_found() -> None:
    """It names the entry and the phrasing that takes it."""
    stray = IndexedEntry("coconut", "", (), "", ("පොල් ගස් පොහොර", "මිරිස් මයිටා හානියක්"))

    found = examine(*APART, stray)

    assert ["mites" in text and "හානියක්" in text for text in found["coconut"]] == [True]


def test_two_entries_about_one_subject_are_found() -> None:
    """Most phrasings of the one lie nearest to the other."""
    twin = IndexedEntry("spots", "", (), "", ("කොළවල ලප තියෙනව", "කොළවල ලප ගොඩක්"))

    found = examine(*APART, twin)

    assert found["spots"][-1] == "2 of 2 phrasings lie nearest to blast; are they one subject?"
