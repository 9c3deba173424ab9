"""Voice notes written down by a model on this machine, which the operator chooses and installs.

What comes out is a guess: farmers are asked whether they said it, and nothing is done unless they
did.
"""

import asyncio
import importlib.util
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from bot.errors import GoviError

#: Longer voice notes are left to officers alone.
LONGEST_SECONDS = 60
#: Voice notes in hand at once; when more come, officers alone hear them.
MOST_WAITING = 8
#: Characters of what was understood.
MOST_WORDS = 500


class HearingError(GoviError):
    """A voice note could not be written down, or nothing is there to do it with."""


class Engine(Protocol):
    """What turns sound into words."""

    def transcribe(self, sound: bytes, language: str) -> str:
        """Return what is said in a sound file; nothing said is an empty text."""
        ...


class Hearing:
    """Writes voice notes down, one at a time, in a thread of its own."""

    def __init__(self, load: Callable[[], Engine]) -> None:
        """Take what loads the engine; that happens at the first voice note."""
        self._load = load
        self._engine: Engine | None = None
        self._waiting = 0
        self._listener = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hearing")

    async def hear(self, sound: bytes, language: str) -> str:
        """Return what is said, in one line; "" if nothing was understood.

        Raises:
            HearingError: Too much waits, the model cannot be loaded, or the sound be read.
        """
        if self._waiting >= MOST_WAITING:
            raise HearingError("too many voice notes at once")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._listener, self._transcribe, sound, language)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Take nothing more."""
        self._listener.shutdown(wait=False, cancel_futures=True)

    def _transcribe(self, sound: bytes, language: str) -> str:
        try:
            if self._engine is None:
                self._engine = self._load()
            words = self._engine.transcribe(sound, language)
        except HearingError:
            raise
        except Exception as error:  # engines raise anything over a broken file
            raise HearingError(type(error).__name__) from error
        return " ".join(words.split())[:MOST_WORDS]


def open_hearing(model: Path | None) -> Hearing | None:
    """Return what writes voice notes down by the model in a folder; None without one.

    Raises:
        HearingError: The folder is not there, or the extra is not installed.
    """
    if model is None:
        return None
    # Without the second, the engine would look for it on the network.
    for name in ("model.bin", "tokenizer.json"):
        if not (model / name).is_file():
            raise HearingError(
                f"SPEECH_MODEL {model} holds no {name}; name a folder with a converted model"
            )
    if importlib.util.find_spec("faster_whisper") is None:
        raise HearingError("SPEECH_MODEL needs the extra: pip install 'govi[speech]'")
    return Hearing(lambda: _Whisper(model))


class _Whisper:
    """A Whisper model in CTranslate2's format, on the CPU."""

    def __init__(self, folder: Path) -> None:
        from faster_whisper import WhisperModel  # large, and needed by few

        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", local_files_only=True
        )

    def transcribe(self, sound: bytes, language: str) -> str:
        parts, _ = self._model.transcribe(
            io.BytesIO(sound),
            language=language,
            beam_size=1,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        return " ".join(part.text for part in parts)
