"""Admins add, edit, retire and restore entries."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import AuditEvent, EntryStatus, Origin, RoleGrant
from bot.errors import (
    ChangedMeanwhileError,
    EntryMissingError,
    KnowledgeError,
    NotAllowedError,
    UnfitEntryError,
)
from bot.services.editing import (
    add_entry,
    edit_entry,
    read_entry,
    read_entry_by_id,
    restore_entry,
    retire_entry,
)
from bot.services.knowledge_index import current_revision, read_entries
from tests.factories import create_draft
from tests.services.curating import (
    ADMIN,
    FARMER,
    FIELDS,
    OFFICER,
    OTHER_ADMIN,
    grant,
    staff,
    store,
)

#: A moment of this year elsewhere, and the day that it is in Sri Lanka.
NIGHT, TODAY = datetime(2026, 12, 31, 20, tzinfo=UTC), date(2027, 1, 1)


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still shortly after a midnight."""
    monkeypatch.setattr("bot.services.editing.utc_now", lambda: NIGHT)


def audited(session: Session) -> list[tuple[str, str, str]]:
    """The audit trail: who, what, to what."""
    rows = session.execute(
        select(AuditEvent.actor, AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.id)
    )
    return [(actor, action, subject) for actor, action, subject in rows]


@pytest.mark.usefixtures("night")
def test_an_added_entry_is_published_and_recorded(session: Session) -> None:
    """With a key that can be read aloud, today's date, no grade, and who wrote it."""
    staff(session)

    added = add_entry(session, ADMIN, FIELDS)

    assert added.draft.key == "paddy.kideva_gehuvama_mokada_karanne"
    assert (added.draft.grade, added.draft.reviewed_on) == ("none", TODAY)
    assert (added.version, added.origin) == (1, Origin.CURATOR)
    assert added.changed_by == f"telegram:{ADMIN}"
    assert audited(session) == [(str(ADMIN), "add entry", f"entry {added.draft.key}")]
    assert [entry.answer for entry in read_entries(session)] == [FIELDS["answer"]]


def test_keys_that_are_made_differ(session: Session) -> None:
    """Two entries may have the same title."""
    staff(session)
    first = add_entry(session, ADMIN, FIELDS)

    second = add_entry(session, ADMIN, FIELDS | {"phrasings": ["වෙන ප්‍රශ්නයක්"]})

    assert second.draft.key == f"{first.draft.key}_2"


@pytest.mark.parametrize("title", ["🌾 123 ???", "நெல்", "x" * 290])
def test_a_key_can_be_made_of_any_title(session: Session, title: str) -> None:
    """Whatever is left of it."""
    staff(session)

    assert add_entry(session, ADMIN, FIELDS | {"title": title}).draft.key.startswith("paddy.")


def test_every_fault_of_an_entry_is_told_at_once(session: Session) -> None:
    """By field, in words and as a kind that can be said in Sinhala."""
    staff(session)
    wrong = {"area": "Paddy!", "title": "", "answer": "ක" * 3501, "phrasings": [], "source": " "}

    with pytest.raises(KnowledgeError) as refused:
        add_entry(session, ADMIN, {**wrong, "key": "a.one"})

    assert {(fault.field, fault.kind) for fault in refused.value.faults} == {
        ("area", "string_pattern_mismatch"),
        ("title", "string_too_short"),
        ("answer", "string_too_long"),
        ("phrasings", "too_short"),
        ("source", "string_too_short"),
    }


def test_a_key_in_use_is_refused(session: Session) -> None:
    """Adding never overwrites."""
    staff(session)
    store(session, create_draft("a.one"))

    with pytest.raises(KnowledgeError, match="is in use"):
        add_entry(session, ADMIN, {**FIELDS, "key": "a.one"})


def test_a_question_of_another_entry_is_refused_with_its_key(session: Session) -> None:
    """One question must not lead to two answers."""
    staff(session)
    store(session, create_draft("a.one", phrasings=("kidewa gahala",)))

    with pytest.raises(KnowledgeError, match=r"belongs to a\.one"):
        add_entry(session, ADMIN, FIELDS)


@pytest.mark.usefixtures("night")
def test_an_edit_is_a_version_of_its_own(session: Session) -> None:
    """The entry is the admin's from now on, and counts as reviewed today."""
    staff(session)
    before = store(session, create_draft("a.one"))

    after = edit_entry(session, ADMIN, before.entry_id, 1, {"answer": "අලුත් උත්තරය."})

    assert (after.version, after.draft.answer) == (2, "අලුත් උත්තරය.")
    assert (after.origin, after.draft.reviewed_on) == (Origin.CURATOR, TODAY)
    assert audited(session) == [(str(ADMIN), "edit entry", "entry a.one")]


def test_an_edit_that_changes_nothing_makes_no_version(session: Session) -> None:
    """Pressing save twice is harmless."""
    staff(session)
    before = store(session, create_draft("a.one"))
    revision = current_revision(session)

    assert edit_entry(session, ADMIN, before.entry_id, 1, {"answer": before.draft.answer}) == before
    assert current_revision(session) == revision


def test_the_second_of_two_admins_is_told_of_the_firsts_change(
    sessions: sessionmaker[Session],
) -> None:
    """Both were shown version 1; what the first wrote stays, the second may begin anew."""
    with transaction(sessions) as session:
        staff(session)
        shown = store(session, create_draft("a.one"))
    with transaction(sessions) as session:
        edit_entry(session, ADMIN, shown.entry_id, shown.version, {"answer": "පළමු."})

    with pytest.raises(ChangedMeanwhileError) as refused, transaction(sessions) as session:
        edit_entry(session, OTHER_ADMIN, shown.entry_id, shown.version, {"answer": "දෙවැනි."})

    assert refused.value.values == {"entry": "a.one", "version": 2}
    with transaction(sessions) as session:
        now = read_entry(session, OTHER_ADMIN, "a.one")
        assert (now.draft.answer, now.changed_by) == ("පළමු.", f"telegram:{ADMIN}")
        edit_entry(session, OTHER_ADMIN, now.entry_id, now.version, {"source": "දෙවැනි"})
        assert read_entry(session, ADMIN, "a.one").draft.answer == "පළමු."


def test_a_retired_entry_is_found_no_more_until_it_is_restored(session: Session) -> None:
    """Both are versions; doing either twice changes nothing."""
    staff(session)
    before = store(session, create_draft("a.one"))

    for _ in range(2):
        assert retire_entry(session, ADMIN, before.entry_id, before.version).version == 2
    assert list(read_entries(session)) == []

    for _ in range(2):
        assert restore_entry(session, OTHER_ADMIN, before.entry_id).state.version == 3
    assert [entry.key for entry in read_entries(session)] == ["a.one"]


def test_restoring_leaves_to_others_what_they_have_taken_over(session: Session) -> None:
    """And says what that was."""
    staff(session)
    old = store(session, create_draft("a.old", phrasings=("පොදු එක", "තමන්ගේ එක")))
    retire_entry(session, ADMIN, old.entry_id, 1)
    add_entry(session, ADMIN, FIELDS | {"phrasings": ["පොදු එක"]})

    restored = restore_entry(session, ADMIN, old.entry_id)

    assert restored.left_out == ("පොදු එක",)
    assert restored.state.draft.phrasings == ("තමන්ගේ එක",)


def test_an_entry_without_any_question_of_its_own_is_not_restored(session: Session) -> None:
    """Nobody could find it; the owner is named."""
    staff(session)
    old = store(session, create_draft("a.old", phrasings=("පොදු එක",)))
    retire_entry(session, ADMIN, old.entry_id, 1)
    store(session, create_draft("a.new", phrasings=("පොදු එක",)))

    with pytest.raises(KnowledgeError, match=r"belongs to a\.new"):
        restore_entry(session, ADMIN, old.entry_id)


@pytest.mark.parametrize(
    "act",
    [
        lambda session, state: retire_entry(session, ADMIN, state.entry_id, state.version),
        lambda session, state: restore_entry(session, ADMIN, state.entry_id),
    ],
)
def test_a_draft_is_neither_retired_nor_restored(session: Session, act: Callable) -> None:
    """It is approved or rejected."""
    staff(session)
    draft = store(session, create_draft("a.one", status=EntryStatus.DRAFT.value))

    with pytest.raises(UnfitEntryError, match=r"a\.one"):
        act(session, draft)


def test_missing_entries_are_named(session: Session) -> None:
    """By key or by number."""
    staff(session)

    with pytest.raises(EntryMissingError, match=r"no\.such"):
        read_entry(session, ADMIN, "no.such")
    with pytest.raises(EntryMissingError, match="99"):
        edit_entry(session, ADMIN, 99, 1, {"answer": "x"})


def test_an_admin_who_was_removed_changes_nothing_more(session: Session) -> None:
    """At once, not at the next start."""
    grant(session, ADMIN)
    shown = store(session, create_draft("a.one"))
    session.scalars(select(RoleGrant)).one().revoked_at = utc_now()

    with pytest.raises(NotAllowedError):
        edit_entry(session, ADMIN, shown.entry_id, 1, {"answer": "x"})


def test_officers_read_entries_and_farmers_do_not(session: Session) -> None:
    """Officers use entries to answer."""
    staff(session)
    shown = store(session, create_draft("a.one"))

    assert read_entry_by_id(session, OFFICER, shown.entry_id) == shown
    with pytest.raises(NotAllowedError):
        read_entry(session, FARMER, "a.one")
