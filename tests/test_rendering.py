"""From an outcome to messages that Telegram takes."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import Catalogue, Words
from bot.rendering import render, render_text, split_html
from bot.services.answering import Outcome, Suggestion
from bot.services.texts import straight
from bot.testing.markup import parse_html, utf16_length

TEXTS = Catalogue.load()
ANSWER = Outcome(question_id=1, decision="answer", reply_id=5, answer="<b>යූරියා</b> & තව")
SUGGEST = Outcome(
    question_id=7,
    decision="suggest",
    reply_id=6,
    suggestions=(Suggestion(3, "මිරිස් කොළ කොඩ වෙන්නේ ඇයි"), Suggestion(4, "දිග " * 40)),
)
FALLBACK = Outcome(question_id=1, decision="fallback", reply_id=5)

#: Text with everything that is hard to cut: markup, joiners, signs, pairs of UTF-16 units.
hard_text = st.text(
    st.sampled_from("කෝ්‍රය&<>\"'🌾a .\n") | st.characters(exclude_categories=["Cs"]), max_size=400
)


def labels(outcome: Outcome) -> list[tuple[str, object]]:
    """Text and data of the buttons under an outcome."""
    keyboard = render(Words(TEXTS), outcome).keyboard
    rows = keyboard.inline_keyboard if keyboard else ()
    return [(button.text, button.callback_data) for row in rows for button in row]


def shown(parts: tuple[str, ...]) -> str:
    """What a person reads, without white space."""
    return "".join("".join(parse_html(part)[0] for part in parts).split())


def test_an_answer_is_escaped_word_for_word() -> None:
    """Markup in a stored answer is shown, not obeyed."""
    (part,) = render(Words(TEXTS), ANSWER).parts

    assert parse_html(part) == (ANSWER.answer, [])


def test_an_answer_has_two_thumbs() -> None:
    """They carry the reply's id."""
    assert [data for _, data in labels(ANSWER)] == ["1:u:5", "1:d:5"]


def test_suggestions_become_buttons_with_their_questions() -> None:
    """One each, in order, then "none of these"."""
    (first, data), (second, _), (none, refuse) = labels(SUGGEST)

    assert SUGGEST.suggestions[0].phrasing in first
    assert (data, refuse) == ("1:c:7:3", "1:r:7")
    assert second.endswith("…")
    assert none == TEXTS.text("button.none_of_these")


def test_a_fallback_has_no_buttons() -> None:
    """There is nothing to press."""
    assert labels(FALLBACK) == []


def test_a_heading_stands_above_and_is_escaped() -> None:
    """It may hold anything that a person typed."""
    (part,) = render(Words(TEXTS), ANSWER, heading="<i>?").parts

    assert parse_html(part)[0].startswith("<i>?\n\n")


def test_text_is_cut_at_a_paragraph_first() -> None:
    """Sentences stay together where paragraphs allow it."""
    assert split_html("එක. දෙක.\n\nතුන. හතර.", limit=12) == ("එක. දෙක.", "තුන. හතර.")


def test_text_without_paragraphs_is_cut_at_a_sentence() -> None:
    """Words stay together where sentences allow it."""
    assert split_html("එක දෙක. තුන හතර.", limit=12) == ("එක දෙක.", "තුන හතර.")


def test_a_long_word_is_not_cut_inside_a_letter() -> None:
    """Each part begins with a letter, never with a vowel sign or a joiner."""
    parts = split_html("ක්‍රෝ" * 30, limit=32)

    assert all(part.startswith("ක්‍ර") for part in parts)


@given(hard_text, st.integers(min_value=16, max_value=64))
def test_parts_fit_parse_and_lose_nothing(text: str, limit: int) -> None:
    """Whatever the text: each part is valid, short enough, and together they are the text."""
    parts = split_html(text, limit)

    assert all(0 < utf16_length(part) <= limit for part in parts)
    assert shown(parts) == "".join(straight(text).split())


@pytest.mark.parametrize("text", ["", "   \n"])
def test_no_text_gives_no_parts(text: str) -> None:
    """Telegram would refuse an empty message."""
    assert render_text(text).parts == ()


def test_no_text_turns_the_direction_of_ours() -> None:
    """Joiners and marks of single letters, which languages here need, stay."""
    assert split_html("ක්\u200dරම \u202e10 ml\u202c \u2067x\u2069") == ("ක්\u200dරම 10 ml x",)


def test_entities_are_never_cut() -> None:
    """A part ends before an escaped character that does not fit."""
    parts = split_html("&" * 1000, limit=32)

    assert all(html.unescape(part) == "&" * (len(part) // 5) for part in parts)
