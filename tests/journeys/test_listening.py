"""Answers as voice messages: by 🔊 under one, or by /listen."""

import pytest

from bot import speech
from bot.db.models import Recording
from bot.testing.bot_api import BotApi
from tests.journeys.curation.chat import Chat, text
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi
from tests.spoken import PROGRAMS, needs_programs

NOT_NEEDED = speech.Programs("/bin/false", "/bin/false", "opusenc")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read out, by a voice that costs nothing."""
    said: list[str] = []

    def speak(words: str) -> bytes:
        said.append(words)
        return b"OggS voice"

    monkeypatch.setattr(speech, "find_programs", lambda: NOT_NEEDED)
    monkeypatch.setattr("bot.delivery.messages.speak_or_none", speak)
    return said


@pytest.fixture
def nimal(api: BotApi) -> Chat:
    """A farmer."""
    return Chat(api, api.user(11))


async def test_an_answer_is_read_out_once_and_known_afterwards(
    govi: Govi, nimal: Chat, api: BotApi, said: list[str]
) -> None:
    """The button sends it under the answer; the next one gets the file that Telegram has."""
    neighbour = Chat(api, api.user(22))
    answer = await nimal.sends(BLAST)
    first = await nimal.presses(answer.button("🔊"))
    again = await neighbour.presses((await neighbour.sends(BLAST)).button("🔊"))

    assert said == [BLAST_ANSWER]
    assert first.replies_to == answer.message_id
    assert first.raw["voice"]["file_id"] == again.raw["voice"]["file_id"]
    assert len(govi.rows(Recording)) == 1


async def test_a_recording_that_telegram_lost_is_made_again(
    govi: Govi, nimal: Chat, said: list[str]
) -> None:
    """The id is of no use any more; the farmer does not notice."""
    answer = await nimal.sends(BLAST)
    await nimal.presses(answer.button("🔊"))
    nimal.person.loses_files()
    again = await nimal.presses(answer.button("🔊"))

    assert "voice" in again.raw
    assert said == [BLAST_ANSWER] * 2


async def test_listen_reads_out_the_latest_answer(govi: Govi, nimal: Chat, said: list[str]) -> None:
    """Before there is one, the farmer hears how to get it."""
    told = await nimal.sends("/listen")
    await nimal.sends(BLAST)
    heard = await nimal.sends("/listen")

    assert told.text == text("listen.none")
    assert "voice" in heard.raw


async def test_listen_in_a_topic_reads_out_the_latest_answer_too(
    govi: Govi, nimal: Chat, api: BotApi, said: list[str]
) -> None:
    """Telegram says of all that stands in a topic that it replies to the topic's beginning."""
    group = api.group(-1001)
    topic = {"message_thread_id": 7, "is_topic_message": True}
    about = {"name": "ගොයම්", "icon_color": 7322096}
    beginning = topic | {"message_id": 7, "date": 0, "forum_topic_created": about}
    beginning |= {"chat": {"id": group, "type": "supergroup", "title": "ගොවි සමිතිය"}}
    named = {"type": "bot_command", "offset": 0, "length": len("/listen@govi_bot")}
    asked = nimal.person.sends(f"@govi_bot {BLAST}", chat_id=group)
    await api.reply_to(asked)

    listening = topic | {"text": "/listen@govi_bot", "entities": [named]}
    listening |= {"reply_to_message": beginning}
    nimal.person.sends_object(listening, chat_id=group)
    await api.until(lambda: "voice" in nimal.person.sees(group)[-1].raw)

    assert said == [BLAST_ANSWER]


async def test_rating_leaves_the_button_to_listen(govi: Govi, nimal: Chat, said: list[str]) -> None:
    """A farmer may say that it is good, and hear it afterwards."""
    answer = await nimal.sends(BLAST)
    nimal.person.presses(answer.button("👍"))
    await nimal.api.until(lambda: len(nimal.answers()[-1].buttons) == 1)

    assert "voice" in (await nimal.presses(nimal.answers()[-1].button("🔊"))).raw


async def test_another_ones_answer_is_not_read_out(
    govi: Govi, nimal: Chat, api: BotApi, said: list[str]
) -> None:
    """Whoever forges the button of somebody else's answer gets a line and no more."""
    answer = await nimal.sends(BLAST)
    api.user(22).presses_anything(answer.button("🔊").data, dict(answer.raw))
    await api.until(lambda: api.calls("answerCallbackQuery"))

    [call] = api.calls("answerCallbackQuery")
    assert call.parameters["text"] == text("button.not_yours")
    assert api.calls("sendVoice") == []


async def test_without_the_programs_nothing_is_offered(govi: Govi, nimal: Chat) -> None:
    """There is no button, and /listen says why."""
    answer = await nimal.sends(BLAST)
    told = await nimal.sends("/listen")

    assert [button.text for button in answer.buttons] == [
        text("button.helpful"), text("button.not_helpful"),
    ]  # fmt: skip
    assert told.text == text("listen.off")


async def test_what_cannot_be_said_is_told_in_words(
    govi: Govi, nimal: Chat, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The farmer is not left waiting for a voice."""
    monkeypatch.setattr("bot.delivery.messages.speak_or_none", lambda _: None)
    answer = await nimal.sends(BLAST)
    told = await nimal.presses(answer.button("🔊"))

    assert told.text == text("listen.failed")


@needs_programs
async def test_the_real_voice_reaches_the_farmer(
    govi: Govi, nimal: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the programs make is what Telegram gets."""
    monkeypatch.setattr(speech, "find_programs", lambda: PROGRAMS)
    answer = await nimal.sends(BLAST)
    heard = await nimal.presses(answer.button("🔊"))

    assert nimal.person.hears(heard)[:4] == b"OggS"
