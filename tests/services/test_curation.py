"""Importing, versioning and exporting entries."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Entry, EntryStatus, EntryVersion, Origin, Phrasing
from bot.errors import KnowledgeError
from bot.knowledge import EntryDraft
from bot.services.curation import (
    Change,
    ImportReport,
    export_entries,
    import_entries,
    load_entries,
    note_starter,
    preview_import,
    sync_starter,
    write_entries,
)
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


@pytest.mark.parametrize(
    ("name", "value"),
    [("keywords", ("ගොයම",)), ("source", "වෙන තැනකින්"), ("status", "draft"), ("checked", "ආයෙත්")],
)
def test_any_other_field_is_a_change(session: Session, name: str, value: object) -> None:
    """What farmers do not see is kept in versions too."""
    load(session, create_draft("a.one"))

    assert load(session, create_draft("a.one", **{name: value})) == (0, 1, 0)


def test_the_order_of_phrasings_is_no_change(session: Session) -> None:
    """A curator who sorts a list has changed nothing, however often it is imported."""
    load(session, create_draft("a.one", phrasings=("එක", "දෙක")))

    assert load(session, create_draft("a.one", phrasings=("දෙක", "එක"))) == (0, 0, 1)


def test_a_preview_says_what_an_import_would_do_and_writes_nothing(session: Session) -> None:
    """Not even a revision."""
    load(session, create_draft("a.one"), create_draft("a.two"))
    before = current_revision(session)
    drafts = [create_draft("a.one", answer="වෙනස්."), create_draft("a.two"), create_draft("a.new")]

    report = preview_import(session, drafts)

    assert report == ImportReport(added=("a.new",), changed=("a.one",), unchanged=("a.two",))
    assert not session.dirty
    assert not session.new
    assert current_revision(session) == before


def test_a_preview_names_what_farmers_would_get_again(session: Session) -> None:
    """A file without the column status publishes everything in it."""
    for key, status in (("a.one", "retired"), ("a.two", "published"), ("a.three", "draft")):
        load(session, create_draft(key, status=status))
    keys = ("a.one", "a.two", "a.three")

    report = preview_import(session, [create_draft(key, title="අලුත්") for key in keys])

    assert (report.changed, report.revived) == (keys, ("a.one", "a.three"))


def test_a_change_reads_no_other_entrys_phrasings(session: Session) -> None:
    """What a change costs does not depend on how much else there is."""
    load(session, *[create_draft(f"a.n{number}") for number in range(50)])
    session.expunge_all()

    load(session, create_draft("a.n7", answer="වෙනස්.", phrasings=("අලුත් එකක්",)))

    read = [row for row in session.identity_map.values() if isinstance(row, Phrasing)]
    assert len(read) <= 2


def test_more_entries_than_one_statement_holds_are_written(session: Session) -> None:
    """Databases limit the values of a statement; curators do not know that."""
    drafts = [create_draft(f"a.n{number}") for number in range(1100)]

    assert load(session, *drafts) == (1100, 0, 0)
    assert load(session, *drafts) == (0, 0, 1100)


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


def test_a_phrasing_is_of_who_brings_it_back(session: Session) -> None:
    """One that was there all the time stays of who brought it."""
    load(session, create_draft("a.one", phrasings=("එක", "දෙක")))
    load(session, create_draft("a.one", phrasings=("එක",)))

    again = create_draft("a.one", phrasings=("එක", "දෙක"))
    import_entries(session, [again], Origin.OFFICER, "test")

    origins = session.scalars(select(Phrasing.origin).order_by(Phrasing.id)).all()
    assert origins == [Origin.IMPORT, Origin.OFFICER]


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


@pytest.mark.parametrize("status", ["published", "draft"])
def test_a_phrasing_of_another_entry_is_refused(session: Session, status: str) -> None:
    """One question must not lead to two answers; joiners and case do not hide it."""
    load(session, create_draft("a.one", phrasings=("ක්‍රමය කියන්න Bg 352",), status=status))

    with pytest.raises(KnowledgeError, match=r"belongs to a\.one"):
        load(session, create_draft("a.two", phrasings=("ක්රමය කියන්න bg352!",)))


def test_a_phrasing_of_a_retired_entry_is_free(session: Session) -> None:
    """Whoever writes a withdrawn subject anew may use its questions."""
    load(session, create_draft("a.old", phrasings=("පොදු ප්‍රශ්නය", "වෙන එකක්")))
    load(session, create_draft("a.old", phrasings=("පොදු ප්‍රශ්නය", "වෙන එකක්"), status="retired"))

    load(session, create_draft("a.new", phrasings=("පොදු ප්‍රශ්නය",)))

    assert [(entry.key, entry.phrasings) for entry in read_entries(session)] == [
        ("a.new", ("පොදු ප්‍රශ්නය",))
    ]


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


def test_who_never_had_the_starter_is_noted_no_release_of_it(session: Session) -> None:
    """Whoever wants it later gets it."""
    note_starter(session, "v1")

    assert len(sync_starter(session, [create_draft("a.one")], "v1").added) == 1


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
    """What a curator gave to another entry stays there; who has nothing else is left out."""
    load(session, create_draft("own.entry", phrasings=("පොදු ප්‍රශ්නය",)))

    shipped = {"a.one": ("පොදු ප්‍රශ්නය", "වෙන එකක්"), "a.two": ("පොදු ප්‍රශ්නය!",)}
    drafts = [create_draft(key, phrasings=phrasings) for key, phrasings in shipped.items()]
    assert sync_starter(session, drafts, "v1").added == ("a.one",)

    owners = {entry.key: entry.phrasings for entry in read_entries(session)}
    assert owners == {"own.entry": ("පොදු ප්‍රශ්නය",), "a.one": ("වෙන එකක්",)}


def test_a_new_starter_keeps_what_its_entries_were_taught(session: Session) -> None:
    """A learnt phrasing survives the release, even where the release gives it to another entry."""
    starter = create_draft("a.one", phrasings=("පළමු එක",))
    sync_starter(session, [starter], "v1")
    learnt = starter.model_copy(update={"phrasings": ("පළමු එක", "ගොවියෙක් ඇසූ හැටි")})
    change = Change("telegram:42", Origin.OFFICER, takes_over=False)
    write_entries(session, [learnt], load_entries(session, ["a.one"]), change)

    newer = [
        create_draft("a.one", phrasings=("පළමු එක",), answer="අලුත් නිකුතුව."),
        create_draft("a.two", phrasings=("ගොවියෙක් ඇසූ හැටි", "දෙවැනි එක")),
    ]
    sync_starter(session, newer, "v2")

    entries = {entry.key: entry for entry in read_entries(session)}
    assert entries["a.one"].answer == "අලුත් නිකුතුව."
    assert entries["a.one"].phrasings == ("පළමු එක", "ගොවියෙක් ඇසූ හැටි")
    assert entries["a.two"].phrasings == ("දෙවැනි එක",)
