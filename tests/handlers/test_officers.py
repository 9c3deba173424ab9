"""What an officer may reply to with an answer is told by how it begins."""

import pytest

from bot.handlers.officers.writing import ABOUT
from bot.i18n import Catalogue

TEXTS = Catalogue.load()
VALUES = {"number": 12, "farmer": 2, "text": "…", "question": "…", "who": "…", "entry": "a.b"}
#: About one escalation that waits.
ANSWERABLE = ("notice.new_detail", "notice.reopened", "notice.hold_ended", "notice.urgent",
              "officer.answer.preview")  # fmt: skip
#: A reply to these would be something else than an answer.
OTHERS = ("notice.all_withdrawn", "officer.entry.preview", "officer.inquiry.preview",
          "officer.decline.preview", "officer.answer.ask", "officer.inquiry.ask")  # fmt: skip


@pytest.mark.parametrize("language", ["si", "en"])
def test_a_reply_to_what_waits_is_an_answer(language: str) -> None:
    """In every language, with the number that is meant."""
    begun = [ABOUT.match(TEXTS.text(key, language, **VALUES)) for key in ANSWERABLE]

    assert [match and match[1] for match in begun] == ["12"] * len(ANSWERABLE)


@pytest.mark.parametrize("language", ["si", "en"])
def test_a_reply_to_anything_else_is_none(language: str) -> None:
    """Nothing is taken for an answer by mistake."""
    assert [key for key in OTHERS if ABOUT.match(TEXTS.text(key, language, **VALUES))] == []
