"""Photos and voice notes: farmers send them, officers see them, nobody is named."""

import pytest

from bot.db.models import (
    Attachment,
    Escalation,
    EscalationState,
    Note,
    Question,
    QuestionState,
)
from bot.services import copies
from bot.testing.faults import too_many_requests
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, text
from tests.journeys.serving import BLAST, BLAST_ANSWER, UNKNOWN, Govi

POISONED = "මගේ මහත්තයා වස බීලා"


async def seen_by(officer: Chat) -> Seen:
    """Open the only escalation; what follows its message."""
    listed = await officer.sends("/queue")
    return await officer.presses(listed.button("#1"), replies=2)


@pytest.mark.parametrize("kind", ["photo", "voice"])
async def test_a_photo_or_a_voice_note_goes_to_the_officers(
    govi: Govi, nimal: Chat, officer: Chat, kind: str
) -> None:
    """The farmer hears the number; the officer gets the file anew under the farmer's number."""
    told = await nimal.after(1, getattr(nimal.person, f"sends_{kind}"))
    shown = await seen_by(officer)

    assert told.text == text(f"media.passed_on.{kind}", number=1).strip()
    assert kind in shown.raw
    assert shown.raw["caption"] == f"📥 #1 · {text('officer.farmer', number=1)}"
    assert "forward_origin" not in shown.raw


@pytest.mark.parametrize(("is_silent", "kind"), [(False, "video"), (True, "animation")])
async def test_a_video_goes_to_the_officers_with_or_without_sound(
    govi: Govi, nimal: Chat, officer: Chat, is_silent: bool, kind: str
) -> None:
    """Telegram calls a silent one an animation, and sends it as nothing else."""
    told = await nimal.after(1, lambda: nimal.person.sends_video(is_silent=is_silent))
    shown = await seen_by(officer)

    assert told.text == text("media.passed_on.file", number=1).strip()
    assert kind in shown.raw
    assert text(f"sent.{kind}") in officer.answers()[-2].text


async def test_a_reply_to_the_picture_itself_is_an_answer(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """It is what an officer who looks at it replies to first; nobody takes it for a question."""
    await nimal.after(1, nimal.person.sends_photo)
    shown = await seen_by(officer)

    preview = await officer.after(
        1, lambda: officer.person.sends("කොළ කපලා පුච්චන්න.", replying_to=shown)
    )
    await officer.presses(preview.button(text("officer.button.send")), replies=2)

    assert "කොළ කපලා පුච්චන්න." in (await nimal.sees_more(2)).text
    assert len(govi.rows(Question)) == 1


async def test_a_photo_without_words_is_called_a_photo(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """In the queue, where words would stand, and on the button that opens it."""
    await nimal.after(1, nimal.person.sends_photo)
    listed = await officer.sends("/queue")

    assert listed.text.splitlines()[-1] == text("sent.photo")
    assert listed.button(f"#1 {text('sent.photo')}")


async def test_an_album_is_one_matter(govi: Govi, nimal: Chat) -> None:
    """Three pictures get one reply, and one escalation holds them all; its caption names it."""
    for caption in ("", "මල් වැටෙනවා", ""):
        nimal.person.sends_photo(caption, album="a1")
    await nimal.sends("/mine", replies=2)

    assert len(govi.rows(Attachment)) == 3
    assert [each.text for each in govi.rows(Escalation)] == ["මල් වැටෙනවා"]
    assert len(govi.rows(Question)) == 1


async def test_each_caption_of_an_album_reaches_the_officers(govi: Govi, nimal: Chat) -> None:
    """The first one names it; what is under the others is a detail of it."""
    for caption in (UNKNOWN, "මේ මුල්", "මේ කොළ"):
        nimal.person.sends_photo(caption, album="a1")
    await nimal.sends("/mine", replies=2)

    assert [each.text for each in govi.rows(Escalation)] == [UNKNOWN]
    assert [(note.kind, note.text) for note in govi.rows(Note)] == [
        ("detail", "මේ මුල්"), ("detail", "මේ කොළ"),
    ]  # fmt: skip


async def test_a_caption_that_is_written_later_is_looked_up(govi: Govi, nimal: Chat) -> None:
    """Whoever forgot the words adds them to the photo, as /help says."""
    photo = nimal.person.sends_photo()
    await nimal.sees_more(1)

    answer = await nimal.after(1, lambda: nimal.person.edits(photo, BLAST))

    assert answer.text == BLAST_ANSWER
    assert [each.state for each in govi.rows(Escalation)] == [EscalationState.WITHDRAWN]


async def test_an_album_keeps_its_photos_when_its_caption_changes(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """They belong to the new words, and officers see them all."""
    first, *_ = [nimal.person.sends_photo(words, album="a1") for words in ("මල් වැටෙනවා", "", "")]
    await nimal.sees_more(1)

    await nimal.after(1, lambda: nimal.person.edits(first, UNKNOWN))

    question = govi.rows(Question)[-1]
    assert question.text == UNKNOWN
    assert [each.question_id for each in govi.rows(Attachment)].count(question.id) == 3


async def test_a_caption_is_looked_up_first(govi: Govi, nimal: Chat) -> None:
    """What is known is answered; nobody has to look at the picture."""
    answer = await nimal.after(1, lambda: nimal.person.sends_photo(BLAST))

    assert answer.text == BLAST_ANSWER
    assert govi.rows(Escalation) == []
    assert [each.kind for each in govi.rows(Attachment)] == ["photo"]


async def test_a_caption_of_what_nobody_looks_at_is_looked_up_too(govi: Govi, nimal: Chat) -> None:
    """Whoever wrote a question is not told to write one; a command there is none."""
    answer = await nimal.after(1, lambda: nimal.person.sends_document("a.pdf", b"%PDF", BLAST))
    other = await nimal.after(1, lambda: nimal.person.sends_document("a.csv", b"a", "/import"))

    assert answer.text == BLAST_ANSWER
    assert other.text == text("media.other")


async def test_a_caption_without_an_answer_goes_with_its_picture(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """The officer reads the one and sees the other."""
    told = await nimal.after(1, lambda: nimal.person.sends_photo(UNKNOWN))
    shown = await seen_by(officer)

    assert told.text == text("ask.passed_on", number=1).strip()
    assert UNKNOWN in officer.answers()[-2].text
    assert shown.photo is not None


async def test_the_picture_of_a_call_for_help_is_seen(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """It may show the bottle, and the next one of the album what is written on it."""
    for caption in (POISONED, ""):
        nimal.person.sends_photo(caption, album="a1")
    await nimal.sends("/mine", replies=2)
    listed = await officer.sends("/queue")
    await officer.presses(listed.button("#1"), replies=3)

    assert [seen.photo is not None for seen in officer.answers()[-2:]] == [True, True]
    assert len(govi.rows(Question)) == 1


async def test_a_pause_among_the_pictures_shows_nothing_twice(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Telegram asks for one where there are many; the rest follows after it."""
    for caption in ("", ""):
        nimal.person.sends_photo(caption, album="a1")
    await nimal.sends("/mine", replies=2)
    listed = await officer.sends("/queue")
    officer.api.fail("sendPhoto", too_many_requests(1))
    await officer.presses(listed.button("#1"), replies=3)

    assert [seen.photo is not None for seen in officer.answers()[-4:]] == [False, False, True, True]


async def test_a_picture_under_an_open_question_is_added_to_it(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """It is a detail, not a question of its own."""
    told = await nimal.sends(UNKNOWN)
    await nimal.after(1, lambda: nimal.person.sends_photo("මෙන්න", replying_to=told))
    shown = await seen_by(officer)

    assert [note.text for note in govi.rows(Note)] == ["මෙන්න"]
    assert len(govi.rows(Question)) == 1
    assert shown.photo is not None


async def test_a_slip_of_the_thumb_goes_to_nobody(govi: Govi, nimal: Chat) -> None:
    """A voice note of a second holds nothing; the farmer is asked to speak again."""
    told = await nimal.after(1, lambda: nimal.person.sends_voice(seconds=1))

    assert told.text == text("media.voice")
    assert govi.rows(Escalation) == []


async def test_a_file_that_telegram_has_lost_is_said(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """The officer hears whom to ask for it; the escalation is shown all the same."""
    await nimal.after(1, nimal.person.sends_photo)
    nimal.person.loses_files()
    told = await seen_by(officer)

    farmer = text("officer.farmer", number=1)
    assert told.text == text("officer.media_gone", farmer=farmer)


async def test_a_file_that_telegram_has_lost_is_shown_from_its_copy(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """Where copies are kept, as if nothing were missing."""
    await nimal.after(1, nimal.person.sends_photo)
    [attachment] = govi.rows(Attachment)
    copies.write(govi.services.settings.media_dir, attachment.file_id, b"the copy")
    nimal.person.loses_files()
    shown = await seen_by(officer)

    assert officer.person.looks_at(shown) == b"the copy"
    assert shown.raw["caption"] == f"📥 #1 · {text('officer.farmer', number=1)}"


async def answers_by_voice(officer: Chat) -> Seen:
    """Claim the only escalation and speak an answer; its preview."""
    listed = await officer.sends("/queue")
    await officer.presses(listed.button(text("officer.button.claim")), replies=2)
    held = officer.answers()[-2]
    await officer.presses(held.button(text("officer.button.answer")))
    return await officer.after(1, officer.person.sends_voice)


async def test_a_farmer_whom_an_officers_voice_does_not_reach_is_told(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """What to do about it, instead of hearing nothing; the question can be brought back."""
    await nimal.after(1, nimal.person.sends_photo)
    preview = await answers_by_voice(officer)
    officer.person.loses_files()
    await officer.presses(preview.button(text("officer.button.send")), replies=2)
    answer = await nimal.sees_more(2)

    assert text("word.not_taken") in answer.text
    assert "අංක 1" in answer.text
    assert len(answer.buttons) == 2


async def test_an_officer_answers_a_picture_in_words(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """The answer comes under the picture itself."""
    photo = nimal.person.sends_photo()
    await nimal.sees_more(1)
    listed = await officer.sends("/queue")
    await officer.presses(listed.button(text("officer.button.claim")), replies=2)
    held = officer.answers()[-2]
    await officer.presses(held.button(text("officer.button.answer")))
    preview = await officer.sends("කොළ කපලා පුච්චන්න.")
    await officer.presses(preview.button(text("officer.button.send")), replies=2)
    answer = await nimal.sees_more(2)

    assert "කොළ කපලා පුච්චන්න." in answer.text
    assert answer.replies_to == photo.message_id
    assert [q.state for q in govi.rows(Question)] == [QuestionState.RESOLVED]
