"""What admins' dialogues keep, and saving it."""

import pytest
from sqlalchemy.orm import Session

from bot.db.models import Dialogue
from bot.errors import ChangedMeanwhileError, KnowledgeError, StaleButtonError
from bot.services.admin_dialogues import enter, read_edit, save_added, save_edited
from bot.services.browsing import list_areas
from bot.services.editing import edit_entry
from tests.factories import create_draft
from tests.services.curating import ADMIN, FIELDS, OTHER_ADMIN, staff, store


def test_a_preview_is_saved_once(session: Session) -> None:
    """The second press finds nothing; the dialogue is over."""
    staff(session)
    enter(session, ADMIN, "add", "preview", FIELDS, 7)

    assert save_added(session, ADMIN, 7).version == 1

    assert session.get(Dialogue, ADMIN) is None
    with pytest.raises(StaleButtonError):
        save_added(session, ADMIN, 7)


@pytest.mark.parametrize(
    ("name", "step", "update_id"),
    [("add", "preview", 8), ("add", "answer", 7), ("edit", "preview", 7)],
)
def test_a_button_of_another_moment_saves_nothing(
    session: Session, name: str, step: str, update_id: int
) -> None:
    """An earlier preview, another step, another dialogue."""
    staff(session)
    enter(session, ADMIN, name, step, FIELDS, update_id)

    with pytest.raises(StaleButtonError):
        save_added(session, ADMIN, 7)


def test_what_cannot_be_saved_leaves_the_dialogue_where_it_is(session: Session) -> None:
    """The person mends it and goes on."""
    staff(session)
    store(session, create_draft("a.one", phrasings=FIELDS["phrasings"]))
    enter(session, ADMIN, "add", "preview", FIELDS, 7)

    with pytest.raises(KnowledgeError):
        save_added(session, ADMIN, 7)
    assert session.get_one(Dialogue, ADMIN).step == "preview"


def test_two_admins_add_phrasings_to_one_entry(session: Session) -> None:
    """The second is told of the first, and saves on top of it: nothing is lost."""
    staff(session)
    shown = store(session, create_draft("a.one", phrasings=("එක", "දෙක")))
    change = {"entry_id": shown.entry_id, "field": "phrasings", "remove": ["දෙක"]}
    enter(session, ADMIN, "edit", "preview", {**change, "add": ["තුන"], "version": 1}, 7)
    enter(session, OTHER_ADMIN, "edit", "preview", {**change, "add": ["හතර"], "version": 1}, 8)
    save_edited(session, ADMIN, 7)

    with pytest.raises(ChangedMeanwhileError):
        save_edited(session, OTHER_ADMIN, 8)
    enter(session, OTHER_ADMIN, "edit", "preview", {**change, "add": ["හතර"], "version": 2}, 9)
    saved = save_edited(session, OTHER_ADMIN, 9)

    assert saved.draft.phrasings == ("එක", "තුන", "හතර")


def test_an_edit_is_shown_against_the_entry_as_it_is_now(session: Session) -> None:
    """Not as it was when the dialogue began."""
    staff(session)
    shown = store(session, create_draft("a.one"))
    edit_entry(session, OTHER_ADMIN, shown.entry_id, 1, {"answer": "අලුත්ම උත්තරය."})

    data = {"entry_id": shown.entry_id, "field": "answer", "value": "මගේ උත්තරය."}
    edit = read_edit(session, ADMIN, data)

    assert (edit.state.draft.answer, edit.value) == ("අලුත්ම උත්තරය.", "මගේ උත්තරය.")


def test_areas_come_largest_first(session: Session) -> None:
    """As most new entries belong there."""
    staff(session)
    store(
        session,
        create_draft("a.one", area="a"),
        create_draft("b.one", area="b"),
        create_draft("b.two", area="b"),
    )

    assert list_areas(session, ADMIN) == ["b", "a"]
