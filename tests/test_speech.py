"""Texts said aloud by the system's programs."""

from pathlib import Path

import pytest

from bot import speech
from bot.speech import Programs, SpeechError, choose_voice, speak, speak_or_none
from tests.spoken import PROGRAMS, needs_programs

FAILING = Programs("/bin/false", "/bin/false", "opusenc")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has."""
    monkeypatch.setattr(speech, "find_programs", lambda: PROGRAMS)


@needs_programs
@pytest.mark.usefixtures("programs")
def test_an_answer_becomes_opus_in_ogg() -> None:
    """As Telegram wants a voice message; a longer text is a longer one."""
    short, long = speak("යූරියා අඩු කරන්න."), speak("යූරියා අඩු කරන්න. " * 6)

    assert short[:4] == b"OggS"
    assert b"OpusHead" in short[:80]
    assert len(long) > 2 * len(short)


@needs_programs
@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize(
    "text", ["--version", "<speak>a</speak> [[x]] `id` $(id)", "-f/etc/passwd"]
)
def test_a_text_is_never_an_option_or_a_command(text: str) -> None:
    """It goes in by standard input and is spoken like any other."""
    assert speak(text)[:4] == b"OggS"


def test_what_nobody_says_aloud_is_left_out() -> None:
    """Emoji go; telephone numbers are read digit by digit, other numbers as numbers."""
    assert speech._plain("🌾 1920 ට, 011-2345678 ට 50 kg [x]") == (
        " 1 9 2 0 ට, 0 1 1 2 3 4 5 6 7 8 ට 50 kg  x "
    )


@pytest.mark.parametrize(
    ("text", "voice"),
    [("කුඹුරට urea දාන්න", "si"), ("நெல் வயல்", "ta"), ("weeds 12", "en"), ("12", "si")],
)
def test_the_voice_is_that_of_most_letters(text: str, voice: str) -> None:
    """A word of another script does not change it."""
    assert choose_voice(text) == voice


@pytest.mark.parametrize("programs", [None, FAILING])
def test_a_failing_program_is_said_and_not_raised(
    monkeypatch: pytest.MonkeyPatch, programs: Programs | None
) -> None:
    """Whoever sends gets nothing to send, and can say so."""
    monkeypatch.setattr(speech, "find_programs", lambda: programs)

    with pytest.raises(SpeechError):
        speak("නැති වචනය")
    assert speak_or_none("නැති වචනය") is None


def test_both_programs_are_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that speaks is of no use without one that packs; opusenc comes before ffmpeg."""
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    found = []
    for name in ("espeak-ng", "ffmpeg", "opusenc"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        speech.find_programs.cache_clear()
        programs = speech.find_programs()
        found.append(programs and programs.packer_name)
    speech.find_programs.cache_clear()

    assert found == [None, "ffmpeg", "opusenc"]
