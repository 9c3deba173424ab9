"""/edit, /retire, /restore, /find and /history."""

import pytest

from bot.db.engine import transaction
from bot.handlers.curation import versions
from bot.services import dialogues
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, count_versions, in_dialogue, label, stored, text
from tests.journeys.serving import BLAST, BLAST_ANSWER, UNKNOWN, Govi
from tests.journeys.team import dismiss

ANSWER = "අලුත් උත්තරය: නයිට්‍රජන් අඩු කරන්න."


async def asked_for(chat: Chat, field: str) -> None:
    """Open paddy.blast and pick a field; its present value is shown last."""
    shown = await chat.sends("/edit paddy.blast")
    await chat.presses(shown.button(text(f"curate.field.{field}")), replies=2)


async def previewed(chat: Chat, field: str = "answer", value: str = ANSWER) -> Seen:
    """Give a field a new value; return the preview."""
    await asked_for(chat, field)
    return await chat.sends(value)


async def test_an_answer_is_edited_and_farmers_get_the_new_one(
    api: BotApi, govi: Govi, admin: Chat, asker: Chat
) -> None:
    """The old text is shown, then both, then it is saved as a new version."""
    await asked_for(admin, "answer")
    assert admin.answers()[-1].text == BLAST_ANSWER
    preview = await admin.sends(ANSWER)
    assert f"➖ {BLAST_ANSWER}" in preview.text
    assert f"➕ {ANSWER}" in preview.text

    saved = await admin.presses(preview.button(label("curate.save")))

    assert saved.text == text("curate.edit.saved", entry="paddy.blast", version=2)
    await api.until(lambda: not govi.services.index.refresh())
    assert (await asker.sends(BLAST)).text == ANSWER


async def test_the_second_of_two_admins_sees_the_firsts_change_and_loses_nothing(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """Nothing is overwritten unseen; saving again puts both changes into the entry."""
    mine = await previewed(admin, "title", "Blast of rice")
    theirs = await previewed(other_admin)
    await other_admin.presses(theirs.button(label("curate.save")))

    again = await admin.presses(mine.button(label("curate.save")), replies=2)

    conflict = admin.answers()[-2]
    assert text("curate.edit.conflict", name="Person 2", version=2) in conflict.text
    assert f"➕ {ANSWER}" in conflict.text
    await admin.presses(again.button(label("curate.save")))
    entry = stored(govi, admin.person, "paddy.blast")
    assert (entry.version, entry.draft.answer, entry.draft.title) == (3, ANSWER, "Blast of rice")


async def test_who_wanted_what_another_has_done_may_send_something_else(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """Nothing is left to press, so no press is waited for."""
    mine, theirs = [await previewed(chat) for chat in (admin, other_admin)]
    await other_admin.presses(theirs.button(label("curate.save")))

    told = await admin.presses(mine.button(label("curate.save")), replies=2)

    assert told.text == text("curate.edit.nothing")
    preview = await admin.sends("තව උත්තරයක්.")
    assert "➕ තව උත්තරයක්." in preview.text
    await admin.presses(preview.button(label("curate.save")))
    assert stored(govi, admin.person, "paddy.blast").version == 3


async def test_phrasings_are_added_and_taken_out_by_line(govi: Govi, admin: Chat) -> None:
    """A minus and a number takes one out; every other line is added."""
    preview = await previewed(admin, "phrasings", "පාළුව ආවම\n-2\n paluwa awama ")

    await admin.presses(preview.button(label("curate.save")))

    assert stored(govi, admin.person, "paddy.blast").draft.phrasings == (
        BLAST, "පාළුව ආවම", "paluwa awama",
    )  # fmt: skip


async def test_an_entry_that_asks_the_same_is_shown_before_saving(govi: Govi, admin: Chat) -> None:
    """As when adding; the entry itself is not named as its own double."""
    preview = await previewed(admin, "phrasings", "පොල් මයිටා හානිය නවත්තන්නේ කොහොමද කියන්න")

    assert text("curate.near") in preview.text
    assert "coconut.mites" in preview.text
    assert "🔑 paddy.blast" not in preview.text


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("answer", "ක" * 3501, text("fault.string_too_long", max_length=3500)),
        ("grade", "Z", text("fault.literal_error", expected="'A', 'B', 'M' or 'none'")),
        ("valid_until", "හෙට", text("fault.date")),
        ("area", "වී", text("fault.string_pattern_mismatch")),
        (
            "phrasings", "මිරිස් මයිටා හානිය නවත්තන්නේ කොහොමද",
            text("fault.taken", text="මිරිස් මයිටා හානිය නවත්තන්නේ කොහොමද", entry="chilli.mites"),
        ),
        ("phrasings", "-1\n-2", text("fault.too_short")),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_told_and_asked_for_again(
    govi: Govi, admin: Chat, field: str, value: str, fault: str
) -> None:
    """In Sinhala; the dialogue stays where it is."""
    await asked_for(admin, field)

    refused = await admin.sends(value)

    assert fault in refused.text
    assert in_dialogue(govi, admin.person)
    assert stored(govi, admin.person, "paddy.blast").version == 1


@pytest.mark.parametrize(
    ("field", "value", "held"),
    [
        ("valid_until", "2027-03-31", "2027-03-31"),
        ("valid_until", "2027-04-30 ", "2027-04-30"),
        ("grade", "B", "B"),
        ("area", "PADDY_X", "paddy_x"),
    ],
)
async def test_short_fields_are_edited_too(
    govi: Govi, admin: Chat, field: str, value: str, held: str
) -> None:
    """Typed a little differently, they mean the same."""
    preview = await previewed(admin, field, value)
    await admin.presses(preview.button(label("curate.save")))

    assert str(getattr(stored(govi, admin.person, "paddy.blast").draft, field)) == held


async def test_an_edit_that_changes_nothing_is_not_previewed(govi: Govi, admin: Chat) -> None:
    """Something else is asked for."""
    told = await previewed(admin, "answer", BLAST_ANSWER)

    assert told.text == text("curate.edit.nothing")


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location", "document"])
@pytest.mark.parametrize("step", ["value", "preview"])
async def test_media_at_any_step_is_refused_kindly(
    api: BotApi, govi: Govi, admin: Chat, kind: str, step: str
) -> None:
    """Words are wanted; the step stays."""
    await asked_for(admin, "answer")
    if step == "preview":
        await admin.sends(ANSWER)

    media = (
        admin.person.sends_document("k.csv", b"key")
        if kind == "document"
        else getattr(admin.person, f"sends_{kind}")()
    )

    assert (await api.reply_to(media)).text == text("dialogue.words_only")
    assert in_dialogue(govi, admin.person)


async def test_an_admin_demoted_in_mid_edit_saves_nothing(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """The role is asked of the database at the press."""
    preview = await previewed(admin)
    dismiss(govi, admin.person)
    with transaction(govi.services.sessions) as session:  # an old dialogue may have survived
        data = {"entry_id": 1, "version": 1, "field": "answer", "value": ANSWER}
        update_id = int(preview.buttons[0].data.rpartition(":")[2])
        dialogues.enter(session, admin.person.id, "edit", "preview", data, update_id)

    told = await admin.is_told(preview.button(label("curate.save")))

    assert told == text("refusal.not_allowed_admin")
    assert count_versions(govi) == 1


@pytest.mark.parametrize("command", ["edit", "retire", "restore", "history"])
async def test_a_missing_key_gets_entries_that_may_be_meant(
    govi: Govi, admin: Chat, command: str
) -> None:
    """With a button that opens each."""
    told = await admin.sends(f"/{command} Paddy.Blas")

    assert text("curate.no_such_key", entry="paddy.blas") in told.text
    shown = await admin.presses(told.button("paddy.blast"))
    assert BLAST in shown.text


@pytest.mark.parametrize("command", ["edit", "retire", "restore", "history", "find", "try"])
async def test_a_command_alone_gets_its_usage(govi: Govi, admin: Chat, command: str) -> None:
    """With an example."""
    assert (await admin.sends(f"/{command}")).text == text(f"curate.{command}.usage")


async def test_a_retired_entry_answers_nobody_until_it_is_restored(
    api: BotApi, govi: Govi, admin: Chat, asker: Chat
) -> None:
    """Each is asked first; pressing yes twice does it once."""
    asked = await admin.sends("/retire paddy.blast")
    for _ in range(2):
        await admin.presses(asked.button(label("curate.retire.yes")))
    await api.until(lambda: not govi.services.index.refresh())
    assert (await asker.sends(BLAST)).text != BLAST_ANSWER

    asked = await admin.sends("/restore paddy.blast")
    for _ in range(2):
        await admin.presses(asked.button(label("curate.restore.yes")))
    await api.until(lambda: not govi.services.index.refresh())

    assert (await asker.sends(BLAST)).text == BLAST_ANSWER
    assert count_versions(govi) == 3


async def test_no_leaves_everything_as_it_is(govi: Govi, admin: Chat) -> None:
    """And the buttons go away."""
    asked = await admin.sends("/retire paddy.blast")

    assert await admin.is_told(asked.button(label("curate.no"))) == text("curate.kept")
    assert stored(govi, admin.person, "paddy.blast").draft.status == "published"


async def test_retiring_something_that_was_changed_meanwhile_is_refused(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """The admin saw another entry than there is now."""
    asked = await admin.sends("/retire paddy.blast")
    preview = await previewed(other_admin)
    await other_admin.presses(preview.button(label("curate.save")))

    told = await admin.is_told(asked.button(label("curate.retire.yes")))

    assert told == text("refusal.changed_meanwhile", entry="paddy.blast", version=2)


@pytest.mark.parametrize("words", ["blast", "පාළු", "kola palu rogayata mokada karanne"])
async def test_entries_are_found_by_key_words_and_meaning(
    govi: Govi, officer: Chat, words: str
) -> None:
    """Officers may look, and open what they found; they get no buttons to change it."""
    found = await officer.sends(f"/find {words}")

    shown = await officer.presses(found.button("paddy.blast"))

    assert BLAST_ANSWER in shown.text
    assert shown.buttons == []


async def test_nothing_found_is_said(govi: Govi, officer: Chat) -> None:
    """Kindly."""
    assert (await officer.sends(f"/find {UNKNOWN}")).text == text("curate.find.nothing")


async def test_an_entry_that_was_found_is_changed_from_there(govi: Govi, admin: Chat) -> None:
    """Edit, history and retire are one press away."""
    found = await admin.sends("/find paddy.blast")
    shown = await admin.presses(found.button("paddy.blast"))

    fields = await admin.presses(shown.button(label("curate.button.edit")))
    assert text("curate.edit.pick") in fields.text
    history = await admin.presses(shown.button(label("curate.button.history")))
    assert text("curate.history.heading", entry="paddy.blast") in history.text
    asked = await admin.presses(shown.button(label("curate.button.retire")))
    assert text("curate.retire.ask") in asked.text


async def test_history_tells_who_changed_what_and_brings_a_version_back(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """Each version with its difference; an older one becomes the newest."""
    preview = await previewed(other_admin)
    await other_admin.presses(preview.button(label("curate.save")))

    history = await admin.sends("/history paddy.blast")
    assert "Person 2" in history.text
    second = await admin.presses(history.button("v2"))
    assert f"➖ {BLAST_ANSWER}" in second.text
    first = await admin.presses(history.button("v1"))
    restoring = first.button(label("curate.history.restore"))
    restored = await admin.presses(restoring)

    assert restored.text == text("curate.restore.done", entry="paddy.blast", version=3)
    assert stored(govi, admin.person, "paddy.blast").draft.answer == BLAST_ANSWER
    told = await admin.is_told(restoring)
    assert told == text("refusal.changed_meanwhile", entry="paddy.blast", version=3)


async def test_a_long_history_comes_in_pages(
    govi: Govi, admin: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older ones are one press away."""
    monkeypatch.setattr(versions, "PAGE", 2)
    for number in range(3):
        preview = await previewed(admin, "source", f"මූලාශ්‍රය {number}")
        await admin.presses(preview.button(label("curate.save")))
    history = await admin.sends("/history paddy.blast")
    assert "v2 " not in history.text

    older = await admin.presses(history.button(label("curate.history.older")))

    assert "v2 ·" in older.text
    assert "v1 ·" in older.text


FORGED = [
    "k1:ef:1:99", "k1:ef:999:0", "k1:as:1", "k1:es:1", "k1:iy:1", "k1:aa:1:1", "k1:ac:1:1", "k1:ad",
    "k1:o:999", "k1:ry:999:1", "k1:sy:999", "k1:v:1:99", "k1:vr:1:99:1", "k1:h:999:0", "k1:do:9",
    "k1:dy:9:1", "k1:dy:9", "k1:dn:9", "k1:dc:9", "k1:dx:9", "k1:e:999", "k1:r:999", "k1:s:999",
    "k1:o", "k1:o:x", "k1:o:-1", "k1:o:1:1", "k2:o:1", "k1:", "k1:zz:1",
    f"k1:o:{'9' * 19}", "k" * 64,
]  # fmt: skip


@pytest.mark.parametrize("data", FORGED)
async def test_a_forged_button_gets_a_line_and_changes_nothing(
    api: BotApi, govi: Govi, admin: Chat, data: str
) -> None:
    """Whatever the numbers, an admin is answered and nothing fails."""
    shown = await admin.sends("/find paddy.blast")

    press_id = admin.person.presses_anything(data, dict(shown.raw))

    await api.until(lambda: bool(api.calls("answerCallbackQuery")))
    call = api.calls("answerCallbackQuery")[0]
    assert call.parameters["callback_query_id"] == press_id
    assert call.parameters.get("text")
    assert count_versions(govi) == 1


@pytest.mark.parametrize(
    "data", ["k1:o:1", "k1:e:1", "k1:ry:1:1", "k1:dy:1:1", "k1:h:1:0", "k1:d:0"]
)
async def test_a_farmer_who_forges_a_button_is_refused(
    api: BotApi, govi: Govi, asker: Chat, data: str
) -> None:
    """Every press asks for the role."""
    reply = await asker.sends(BLAST)

    asker.person.presses_anything(data, dict(reply.raw))

    await api.until(lambda: bool(api.calls("answerCallbackQuery")))
    told = api.calls("answerCallbackQuery")[0].parameters["text"]
    assert told in {text("refusal.not_allowed_admin"), text("refusal.not_allowed_officer")}
    assert count_versions(govi) == 1


@pytest.mark.parametrize(
    "command",
    ["edit paddy.blast", "retire paddy.blast", "restore paddy.blast", "history paddy.blast",
     "import", "export", "stats", "try x", "drafts", "add"],
)  # fmt: skip
async def test_officers_are_refused_what_admins_do(govi: Govi, officer: Chat, command: str) -> None:
    """Kindly, and at the command."""
    assert (await officer.sends(f"/{command}")).text == text("refusal.not_allowed_admin")


async def test_in_a_group_nothing_of_this_is_shown(api: BotApi, govi: Govi, admin: Chat) -> None:
    """Others would read it."""
    group = api.group(-1001)

    admin.person.sends("/edit@govi_bot paddy.blast", chat_id=group)

    await api.until(lambda: len(admin.person.sees(group)) == 2)
    assert admin.person.sees(group)[-1].text == text("refusal.private_only")
