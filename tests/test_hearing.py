"""What writes voice notes down, before there is a model."""

import asyncio
import importlib.util
import threading
from pathlib import Path

import pytest

from bot import hearing, speech
from bot.hearing import Hearing, HearingError, open_hearing
from tests.spoken import PROGRAMS, needs_programs
from tests.whisper import build_model


def test_without_a_model_nothing_listens() -> None:
    """It is off unless somebody sets it up."""
    assert open_hearing(None) is None


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    """Before anything is served."""
    with pytest.raises(HearingError, match=r"SPEECH_MODEL .* holds no model\.bin"):
        open_hearing(tmp_path)


def test_a_model_without_its_engine_tells_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra has a name."""
    for name in ("model.bin", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(HearingError, match=r"govi\[speech\]"):
        open_hearing(tmp_path)


async def test_a_broken_model_is_told_and_tried_again() -> None:
    """Loading fails at the first voice note, and may not at the next."""
    loaded: list[int] = []

    class Engine:
        def transcribe(self, sound: bytes, language: str) -> str:
            return f"{sound.decode()} \n {language}"

    def load() -> Engine:
        loaded.append(1)
        if len(loaded) == 1:
            raise RuntimeError("model.bin is cut off")
        return Engine()

    listener = Hearing(load)
    with pytest.raises(HearingError, match="RuntimeError"):
        await listener.hear(b"a", "si")

    assert await listener.hear(b"a", "si") == "a si"
    assert await listener.hear(b"b", "ta") == "b ta"
    assert len(loaded) == 2


async def test_when_too_many_speak_at_once_the_last_is_left_to_officers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A queue without an end would answer nobody."""
    monkeypatch.setattr(hearing, "MOST_WAITING", 1)
    go_on = threading.Event()

    class Engine:
        def transcribe(self, sound: bytes, language: str) -> str:
            return "වචන" if go_on.wait(30) else ""

    listener = Hearing(Engine)
    first = asyncio.create_task(listener.hear(b"", "si"))
    await asyncio.sleep(0)

    with pytest.raises(HearingError, match="too many"):
        await listener.hear(b"", "si")
    go_on.set()
    assert await first == "වචන"


@needs_programs
async def test_the_real_engine_takes_what_a_telephone_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opus in Ogg goes in and a line comes out; a broken file is told. Its words mean nothing."""
    monkeypatch.setattr(speech, "find_programs", lambda: PROGRAMS)
    listener = open_hearing(build_model(tmp_path))
    assert listener is not None

    words = await listener.hear(speech.speak("ගොයමේ කොළ පාළු රෝගයට මොකද කරන්නේ"), "si")
    assert 0 < len(words) <= hearing.MOST_WORDS
    with pytest.raises(HearingError):
        await listener.hear(b"OggS and nothing more", "si")
    listener.close()
