"""Callback data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.keyboards.answers import AskExample, Choose, Rate, Refuse, decode, encode

ids = st.integers(min_value=0, max_value=10**18 - 1)
presses = (
    st.builds(Choose, ids, ids)
    | st.builds(Refuse, ids)
    | st.builds(Rate, ids, st.booleans())
    | st.just(AskExample())
)


@given(presses)
def test_what_is_encoded_is_decoded(press: object) -> None:
    """Nothing is lost on the way through Telegram, and it fits into 64 bytes."""
    data = encode(press)

    assert decode(data) == press
    assert len(data.encode()) <= 64


@given(st.text(max_size=64))
def test_anything_else_is_none_or_written_back_alike(data: str) -> None:
    """Whatever a forged client sends, decoding neither raises nor guesses."""
    press = decode(data)

    assert press is None or encode(press) == data.replace("+", "")


@pytest.mark.parametrize("data", ["", "1", "2:c:1:2", "1:c:1", "1:c:1:2:3", "1:r:-1", "1:c:1:２"])
def test_near_misses_are_none(data: str) -> None:
    """Another version, missing or surplus ids, signs and foreign digits are not ours."""
    assert decode(data) is None
