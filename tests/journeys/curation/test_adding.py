"""/add: an admin writes a new entry, and a farmer gets it."""

import pytest

from bot.db.models import Entry, Question
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, in_dialogue, label, stored, text
from tests.journeys.serving import BLAST, Govi

QUESTION = "දුඹුරු පැළ කීඩෑවාගෙන් බේරෙමුද"
ANSWER = "වතුර බහින්න අරින්න <දවස් තුනක්> & නිලධාරියාගෙන් අහන්න."
SOURCE = "කෘෂිකර්ම දෙපාර්තමේන්තුව, 2026"
KEY = "paddy.duburu_pela_kidevagen_beremuda"


async def previewed(admin: Chat) -> Seen:
    """Go through every step; return the preview."""
    await admin.sends("/add")
    await admin.sends(QUESTION)
    more = await admin.sends(ANSWER)
    assert more.text == text("curate.add.phrasings")
    await admin.sends("kidewa gahala\nදුඹුරු කීඩෑවා")
    told = await admin.sends("keedawa awa")
    assert told.text == text("curate.add.phrasings_taken", count=3)
    await admin.presses(told.button(label("curate.add.done")))
    area = await admin.sends(SOURCE)
    return await admin.presses(area.button("paddy"))


async def test_an_entry_is_written_step_by_step_and_answers_at_once(
    api: BotApi, govi: Govi, admin: Chat, asker: Chat
) -> None:
    """Question, answer, more questions, source, area, preview, save: in Sinhala, no restart."""
    preview = await previewed(admin)
    for part in (QUESTION, ANSWER, "keedawa awa", SOURCE, "paddy"):
        assert part in preview.text

    saved = await admin.presses(preview.button(label("curate.save")))

    assert saved.text == text("curate.add.saved", entry=KEY)
    draft = stored(govi, admin.person, KEY).draft
    assert draft.phrasings == (QUESTION, "kidewa gahala", "දුඹුරු කීඩෑවා", "keedawa awa")
    assert (draft.answer, draft.source, draft.area) == (ANSWER, SOURCE, "paddy")
    await api.until(lambda: not govi.services.index.refresh())
    assert (await asker.sends("keedawa awa")).text == ANSWER
    assert len(govi.rows(Question)) == 1


async def test_more_questions_than_an_entry_holds_are_refused_when_they_come(
    govi: Govi, admin: Chat
) -> None:
    """Those before them stay, and the entry can be gone on with."""
    await admin.sends("/add")
    await admin.sends(QUESTION)
    await admin.sends(ANSWER)
    taken = await admin.sends("\n".join(f"kidewa {number}" for number in range(300)))

    refused = await admin.sends("\n".join(f"keedawa {number}" for number in range(300)))

    assert text("fault.too_long", max_length=500) in refused.text
    asking = await admin.presses(taken.button(label("curate.add.done")))
    assert asking.text == text("curate.add.source")


async def test_saving_twice_adds_one_entry(api: BotApi, govi: Govi, admin: Chat) -> None:
    """The second press finds the dialogue over."""
    saving = (await previewed(admin)).button(label("curate.save"))

    await admin.presses(saving)

    assert await admin.is_told(saving) == text("refusal.stale_button")
    assert len([entry for entry in govi.rows(Entry) if entry.title == QUESTION]) == 1


async def test_entries_that_look_alike_are_shown_before_saving(govi: Govi, admin: Chat) -> None:
    """After the question, and again under the preview; the admin decides."""
    await admin.sends("/add")
    await admin.sends("කොළ පාළු රෝගයට මොකද කරන්නේ කියන්න", replies=2)

    warning, asking = admin.answers()[-2:]
    assert text("curate.near") in warning.text
    assert "paddy.blast" in warning.text
    assert asking.text == text("curate.add.answer")
    await admin.sends(ANSWER)
    source = await admin.presses(admin.answers()[-1].button(label("curate.add.no_more")))
    assert source.text == text("curate.add.source")
    await admin.sends(SOURCE)
    preview = await admin.sends("paddy")
    assert "paddy.blast" in preview.text
    assert preview.button(label("curate.save"))


async def test_a_question_of_another_entry_cannot_be_saved_but_can_be_changed(
    govi: Govi, admin: Chat
) -> None:
    """The owner is named, there is no save button, and only the question is asked anew."""
    await admin.sends("/add")
    await admin.sends(BLAST, replies=2)
    more = await admin.sends(ANSWER)
    await admin.presses(more.button(label("curate.add.no_more")))
    await admin.sends(SOURCE)

    preview = await admin.sends("paddy")

    assert text("fault.taken", text=BLAST, entry="paddy.blast") in preview.text
    assert label("curate.save") not in [button.text for button in preview.buttons]
    await admin.presses(preview.button(text("curate.field.phrasings")))
    more = await admin.sends("kidewa gahala")
    again = await admin.presses(more.button(label("curate.add.done")))
    assert "paddy.blast" in again.text  # the question itself still belongs to the other entry
    await admin.presses(again.button(text("curate.field.title")))
    await admin.sends(QUESTION)
    assert text("fault.taken", text=BLAST, entry="paddy.blast") in admin.answers()[-1].text


@pytest.mark.parametrize(
    ("step", "wrong", "fault"),
    [
        (0, "🌾🌾", "fault.nothing_to_find"),
        (1, "ක" * 3501, "fault.string_too_long"),
        (2, f"හොඳ එක\n{'ක' * 301}", "fault.string_too_long"),
        (3, "ක" * 1001, "fault.string_too_long"),
        (4, "වී වගාව", "fault.string_pattern_mismatch"),
    ],
)
async def test_what_cannot_be_is_told_and_asked_for_again(
    govi: Govi, admin: Chat, step: int, wrong: str, fault: str
) -> None:
    """In Sinhala, at every step; what is right goes on from there."""
    await admin.sends("/add")
    right = [QUESTION, ANSWER, "kidewa gahala", SOURCE, "paddy"]
    for part in right[:step]:
        told = await admin.sends(part)
        if part == right[2]:
            await admin.presses(told.button(label("curate.add.done")))

    refused = await admin.sends(wrong)

    limits = {0: 300, 1: 3500, 2: 300, 3: 1000}
    assert text(fault, max_length=limits.get(step)) in refused.text
    went_on = await admin.sends(right[step])
    assert text("curate.faults", count=1) not in went_on.text


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location", "document"])
async def test_media_at_any_step_is_refused_kindly(
    api: BotApi, govi: Govi, admin: Chat, kind: str
) -> None:
    """Each step asks for words and stays where it is."""
    await admin.sends("/add")
    for part in (QUESTION, ANSWER):
        media = (
            admin.person.sends_document("k.csv", b"key")
            if kind == "document"
            else getattr(admin.person, f"sends_{kind}")()
        )
        assert (await api.reply_to(media)).text == text("dialogue.words_only")
        await admin.sends(part)

    assert admin.answers()[-1].text == text("curate.add.phrasings")


async def test_cancel_at_any_step_keeps_nothing(govi: Govi, admin: Chat) -> None:
    """Old buttons are out of date then."""
    preview = await previewed(admin)

    await admin.sends("/cancel")

    assert not in_dialogue(govi, admin.person)
    told = await admin.is_told(preview.button(label("curate.save")))
    assert told == text("refusal.stale_button")
    assert KEY not in [entry.key for entry in govi.rows(Entry)]


async def test_a_text_under_the_preview_is_no_answer_to_it(govi: Govi, admin: Chat) -> None:
    """A button is wanted."""
    await previewed(admin)

    assert (await admin.sends("ඔව්")).text == text("curate.press_a_button")


async def test_a_button_of_an_earlier_preview_saves_nothing(govi: Govi, admin: Chat) -> None:
    """Only what was shown last is saved."""
    first = await previewed(admin)
    changed = await admin.presses(first.button(text("curate.field.source")))
    assert changed.text == text("curate.add.source")
    await admin.sends("වෙන මූලාශ්‍රයක්")

    assert await admin.is_told(first.button(label("curate.save"))) == text("refusal.stale_button")


async def test_an_admin_may_write_in_english(govi: Govi, admin: Chat) -> None:
    """/language changes what the dialogue says."""
    languages = await admin.sends("/language")
    await admin.is_told(languages.button("English"))

    assert (await admin.sends("/add")).text == text("curate.add.title", "en")


@pytest.mark.parametrize("who", ["officer", "asker"])
async def test_adding_is_for_admins(govi: Govi, who: str, request: pytest.FixtureRequest) -> None:
    """Officers propose through their answers; farmers ask."""
    chat: Chat = request.getfixturevalue(who)

    assert (await chat.sends("/add")).text == text("refusal.not_allowed_admin")
    assert not in_dialogue(govi, chat.person)
