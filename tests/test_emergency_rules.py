"""What a file of rules for calls for help can say, each part by itself and without a classifier."""

from pathlib import Path

import pytest

from bot.emergency import PIECE_WORDS, Emergencies
from bot.emergency_rules import load_emergencies

RULES = """
apart = ""
denied = "didnt"
refused = "na"
english = "he"
products = "gramoxone"
passing = "poisoning"
past = "issara"
recent = "ada"
[words]
poison = "wasa"
[[rule]]
kind = "poisoning"
patterns = ["<poison> .. biwwa"]
unless = "balla"
despite = "putha"
[[rule]]
kind = "snake_bite"
patterns = ["naya gahuwa"]
needs = "mata"
[[rule]]
kind = "self_harm"
patterns = ["මැරෙනවා"]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Emergencies:
    """The rules above."""
    file = tmp_path / "emergencies.toml"
    file.write_text(RULES, "utf-8")
    return load_emergencies(file, weights=None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wasa biwwa", "poisoning"),
        ("wasa biwwa na", None),
        ("balla wasa biwwa", None),
        ("balla langa, putha wasa biwwa", "poisoning"),
        ("issara kenek wasa biwwa", None),
        ("issara kenek wasa biwwa, ada puthath wasa biwwa", "poisoning"),
        ("mata naya gahuwa", "snake_bite"),
        ("naya gahuwa", None),
        ("issara mata naya gahuwa", "snake_bite"),
        ("didn't wasa ekak biwwa", None),
        ("didn’t wasa ekak biwwa", None),
        ("marenawa", "self_harm"),
        ("merenawa", "self_harm"),
    ],
    ids=["told", "refused", "unless", "despite", "past", "recent", "needs", "lacks", "not passing",
         "apostrophe", "curly apostrophe", "a for ැ", "e for ැ"],
)  # fmt: skip
def test_each_part_of_a_rule_counts(rules: Emergencies, text: str, kind: str | None) -> None:
    """A dog is no child, long ago is not today, and who drank nothing is well."""
    told = rules.detect(text)

    assert (told.kind if told else None) == kind


@pytest.mark.parametrize("before", [PIECE_WORDS - 2, PIECE_WORDS - 1, 2 * PIECE_WORDS - 1])
def test_what_lies_across_two_pieces_of_a_long_message_is_heard(
    rules: Emergencies, before: int
) -> None:
    """Pieces overlap, so that no call is cut in two."""
    story = "kumbura " * before

    assert rules.detect(f"{story}wasa ekak biwwa") is not None
