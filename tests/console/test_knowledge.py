"""The knowledge base in the console: looking and editing."""

import re
from typing import Any

import pytest

from bot.bootstrap import Services
from bot.db.engine import reading, transaction
from bot.services.editing import EntryState, edit_entry, read_entry
from bot.services.revising import to_text
from tests.console.asking import ADMIN, OTHER_ADMIN, TEXTS, Guest
from tests.factories import BLAST, UREA
from tests.services.curating import FIELDS

EDIT = "/knowledge/1/edit"


def entry(services: Services, key: str = "paddy.blast") -> EntryState:
    """An entry as it stands."""
    with reading(services.sessions) as session:
        return read_entry(session, ADMIN, key)


def change(services: Services, **changes: Any) -> None:
    """Let another admin change the first entry on Telegram."""
    state = entry(services)
    with transaction(services.sessions) as session:
        edit_entry(session, OTHER_ADMIN, state.entry_id, state.version, changes)


def as_form(services: Services, **changes: str) -> dict[str, str]:
    """The first entry's form with some of it rewritten."""
    return {**to_text(entry(services).draft), **changes}


async def test_entries_are_listed_with_what_they_are(officer: Guest) -> None:
    """Officers see all of them, a page at a time."""
    page = await officer.open("/knowledge")

    assert {"paddy.blast", "paddy.urea", "paddy.rats"} <= set(re.findall(r"paddy\.\w+", page.text))


async def test_an_area_is_shown_by_its_name(services: Services, officer: Guest) -> None:
    """The key stays in addresses and forms."""
    change(services, area="paddy_pests")

    page = await officer.open("/knowledge?area=paddy_pests")

    assert officer.says("area.paddy_pests")
    assert 'value="paddy_pests" selected' in page.text
    assert ">paddy_pests<" not in page.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [("area=paddy", True), ("area=fruit", False), ("status=retired", False), ("page=9", True)],
)
async def test_a_list_can_be_narrowed(officer: Guest, query: str, shown: bool) -> None:
    """By area and by status; beyond the last page is the last."""
    page = await officer.open(f"/knowledge?{query}")

    assert ('href="/knowledge/1"' in page.text) is shown


@pytest.mark.parametrize("words", ["blast", "ගොයමේ කොළ පාළු", "goyame kola palu rogayata"])
async def test_entries_are_found_by_key_words_and_sound(officer: Guest, words: str) -> None:
    """What farmers would find, curators find too."""
    page = await officer.open(f"/knowledge?q={words}")

    assert 'href="/knowledge/1"' in page.text


async def test_a_question_can_be_tried_beside_an_entry(officer: Guest) -> None:
    """The matches, their scores and the decision are shown."""
    page = await officer.open(f"/knowledge/1?try={UREA}")

    assert officer.says("console.decision.answer")
    assert "/knowledge/key/paddy.urea" in page.text


@pytest.mark.parametrize("path", [EDIT, "/drafts", "/drafts/1", "/knowledge/1/history"])
async def test_officers_are_refused_what_is_for_admins(officer: Guest, path: str) -> None:
    """The service says no, whatever the menu shows."""
    page = await officer.open(path)

    assert page.status_code == 403
    assert officer.says("console.refusal.not_allowed_admin")


@pytest.mark.parametrize("act", ["retire", "restore", "restore-version", "edit"])
async def test_officers_cannot_send_an_admins_form(
    services: Services, officer: Guest, act: str
) -> None:
    """A forged form changes nothing."""
    await officer.open("/account")
    mark = officer.hidden("/sign-out")
    fields = {**mark, "version": "1", "base": "1", "number": "1", "act": "save"}

    page = await officer.client.post(f"/knowledge/1/{act}", data={**fields, **as_form(services)})

    assert page.status_code == 403
    assert entry(services).version == 1


async def test_an_edit_is_saved_and_seen(services: Services, admin: Guest) -> None:
    """Only what was touched counts as changed: nothing else is reviewed anew."""
    reviewed_on = entry(services).draft.reviewed_on
    await admin.open(EDIT)

    await admin.submit(EDIT, act="save", **as_form(services, title="කොළ පාළුව"))

    assert admin.says("console.done.saved")
    assert entry(services).draft.title == "කොළ පාළුව"
    assert entry(services).draft.reviewed_on == reviewed_on


async def test_a_preview_shows_the_change_and_saves_nothing(
    services: Services, admin: Guest
) -> None:
    """What goes is struck out, what comes stands beside it."""
    await admin.open(EDIT)

    page = await admin.submit(EDIT, act="preview", **as_form(services, answer="අලුත් උත්තරය."))

    assert re.search(r"<ins[^>]*>.*අලුත් උත්තරය\.</ins>", page.text)
    assert entry(services).version == 1


async def test_a_preview_warns_of_an_entry_that_is_alike(services: Services, admin: Guest) -> None:
    """A question that another entry answers already is not answered twice."""
    await admin.open(EDIT)
    asked = as_form(services, phrasings=f"{BLAST}\nගොයමට යූරියා දාන්නේ කවදද කියන්න")

    page = await admin.submit(EDIT, act="preview", **asked)

    assert admin.says("console.near")
    assert 'href="/knowledge/2"' in page.text


async def test_a_question_is_tried_before_and_after_the_change(
    services: Services, admin: Guest
) -> None:
    """A new phrasing is searched before anybody has saved it."""
    await admin.open(EDIT)
    asked = as_form(services, phrasings=f"{BLAST}\nxyzzy plugh")

    page = await admin.submit(EDIT, act="try", **asked, **{"try": "xyzzy plugh"})

    after, before = page.text.split(TEXTS.text("console.try.before", "en"))
    assert TEXTS.text("console.decision.answer", "en") in after
    assert TEXTS.text("console.decision.fallback", "en") in before


@pytest.mark.parametrize("act", ["try", "live"])
async def test_an_entry_that_is_not_saved_yet_is_tried_too(admin: Guest, act: str) -> None:
    """It has no key, and no page to lead to."""
    await admin.open("/knowledge/new")

    page = await admin.submit("/knowledge/new", act=act, **as_new(), **{"try": FIELDS["title"]})

    assert admin.says("console.try.own")
    assert "/knowledge/key/new" not in page.text


async def test_faults_are_named_and_nothing_typed_is_lost(services: Services, admin: Guest) -> None:
    """All at once, each with its field."""
    await admin.open(EDIT)

    page = await admin.submit(
        EDIT, act="save", **as_form(services, answer="", phrasings=UREA, area="නෑ")
    )

    assert page.status_code == 422
    assert admin.says("fault.string_too_short")
    assert admin.says("fault.taken", text=UREA, entry="paddy.urea") or UREA in page.text
    assert 'value="නෑ"' in page.text
    assert entry(services).version == 1


async def test_the_second_of_two_editors_sees_the_firsts_change(
    services: Services, admin: Guest
) -> None:
    """Neither is lost: what the second left alone is as the first left it."""
    await admin.open(EDIT)
    written = as_form(services, answer="දෙවැනියාගේ උත්තරය.")
    change(services, title="පළමුවැනියාගේ නම")

    page = await admin.submit(EDIT, act="save", **written)

    assert page.status_code == 409
    assert "පළමුවැනියාගේ නම</ins>" in page.text
    assert "දෙවැනියාගේ උත්තරය." in page.text
    assert 'name="title" value="පළමුවැනියාගේ නම"' in page.text
    assert entry(services).version == 2

    await admin.submit(EDIT, act="save", **{**written, "title": "පළමුවැනියාගේ නම"})

    assert entry(services).draft.title == "පළමුවැනියාගේ නම"
    assert entry(services).draft.answer == "දෙවැනියාගේ උත්තරය."


async def test_two_editors_of_one_list_keep_both_their_lines(
    services: Services, admin: Guest
) -> None:
    """What either added is there, what either took out is gone."""
    await admin.open(EDIT)
    written = as_form(services, phrasings=f"{BLAST}\nදෙවැනියාගේ පේළිය")
    change(services, phrasings=[BLAST, "කොළවල ලප", "පළමුවැනියාගේ පේළිය"])

    page = await admin.submit(EDIT, act="save", **written)

    lines = page.text.split('name="phrasings"')[1].split("</textarea>")[0]
    assert "පළමුවැනියාගේ පේළිය" in lines
    assert "දෙවැනියාගේ පේළිය" in lines
    assert "කොළවල ලප" not in lines


async def test_when_both_changed_one_field_it_is_named(services: Services, admin: Guest) -> None:
    """The second decides with both texts in sight."""
    await admin.open(EDIT)
    written = as_form(services, answer="දෙවැනියාගේ උත්තරය.")
    change(services, answer="පළමුවැනියාගේ උත්තරය.")

    page = await admin.submit(EDIT, act="save", **written)

    assert admin.says("console.editor.clashes")
    assert "පළමුවැනියාගේ උත්තරය.</ins>" in page.text


async def test_an_entry_is_retired_and_brought_back(services: Services, admin: Guest) -> None:
    """Nothing is deleted."""
    await admin.open("/knowledge/1")
    await admin.submit("/knowledge/1/retire")
    assert entry(services).draft.status == "retired"

    await admin.submit("/knowledge/1/restore")

    assert entry(services).draft.status == "published"


async def test_history_shows_each_change_and_brings_a_version_back(
    services: Services, admin: Guest
) -> None:
    """As a new version: what was in between stays on record."""
    change(services, answer="වැරදි උත්තරය.")
    page = await admin.open("/knowledge/1/history")
    assert "වැරදි උත්තරය.</ins>" in page.text

    await admin.open("/knowledge/1/history?version=1")
    await admin.submit("/knowledge/1/restore-version")

    assert entry(services).version == 3
    assert "වැරදි" not in entry(services).draft.answer


async def test_an_admin_adds_an_entry(services: Services, admin: Guest) -> None:
    """Its key is made of the area and the question."""
    await admin.open("/knowledge/new")

    await admin.submit("/knowledge/new", act="save", **as_new())

    assert admin.says("console.done.added")
    assert FIELDS["answer"] in admin.page.text


async def test_a_new_entry_that_looks_like_another_is_saved_at_the_second_press(
    services: Services, admin: Guest
) -> None:
    """The first shows which entries are alike."""
    await admin.open("/knowledge/new")
    urea = "ගොයමට යූරියා දාන්නේ කවදද"
    made = {**as_new(), "title": urea, "phrasings": urea}
    del made["seen"]

    page = await admin.submit("/knowledge/new", act="save", **made)
    assert admin.says("console.near")
    assert 'href="/knowledge/2"' in page.text
    await admin.submit("/knowledge/new", act="save", **made)

    assert admin.says("console.done.added")


async def test_an_officers_entry_waits_for_an_admin(
    services: Services, officer: Guest, admin: Guest
) -> None:
    """It is proposed, and farmers do not see it yet."""
    await officer.open("/knowledge/new")
    await officer.submit("/knowledge/new", act="save", **as_new())
    assert officer.says("console.done.proposed")

    page = await admin.open("/drafts")

    assert str(FIELDS["title"]) in page.text


async def test_a_phrasing_of_another_entry_cannot_be_proposed(officer: Guest) -> None:
    """The officer is told whose it is."""
    await officer.open("/knowledge/1")

    page = await officer.submit("/knowledge/1/propose", phrasing=UREA)

    assert page.status_code == 422
    assert "paddy.urea" in page.text


@pytest.mark.parametrize(
    "path", ["/knowledge/99", "/knowledge/99999999999999999999", "/knowledge/key/no", "/drafts/9"]
)
async def test_what_is_not_there_is_said(admin: Guest, path: str) -> None:
    """An old link leads to a kind page."""
    assert (await admin.open(path)).status_code == 404


async def test_what_people_typed_is_never_markup(services: Services, admin: Guest) -> None:
    """Neither in an entry nor in what was searched for."""
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    change(services, title=evil, answer=evil, phrasings=[BLAST, evil], source=evil)

    paths = ("/knowledge", "/knowledge/1", EDIT, "/knowledge/1/history", f"/knowledge?q={evil}")
    for path in paths:
        page = await admin.open(path)
        assert "&lt;script&gt;alert" in page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


def as_new() -> dict[str, Any]:
    """What is typed into the form for a new entry."""
    return {**FIELDS, "phrasings": "\n".join(FIELDS["phrasings"]), "grade": "none", "seen": "1"}
