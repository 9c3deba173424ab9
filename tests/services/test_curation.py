"""Importing, versioning and exporting entries."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Entry, EntryStatus, EntryVersion, Origin, Phrasing
from bot.errors import KnowledgeError
from bot.knowledge import EntryDraft
from bot.services.curation import export_entries, import_entries, sync_starter
from bot.services.knowledge_index import current_revision, read_entries
from tests.factories import create_draft


def load(session: Session, *drafts: EntryDraft, by: str = "test") -> tuple[int, int, int]:
    """Import and count what was added, changed and left."""
    report = import_entries(session, drafts, Origin.IMPORT, by)
    return len(report.added), len(report.changed), len(report.unchanged)


def test_importing_twice_changes_nothing(session: Session) -> None:
    """The second time every entry is unchanged, and the revision stays."""
    drafts = [create_draft("a.one"), create_draft("a.two")]
    assert load(session, *drafts) == (2, 0, 0)
    before = current_revision(session)

    assert load(session, *drafts) == (0, 0, 2)
    assert current_revision(session) == before


def test_a_change_makes_a_version_and_keeps_the_old_one(session: Session) -> None:
    """What an answer said before stays readable, with who changed it."""
    load(session, create_draft("a.one", answer="පරණ උත්තරය."))
    load(session, create_draft("a.one", answer="අලුත් උත්තරය."), by="kamala")

    versions = session.scalars(select(EntryVersion).order_by(EntryVersion.version)).all()
    assert [version.content["answer"] for version in versions] == ["පරණ උත්තරය.", "අලුත් උත්තරය."]
    assert versions[1].changed_by == "kamala"


def test_a_dropped_phrasing_is_retired_not_deleted(session: Session) -> None:
    """It leaves the index but not the database."""
    load(session, create_draft("a.one", phrasings=("පළමු එක", "දෙවැනි එක")))
    load(session, create_draft("a.one", phrasings=("දෙවැනි එක",)))

    rows = session.execute(select(Phrasing.text, Phrasing.retired_at.is_(None)).order_by("id"))
    assert [tuple(row) for row in rows] == [("පළමු එක", False), ("දෙවැනි එක", True)]


def test_a_phrasing_may_move_between_entries_of_one_import(session: Session) -> None:
    """Curators may cut two entries anew in one file."""
    load(session, create_draft("a.one", phrasings=("එක", "දෙක")), create_draft("a.two"))
    load(
        session,
        create_draft("a.one", phrasings=("එක",)),
        create_draft("a.two", phrasings=("දෙක",)),
    )

    owners = {entry.key: entry.phrasings for entry in read_entries(session)}
    assert owners == {"a.one": ("එක",), "a.two": ("දෙක",)}


def test_a_phrasing_of_another_entry_is_refused(session: Session) -> None:
    """One question must not lead to two answers; joiners and case do not hide it."""
    load(session, create_draft("a.one", phrasings=("ක්‍රමය කියන්න Bg 352",)))

    with pytest.raises(KnowledgeError, match=r"belongs to a\.one"):
        load(session, create_draft("a.two", phrasings=("ක්රමය කියන්න bg352!",)))


def test_retired_entries_leave_the_index(session: Session) -> None:
    """Only published entries are read for retrieval."""
    load(session, create_draft("a.one"), create_draft("a.two"))
    load(session, create_draft("a.two", status="retired"))

    assert [entry.key for entry in read_entries(session)] == ["a.one"]
    assert session.scalar(select(Entry.status).where(Entry.key == "a.two")) == EntryStatus.RETIRED


def test_only_entries_changed_since_a_revision_are_read(session: Session) -> None:
    """A running bot takes over the difference, not everything."""
    load(session, create_draft("a.one"), create_draft("a.two"))
    known = current_revision(session)
    load(session, create_draft("a.two", answer="වෙනස් උත්තරය."))

    assert [entry.key for entry in read_entries(session, since=known)] == ["a.two"]


def test_export_gives_back_what_was_imported(session: Session) -> None:
    """Every field of every entry survives, in the order of keys."""
    drafts = [create_draft("b.two", checked="වරක්"), create_draft("a.one", status="draft")]
    load(session, *drafts)

    assert export_entries(session) == sorted(drafts, key=lambda draft: draft.key)


def test_the_starter_is_loaded_once(session: Session) -> None:
    """The same release's knowledge twice does nothing."""
    assert len(sync_starter(session, [create_draft("a.one")], "v1").added) == 1

    assert sync_starter(session, [create_draft("a.one")], "v1").added == ()


def test_a_new_starter_replaces_what_nobody_touched(session: Session) -> None:
    """Untouched starter entries follow the release; a person's edit stays."""
    drafts = [create_draft("a.one"), create_draft("a.two")]
    sync_starter(session, drafts, "v1")
    load(session, create_draft("a.two", answer="අපේ උත්තරය."))

    newer = [create_draft(key, answer="අලුත් නිකුතුව.") for key in ("a.one", "a.two")]
    sync_starter(session, newer, "v2")

    answers = dict(session.execute(select(Entry.key, Entry.answer)).all())
    assert answers == {"a.one": "අලුත් නිකුතුව.", "a.two": "අපේ උත්තරය."}


def test_a_new_starter_never_takes_a_persons_phrasing(session: Session) -> None:
    """A phrasing that a curator gave to another entry stays there."""
    load(session, create_draft("own.entry", phrasings=("පොදු ප්‍රශ්නය",)))

    sync_starter(session, [create_draft("a.one", phrasings=("පොදු ප්‍රශ්නය", "වෙන එකක්"))], "v1")

    owners = {entry.key: entry.phrasings for entry in read_entries(session)}
    assert owners == {"own.entry": ("පොදු ප්‍රශ්නය",), "a.one": ("වෙන එකක්",)}
