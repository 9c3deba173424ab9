"""What an entry was, who changed it, and bringing it back."""

import pytest
from sqlalchemy.orm import Session

from bot.errors import (
    ChangedMeanwhileError,
    KnowledgeError,
    VersionMissingError,
)
from bot.services import roles
from bot.services.editing import edit_entry, retire_entry
from bot.services.history import FieldChange, compare_versions, list_versions, restore_version
from tests.factories import create_draft
from tests.services.curating import ADMIN, OTHER_ADMIN, staff, store


def edited(session: Session) -> int:
    """An entry with three versions; its number."""
    staff(session)
    shown = store(session, create_draft("a.one", answer="පළමු. දෙවැනි. තෙවැනි.", phrasings=("එක",)))
    answer = {"answer": "පළමු. අලුත්. තෙවැනි."}
    edit_entry(session, ADMIN, shown.entry_id, 1, answer)
    edit_entry(session, OTHER_ADMIN, shown.entry_id, 2, {"phrasings": ["එක", "දෙක"]})
    return shown.entry_id


def test_versions_come_newest_first_with_who_and_what(session: Session) -> None:
    """A change of the answer is a review too."""
    entry_id = edited(session)
    roles.meet(session, ADMIN, "Kamala")

    versions = list_versions(session, ADMIN, entry_id)

    assert [(each.number, each.changed_by_name) for each in versions] == [
        (3, str(OTHER_ADMIN)),
        (2, "Kamala"),
        (1, "test"),
    ]
    assert [each.fields for each in versions[:2]] == [("phrasings",), ("answer", "reviewed_on")]


def test_versions_come_in_pages(session: Session) -> None:
    """Each page goes on where the last one ended, and compares across the edge."""
    entry_id = edited(session)

    (newest,) = list_versions(session, ADMIN, entry_id, limit=1)
    (older,) = list_versions(session, ADMIN, entry_id, before=newest.number, limit=1)

    assert (older.number, older.fields) == (2, ("answer", "reviewed_on"))


def test_a_comparison_shows_the_sentences_that_differ(session: Session) -> None:
    """Not the whole answer twice."""
    first, _ = compare_versions(session, ADMIN, edited(session), 1, 2)

    assert first == FieldChange("answer", ("දෙවැනි.",), ("අලුත්.",))


def test_a_comparison_shows_the_phrasings_that_came_and_went(session: Session) -> None:
    """Item by item."""
    changes = compare_versions(session, ADMIN, edited(session), 2, 3)

    assert changes == (FieldChange("phrasings", (), ("දෙක",)),)


def test_the_first_version_is_compared_with_nothing(session: Session) -> None:
    """Everything in it is new."""
    changes = compare_versions(session, ADMIN, edited(session), 0, 1)

    assert {change.field for change in changes} >= {"title", "answer", "phrasings", "source"}
    assert all(not change.removed for change in changes)


def test_an_older_version_comes_back_as_the_newest(session: Session) -> None:
    """Nothing in between is lost."""
    entry_id = edited(session)

    restored = restore_version(session, OTHER_ADMIN, entry_id, 1, base_version=3)

    assert (restored.state.version, restored.left_out) == (4, ())
    assert restored.state.draft.answer == "පළමු. දෙවැනි. තෙවැනි."
    assert len(list_versions(session, ADMIN, entry_id)) == 4


def test_restoring_a_version_keeps_a_retired_entry_retired(session: Session) -> None:
    """Content is one thing, being published another."""
    entry_id = edited(session)
    retire_entry(session, ADMIN, entry_id, 3)

    restored = restore_version(session, ADMIN, entry_id, 1, base_version=4)

    assert restored.state.draft.status == "retired"


def test_a_version_leaves_out_what_others_hold_by_now(session: Session) -> None:
    """Their questions stay theirs."""
    entry_id = edited(session)
    edit_entry(session, ADMIN, entry_id, 3, {"phrasings": ["දෙක"]})
    store(session, create_draft("a.two", phrasings=("එක",)))

    restored = restore_version(session, ADMIN, entry_id, 3, base_version=4)

    assert (restored.left_out, restored.state.draft.phrasings) == (("එක",), ("දෙක",))


def test_a_version_of_which_others_hold_everything_is_refused(session: Session) -> None:
    """With the owner's key."""
    entry_id = edited(session)
    edit_entry(session, ADMIN, entry_id, 3, {"phrasings": ["දෙක"]})
    store(session, create_draft("a.two", phrasings=("එක",)))

    with pytest.raises(KnowledgeError, match=r"belongs to a\.two"):
        restore_version(session, ADMIN, entry_id, 1, base_version=4)


def test_a_version_is_not_restored_over_a_change_that_was_not_seen(session: Session) -> None:
    """As for any edit."""
    entry_id = edited(session)

    with pytest.raises(ChangedMeanwhileError):
        restore_version(session, ADMIN, entry_id, 1, base_version=2)


@pytest.mark.parametrize("number", [4, -1])
def test_a_version_that_is_not_there_is_named(session: Session, number: int) -> None:
    """An old or forged button."""
    entry_id = edited(session)

    with pytest.raises(VersionMissingError, match=str(number)):
        compare_versions(session, ADMIN, entry_id, number, 1)
