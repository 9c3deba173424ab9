"""Files of admins: planned, and taken in part by part."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import AuditEvent, EntryVersion
from bot.errors import KnowledgeError
from bot.knowledge_files import check_upload
from bot.services import importing
from bot.services.editing import read_entry
from bot.services.importing import accept_file, import_part, plan_import, read_all
from bot.services.knowledge_index import current_revision, read_entries
from tests.factories import create_draft
from tests.services.curating import ADMIN, staff, store


def test_a_file_in_parts_gives_what_it_would_give_whole(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phrasings move between its entries, each change is one version, repeating changes nothing."""
    monkeypatch.setattr(importing, "BATCH", 1)
    staff(session)
    store(
        session,
        create_draft("a.one", phrasings=("එක", "දෙක")),
        create_draft("a.two", phrasings=("තුන",)),
        create_draft("a.same"),
    )
    drafts = [
        create_draft("a.two", phrasings=("තුන", "දෙක")),
        create_draft("a.new", phrasings=("හතර",)),
        create_draft("a.one", phrasings=("එක",)),
        create_draft("a.same"),
    ]
    keys = frozenset(draft.key for draft in drafts)

    parts = plan_import(session, ADMIN, drafts)
    for part in (*parts, *parts):
        import_part(session, ADMIN, part, keys)

    assert [[draft.key for draft in part] for part in parts] == [["a.one"], ["a.two"], ["a.new"]]
    assert {entry.key: entry.phrasings for entry in read_entries(session)} == {
        "a.new": ("හතර",),
        "a.one": ("එක",),
        "a.same": create_draft("a.same").phrasings,
        "a.two": ("දෙක", "තුන"),
    }
    versions = session.scalars(select(EntryVersion).where(EntryVersion.version > 1)).all()
    assert len(versions) == 2
    assert plan_import(session, ADMIN, drafts) == []


def test_what_a_file_has_wrong_and_what_is_taken_are_told_together(session: Session) -> None:
    """Each with its line; an entry that is at fault itself may still lose its phrasings."""
    staff(session)
    store(
        session,
        create_draft("a.one", phrasings=("එක",)),
        create_draft("a.two", phrasings=("දෙක",)),
    )
    rows = [
        create_draft("a.two", phrasings=("තුන",)).model_dump(mode="json") | {"grade": "Z"},
        create_draft("a.new", phrasings=("දෙක", "හතර", "එක")).model_dump(mode="json"),
    ]
    checked = check_upload("k.jsonl", "\n".join(map(json.dumps, rows)).encode())

    with pytest.raises(KnowledgeError) as refused:
        accept_file(session, checked)

    assert [str(fault) for fault in refused.value.faults] == [
        "k.jsonl, line 1, grade: Input should be 'A', 'B', 'M' or 'none'",
        "k.jsonl, line 2, phrasings 3: 'එක' belongs to a.one",
    ]


def test_a_plan_writes_nothing(session: Session) -> None:
    """It is read again after every interruption."""
    staff(session)
    before = current_revision(session)

    plan_import(session, ADMIN, [create_draft("a.one")])

    assert current_revision(session) == before
    assert list(read_entries(session)) == []


def test_a_part_names_its_author(session: Session) -> None:
    """Like any other change."""
    staff(session)
    import_part(session, ADMIN, [create_draft("a.one")], frozenset({"a.one"}))

    assert read_entry(session, ADMIN, "a.one").changed_by == f"telegram:{ADMIN}"


def test_who_takes_entries_in_or_out_is_recorded(session: Session) -> None:
    """A part that changes nothing is none of it."""
    staff(session)
    for _ in range(2):
        import_part(session, ADMIN, [create_draft("a.one")], frozenset({"a.one"}))
    read_all(session, ADMIN)

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.actor, event.action, event.details) for event in events] == [
        (str(ADMIN), "import entries", "1 added, 0 changed"),
        (str(ADMIN), "export entries", None),
    ]
