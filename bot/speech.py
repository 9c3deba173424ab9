"""Texts said aloud, by programs of the system: espeak-ng speaks, opusenc or ffmpeg packs.

Without them nothing is said and nothing is offered. What is spoken goes in by standard input, so
that no text is ever taken for an option, and no shell is between.
"""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from bot.errors import GoviError

#: Debian packages that bring the programs.
PACKAGES = "espeak-ng opus-tools"
PROGRAM_SECONDS = 60.0
#: Words a minute: slower than espeak-ng by itself, for people who listen in a field.
_PACE = "140"
_PACKERS = {
    "opusenc": ("--quiet", "--ignorelength", "--bitrate", "24", "-", "-"),
    "ffmpeg": (
        *("-hide_banner", "-loglevel", "error", "-i", "pipe:0"),
        *("-ac", "1", "-c:a", "libopus", "-b:a", "24k", "-f", "ogg", "pipe:1"),
    ),
}  # fmt: skip
#: Telephone numbers are said digit by digit.
_TELEPHONE = re.compile(r"(?<!\d)(?:0\d{1,2}[ -]?\d{3}[ -]?\d{4}|19\d\d)(?!\d)", re.ASCII)
#: espeak-ng takes what stands in them for sounds.
_BRACKETS = re.compile(r"[\[\]<>{}|\\^_*`~]+")
_SCRIPTS = {"si": re.compile("[\u0d80-\u0dff]"), "ta": re.compile("[\u0b80-\u0bff]")}


class SpeechError(GoviError):
    """A text could not be said; the message is the program's last words."""


class Programs(NamedTuple):
    """Where the programs are, and the name of the one that packs."""

    speaker: str
    packer: str
    packer_name: str


@cache
def find_programs() -> Programs | None:
    """Return what speaks on this machine; None when something is missing."""
    speaker = shutil.which("espeak-ng")
    if speaker is None:
        return None
    for name in _PACKERS:
        packer = shutil.which(name)
        if packer is not None:
            return Programs(speaker, packer, name)
    return None


def can_speak() -> bool:
    """Whether answers can be listened to here."""
    return find_programs() is not None


def speak_or_none(text: str) -> bytes | None:
    """Say a text; return None when that fails, so that whoever waits can be told."""
    try:
        return speak(text)
    except SpeechError:
        return None


@lru_cache(maxsize=8)
def speak(text: str) -> bytes:
    """Return a text said aloud, as Opus in Ogg. Blocks for a second or so; a few are remembered.

    Raises:
        SpeechError: It cannot be said.
    """
    programs = find_programs()
    if programs is None:
        raise SpeechError(f"nothing speaks here; install {PACKAGES}")
    said = [programs.speaker, "-v", choose_voice(text), "-s", _PACE, "-b", "1", "--stdin"]
    sound = _run([*said, "--stdout"], _plain(text).encode())
    return _run([programs.packer, *_PACKERS[programs.packer_name]], sound)


def choose_voice(text: str) -> str:
    """Return the language that most letters of a text belong to: "si", "ta" or "en"."""
    counts = {voice: len(letters.findall(text)) for voice, letters in _SCRIPTS.items()}
    counts["en"] = sum(char.isascii() and char.isalpha() for char in text)
    return max(counts, key=counts.__getitem__)


def _plain(text: str) -> str:
    """Leave out what nobody says aloud: signs, emoji, brackets."""
    text = _TELEPHONE.sub(lambda number: " ".join(re.sub(r"\D", "", number[0])), text)
    text = _BRACKETS.sub(" ", text)
    return "".join(char for char in text if unicodedata.category(char) not in ("So", "Cs", "Co"))


def _run(command: Sequence[str], given: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a list of our own; the text goes in by stdin
            command, input=given, capture_output=True, check=True, timeout=PROGRAM_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        words = getattr(error, "stderr", None) or type(error).__name__.encode()
        raise SpeechError(words.decode(errors="replace").strip().rpartition("\n")[2]) from None
    if not done.stdout:
        raise SpeechError("nothing came out")
    return done.stdout
