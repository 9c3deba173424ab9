"""Charts: drawn in another process, Sinhala shaped, right with one day of data too."""

import io
import subprocess

import numpy as np
import pytest
from matplotlib.ft2font import FT2Font
from PIL import Image

from bot import charts
from bot.charts import Chart, ChartError, Series, draw
from bot.charts.painter import FONT

GREEN = (0, 158, 115)
DAYS = tuple(f"{day} නොවැ" for day in range(19, 26))


def chart(*counts: int) -> Chart:
    """A chart of the last days in one colour."""
    return Chart("ප්‍රශ්න", DAYS, (Series("උත්තර", "#009E73", counts),))


def columns(picture: bytes, colour: tuple[int, int, int] = GREEN) -> np.ndarray:
    """For each column of pixels above the legend, whether the colour is in it."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    plot = pixels[: int(len(pixels) * 0.85)]
    return (plot == colour).all(axis=2).any(axis=0)


def test_one_day_of_data_is_one_slim_bar_in_its_place() -> None:
    """The week around it stays empty instead of the bar filling the picture."""
    found = columns(draw(chart(0, 0, 0, 0, 0, 0, 3)))

    (places,) = np.nonzero(found)
    assert 0 < len(places) < len(found) / 7
    assert places[0] > len(found) * 6 / 7
    assert len(places) == places[-1] - places[0] + 1


def test_the_same_chart_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many officers get it."""
    picture = draw(chart(1, 2, 3, 4, 5, 6, 7))
    monkeypatch.setattr(subprocess, "run", None)

    assert draw(chart(1, 2, 3, 4, 5, 6, 7)) is picture
    assert picture.startswith(b"\x89PNG")


def test_a_chart_that_cannot_be_drawn_is_an_error_with_its_cause() -> None:
    """Whoever asked for it can go on without."""
    with pytest.raises(ChartError, match="shape mismatch"):
        draw(chart(1, 2))


def test_drawing_that_never_ends_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender does not wait for good, and for the same chart not again."""
    monkeypatch.setattr(charts, "DRAWING_SECONDS", 0.001)

    with pytest.raises(ChartError, match="timed out"):
        draw(chart(9, 9, 9, 9, 9, 9, 9))
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(ChartError, match="timed out"):
        draw(chart(9, 9, 9, 9, 9, 9, 9))


def width(text: str) -> int:
    """How wide a text is in the font that charts use."""
    font = FT2Font(FONT)
    font.set_size(40, 100)
    font.set_text(text)
    return int(font.get_width_height()[0])


@pytest.mark.parametrize(("joined", "base"), [("ප්‍ර", "ප"), ("ක්‍ර", "ක"), ("ශ්‍රී", "ශී"), ("ද්‍ර", "ද")])
def test_sinhala_conjuncts_are_one_letter(joined: str, base: str) -> None:
    """The ra goes below its consonant, which takes no width; unshaped it would stand beside it."""
    assert width(joined) == width(base)
    assert width(joined.replace("\u200d", "")) > width(base) * 1.5
