"""Answers that an officer says or shows instead of writing them."""

import pytest

from bot.db.models import Note
from bot.testing.people import Seen
from tests.journeys.curation.chat import Chat, text
from tests.journeys.loop.officers.desk import ANSWER, SINGLISH, SINHALA, ask, claimed, opened
from tests.journeys.serving import Govi

SEND = text("officer.button.send")


def file_id(seen: Seen, kind: str) -> str:
    """Telegram's id of the file in a message."""
    about = seen.photo if kind == "photo" else seen.raw[kind]
    return str((about or {})["file_id"])


async def begun(govi: Govi, officer: Chat, *farmers: Chat) -> None:
    """Let farmers ask the same, and an officer begin to answer."""
    for farmer, question in zip(farmers, (SINHALA, SINGLISH), strict=False):
        number = await ask(govi, farmer, question)
    held = await claimed(officer, number)
    await officer.presses(held.button(text("officer.button.answer")))


@pytest.mark.parametrize("kind", ["photo", "voice"])
async def test_everyone_who_asked_gets_what_the_officer_said_or_showed(
    govi: Govi, nimal: Chat, kamala: Chat, officer: Chat, kind: str
) -> None:
    """It is shown before it goes, and reaches each under the own question, to be rated."""
    await begun(govi, officer, nimal, kamala)
    preview = await officer.after(1, getattr(officer.person, f"sends_{kind}"))
    await officer.presses(preview.button(SEND), replies=2)
    got = [await farmer.sees_more(2) for farmer in (nimal, kamala)]

    assert {file_id(each, kind) for each in (preview, *got)} == {file_id(got[0], kind)}
    assert [each.caption for each in got] == [
        text("word.answer", number=number, text="").strip() for number in (1, 2)
    ]
    assert [each.replies_to for each in got] == [
        farmer.person.sees()[0].message_id for farmer in (nimal, kamala)
    ]
    assert got[0].button("👍")
    assert [note.file_kind for note in govi.rows(Note)] == [kind]


async def test_a_picture_takes_its_caption_along(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """The officer's words stand under it, escaped."""
    await begun(govi, officer, nimal)
    preview = await officer.after(1, lambda: officer.person.sends_photo(ANSWER))
    await officer.presses(preview.button(SEND), replies=2)

    assert ANSWER in ((await nimal.sees_more(2)).caption or "")


async def test_a_voice_note_under_the_escalation_is_an_answer_to_it(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """As a written reply is; afterwards others see that it was said, and hear it."""
    shown = await opened(officer, await ask(govi, nimal, SINHALA))
    preview = await officer.after(1, lambda: officer.person.sends_voice(replying_to=shown))
    await officer.presses(preview.button(SEND), replies=2)
    await nimal.sees_more(2)
    heard = await officer.after(
        2, lambda: officer.person.presses_anything("q1:o:1", dict(shown.raw))
    )

    said = text("officer.group.answer", words="🎤")
    assert said in officer.answers()[-2].text
    assert officer.person.hears(heard) == b"OggS voice"
    assert heard.caption == said


async def test_a_spoken_answer_that_telegram_has_lost_is_said(
    govi: Govi, nimal: Chat, officer: Chat
) -> None:
    """It is another officer who may know, not the farmer."""
    shown = await opened(officer, await ask(govi, nimal, SINHALA))
    preview = await officer.after(1, lambda: officer.person.sends_voice(replying_to=shown))
    await officer.presses(preview.button(SEND), replies=2)
    await nimal.sees_more(2)
    officer.person.loses_files()
    told = await officer.after(
        2, lambda: officer.person.presses_anything("q1:o:1", dict(shown.raw))
    )

    assert told.text == text("refusal.answer_gone")


async def test_only_the_last_of_two_pictures_goes(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """The officer who begins anew sends what was shown last; the first button is out of date."""
    await begun(govi, officer, nimal)
    first = await officer.after(1, lambda: officer.person.sends_photo("පළමු"))
    await officer.presses(first.button(text("officer.again")))
    second = await officer.after(1, lambda: officer.person.sends_photo("දෙවැනි"))

    assert await officer.is_told(first.button(SEND)) == text("refusal.stale_button")
    await officer.presses(second.button(SEND), replies=2)
    assert "දෙවැනි" in ((await nimal.sees_more(2)).caption or "")


async def test_a_sticker_is_no_answer(govi: Govi, nimal: Chat, officer: Chat) -> None:
    """The officer is asked again, and nothing is lost."""
    await begun(govi, officer, nimal)
    told = await officer.after(1, officer.person.sends_sticker)
    preview = await officer.sends(ANSWER)

    assert told.text == text("dialogue.words_only")
    assert preview.button(SEND)
