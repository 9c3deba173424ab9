"""What a message is before anything is searched, told without the embedder and the database."""

from functools import cache
from typing import NamedTuple

from bot.emergency import Emergencies
from bot.emergency_rules import load_emergencies
from bot.services.remarks import EMERGENCY, SMALLTALK, Remark
from bot.smalltalk import SmallTalk, load_smalltalk
from retrieval import detect_script


class Recognition(NamedTuple):
    """The rules for messages that need no search."""

    emergencies: Emergencies
    smalltalk: SmallTalk

    def prepare(self) -> None:
        """Make ready what the first message would wait for else: a fifth of a second of work."""
        self.remark("a")  # whatever the words are, nearly all of the rules are looked at

    def remark(self, text: str) -> Remark | None:
        """Return what a message is, or None: search for it. Never raises."""
        return self.emergency(text) or self.small_talk(text)

    def emergency(self, text: str) -> Remark | None:
        """Return what a message calls for help about, if it does."""
        found = self.emergencies.detect(text)
        if found is None:
            return None
        language = "ta" if detect_script(text) == "tamil" else found.language
        return Remark(EMERGENCY, found.kind, language)

    def small_talk(self, text: str) -> Remark | None:
        """Return which small talk a message is, if it is."""
        kind = self.smalltalk.detect(text)
        if kind is None:
            return None
        return Remark(SMALLTALK, kind, "ta" if detect_script(text) == "tamil" else "")


@cache
def load_recognition() -> Recognition:
    """Read the shipped rules, once.

    Raises:
        EmergencyError: The rules for emergencies cannot be used.
        SmallTalkError: The rules for small talk cannot be used.
    """
    return Recognition(load_emergencies(), load_smalltalk())
