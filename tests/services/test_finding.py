"""Finding entries by words and by meaning."""

import pytest
from sqlalchemy.orm import Session

from bot.db.models import EntryStatus
from bot.services.finding import find_entries, find_near
from tests.factories import create_draft, create_match
from tests.services.curating import OFFICER, staff, store


def knowledge(session: Session) -> None:
    """A few entries of every status."""
    staff(session)
    store(
        session,
        create_draft("paddy.blast", title="Rice blast", phrasings=("කොළ පාළුව", "kola paluwa")),
        create_draft("paddy.blast.spray", title="Spraying 100%", phrasings=("බේත් ගහන්නේ",)),
        create_draft("chilli.mites", title="Mites", phrasings=("මයිටා",), status="retired"),
    )


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("paddy.blast", ["paddy.blast", "paddy.blast.spray"]),
        ("BLAST", ["paddy.blast", "paddy.blast.spray"]),
        ("rice BL", ["paddy.blast"]),
        ("පාළුව!", ["paddy.blast"]),
        ("Kola  Paluwa", ["paddy.blast"]),
        ("mites", ["chilli.mites"]),
        ("100%", ["paddy.blast.spray"]),
        ("%", ["paddy.blast.spray"]),
        ("_", []),
        ("", []),
    ],
)
def test_entries_are_found_by_parts_of_what_they_say(
    session: Session, text: str, keys: list[str]
) -> None:
    """Key, title or phrasing, retired ones too; signs that SQL knows mean themselves."""
    knowledge(session)

    assert [found.key for found in find_entries(session, OFFICER, text)] == keys


def test_what_retrieval_finds_comes_after_what_the_words_find(session: Session) -> None:
    """Each entry once; both kinds carry the score."""
    knowledge(session)
    matches = [create_match("paddy.blast.spray", 0.8), create_match("paddy.blast", 0.6)]

    found = find_entries(session, OFFICER, "පාළුව", matches)

    assert [(each.key, each.score) for each in found] == [
        ("paddy.blast", 0.6),
        ("paddy.blast.spray", 0.8),
    ]
    assert (found[0].phrasing, found[0].status) == ("කොළ පාළුව", EntryStatus.PUBLISHED)


def test_no_more_is_found_than_was_asked_for(session: Session) -> None:
    """A message holds a handful."""
    knowledge(session)

    assert len(find_entries(session, OFFICER, "paddy", limit=1)) == 1


def test_near_entries_are_published(session: Session) -> None:
    """Nearest first, without the entry at hand."""
    knowledge(session)
    matches = [
        create_match("paddy.blast", 0.9),
        create_match("chilli.mites", 0.8),
        create_match("paddy.blast.spray", 0.7),
        create_match("gone.long.ago", 0.7),
    ]

    near = find_near(session, OFFICER, matches)

    assert [each.key for each in near] == ["paddy.blast", "paddy.blast.spray"]
    assert find_near(session, OFFICER, matches, without_id=near[0].entry_id) == near[1:]
