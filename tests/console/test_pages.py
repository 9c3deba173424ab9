"""The templates."""

import re
from pathlib import Path

import pytest

from bot.console.pages import FOLDER
from tests.console.asking import TEXTS

TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_text_of_a_template_exists(template: Path) -> None:
    """Nobody meets a page that cannot say what it has to."""
    source = template.read_text("utf-8")
    keys = re.findall(r"""\bt\(\s*["']([a-z_.A-Z]+)["']\s*[,)]""", source)

    assert set(keys) <= TEXTS.keys("si")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_holds_no_words_and_nothing_inline(template: Path) -> None:
    """Words stand in the catalogue; scripts and styles are files, or the browser refuses them."""
    source = template.read_text("utf-8").replace("සිංහල", "")

    assert not re.search("[\u0d80-\u0dff]", source)
    assert not re.search(r"<style|style=|\son[a-z]+=|<script(?! src=)|https?://|\|\s*safe", source)


def test_nothing_names_another_host() -> None:
    """Styles and scripts ask for nothing from elsewhere."""
    for file in (FOLDER / "static").glob("*.*"):
        if file.suffix in (".css", ".js"):
            assert "//" not in re.sub(r"^\s*//.*$", "", file.read_text("utf-8"), flags=re.M)
