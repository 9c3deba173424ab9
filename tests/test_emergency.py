"""Calls for help are told from ordinary questions."""

import json
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.bootstrap import STARTER
from bot.emergency import Emergencies, Emergency
from bot.emergency_classifier import EmergencyClassifier
from bot.emergency_learning import learn, read_messages
from bot.emergency_rules import FILE, WEIGHTS, EmergencyError, load_emergencies
from bot.i18n import Catalogue
from bot.i18n.catalogue import COMPLETE_LANGUAGES, MAIN_LANGUAGE, PARTIAL_LANGUAGES
from bot.knowledge_files import read_knowledge
from bot.recognition import load_recognition
from retrieval.evaluation import read_cases
from retrieval.phonetic import fold

#: By split, what is promised: calls heard, and ordinary messages that alarm. The writers of "fresh"
#: and "blind" saw neither the rules nor what the classifier learns. Do not read which of them are
#: told wrong, or they show nothing any more.
PROMISED = {"test": (0.96, 0.04), "fresh": (0.95, 0.06), "blind": (0.985, 0.025)}
#: Of the two thousand questions that farmers ask about other subjects.
MOST_ALARMS = 0.005
MIN_RIGHT_KIND = 0.88
LANGUAGES = (MAIN_LANGUAGE, *COMPLETE_LANGUAGES, *PARTIAL_LANGUAGES)
#: Subjects of the knowledge base that may be asked in the words of an emergency: what to do for one
#: who is poisoned or bitten gets the emergency reply, and so does a mention of such a person.
NEAR_EMERGENCIES = {
    "safety.emergency_numbers", "safety.pesticide.poisoning_first_aid",
    "safety.pesticide.poisoning_signs", "safety.pesticide.self_harm", "safety.pesticide.skin_eye",
    "safety.snake_bite", "paddy.pest.rats.bait",
    "services.loan.relief",  # "life is unbearable under my debts, what shall I do"
}  # fmt: skip
MINIMAL = """
apart = "ate"
denied = "not"
refused = "na"
english = "he"
products = "gramoxone lorsban* round_up"
[words]
poison = "wasa gramoxone"
[[rule]]
kind = "poisoning"
patterns = ["<poison> .. biwwa"]
"""


class Message(NamedTuple):
    """A line of the evaluation file; `kind` None means an ordinary question."""

    text: str
    kind: str | None
    group: str
    split: str


MESSAGES = [
    Message(**json.loads(line))
    for line in (STARTER / "eval" / "emergencies.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def emergencies() -> Emergencies:
    """The shipped rules."""
    return load_recognition().emergencies


def of_split(split: str, is_emergency: bool) -> list[Message]:
    """The messages of one split and sort."""
    return [m for m in MESSAGES if m.split == split and (m.kind is not None) is is_emergency]


@pytest.mark.parametrize("split", PROMISED)
def test_calls_for_help_are_heard(emergencies: Emergencies, split: str) -> None:
    """In every script, whether a rule foresaw them or not."""
    calls = of_split(split, True)

    heard = sum(emergencies.detect(message.text) is not None for message in calls)

    assert heard >= len(calls) * PROMISED[split][0]


@pytest.mark.parametrize("split", PROMISED)
def test_calls_for_help_are_told_apart(emergencies: Emergencies, split: str) -> None:
    """The reply must fit: what to do for poison is not what to do for a snake bite."""
    calls = of_split(split, True)

    right = [m for m in calls if (found := emergencies.detect(m.text)) and found.kind == m.kind]

    assert len(right) >= len(calls) * MIN_RIGHT_KIND


@pytest.mark.parametrize("split", PROMISED)
def test_ordinary_messages_seldom_alarm(emergencies: Emergencies, split: str) -> None:
    """Pesticides, rat bait, snakes in the field, animals and dying plants."""
    ordinary = of_split(split, False)

    alarms = sum(emergencies.detect(message.text) is not None for message in ordinary)

    assert alarms <= len(ordinary) * PROMISED[split][1]


def test_the_classifier_hears_what_no_rule_foresaw() -> None:
    """Of the messages that nobody made rules for, it misses a fraction of what the rules miss."""
    calls = of_split("blind", True)
    rules, both = load_emergencies(weights=None), load_emergencies()

    by_rules = sum(rules.detect(message.text) is None for message in calls)
    by_both = sum(both.detect(message.text) is None for message in calls)

    assert by_both < by_rules / 4


def test_there_are_enough_messages_and_none_is_learnt() -> None:
    """What the detection was made with does not measure it."""
    learnt = {fold(message.text) for message in read_messages()}
    measured = [fold(message.text) for message in MESSAGES]

    assert learnt.isdisjoint(measured)
    assert len(set(measured)) == len(measured)
    assert sum(message.kind is not None for message in MESSAGES) >= 200
    assert sum(message.kind is None for message in MESSAGES) >= 400


def test_no_other_phrasing_of_an_entry_alarms(emergencies: Emergencies) -> None:
    """Only those of the subjects that are emergencies themselves."""
    asked = [(draft.key, text) for draft in read_knowledge(STARTER) for text in draft.phrasings]

    alarms = {(key, text) for key, text in asked if emergencies.detect(text)}

    assert {key for key, _ in alarms} <= NEAR_EMERGENCIES


@pytest.mark.parametrize("split", ["dev", "test"])
def test_hardly_any_other_question_alarms(emergencies: Emergencies, split: str) -> None:
    """Farming, and the rest of life."""
    cases = read_cases(STARTER / "eval" / f"{split}.jsonl")
    others = [case.question for case in cases if case.key not in NEAR_EMERGENCIES]

    alarms = [question for question in others if emergencies.detect(question)]

    assert len(alarms) <= len(others) * MOST_ALARMS


def test_small_talk_does_not_alarm(emergencies: Emergencies) -> None:
    """Short words above all; the lines that small talk is measured with are not learnt here."""
    lines = (STARTER / "eval" / "smalltalk.jsonl").read_text("utf-8").splitlines()
    remarks = [line["text"] for line in map(json.loads, lines) if line["split"] == "test"]

    alarms = [text for text in remarks if emergencies.detect(text)]

    assert len(alarms) <= len(remarks) * MOST_ALARMS


@pytest.mark.parametrize("text", ["තව ටිකක්", "mama", "නෑ තාම", "beheth", "මගේ පුතා", "bye"])
def test_a_few_words_alone_do_not_alarm(emergencies: Emergencies, text: str) -> None:
    """What a person answers in the middle of a dialogue."""
    assert emergencies.detect(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_reply(emergencies: Emergencies, language: str) -> None:
    """In Sinhala, English and Tamil; and no reply is left without its kind."""
    keys = {key for key in Catalogue.load().keys(language) if key.startswith("emergency.")}

    assert keys == {f"emergency.{kind}" for kind in emergencies.kinds}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_says_whom_to_call(emergencies: Emergencies, language: str) -> None:
    """And on a wish to die names no means."""
    texts = {
        kind: Catalogue.load().text(f"emergency.{kind}", language) for kind in emergencies.kinds
    }

    assert all("1990" in text for text in texts.values())
    assert "1926" in texts["self_harm"]
    means = ("වස", "බෙහෙත්", "poison", "pesticide", "ml", "விஷ", "மருந்து ")
    assert [word for word in means if word in texts["self_harm"]] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("වස බිව්වා", Emergency("poisoning")), ("WASA BIWWA!!!", Emergency("poisoning")),
        ("වසබිව්වා", Emergency("poisoning")), ("podi putha wasa kala", Emergency("child_poisoning")),
        ("my husband drank pesticide", Emergency("poisoning", "en")),
        ("ඇහැට බෙහෙත් ගියා", Emergency("contact")), ("nayek gahuwa", Emergency("snake_bite")),
        ("මට මැරෙන්න හිතෙනවා", Emergency("self_harm")), ("பாம்பு கடித்தது", Emergency("snake_bite")),
        ("hithamathama wasa biwwa", Emergency("self_harm")),
        ("wasa biwwe na", None), ("nobody drank poison", None), ("balla wasa kala", None),
        ("balla maruna wasa kala, mage puthath wasa kala", Emergency("child_poisoning")),
        ("wassa wadi, wathura biwwa", None), ("naya gewanna ba", None), ("wal marenna one", None),
        ("wasa biwwoth mokada wenne", None), ("if a snake bites what happens", None),
        ("issara thaththata nayek gahuwa", None), ("edit", None), ("unata beheth biwwa", None),
        ("giya awurudde wagawa giya, thaththa wasa bila", Emergency("poisoning")),
        ("doctor amma wasa biwwa", Emergency("poisoning")),
        ("issara idan mata marenna hithenawa", Emergency("self_harm")),
        ("me mila ekka jiwath wenna ba", None), ("jiwath wenna ba", Emergency("self_harm")),
        ("i wanttt tooo dieee", Emergency("self_harm", "en")),
        ("sssnake bit meee", Emergency("snake_bite", "en")),
    ],
)  # fmt: skip
def test_examples(emergencies: Emergencies, text: str, expected: Emergency | None) -> None:
    """One rule each."""
    assert emergencies.detect(text) == expected


def test_a_call_for_help_at_the_end_of_a_long_message_is_heard(emergencies: Emergencies) -> None:
    """Wherever it stands."""
    story = "මගේ කුඹුර ගැන කියන්න තියෙනවා " * 40

    assert emergencies.detect(story) is None
    assert emergencies.detect(story + "තාත්තා වස බිව්වා") == Emergency("poisoning")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "...", "?", "\u200d", "\u0dca", "\ud800", "\x00", "🌾", "1", "වස " * 2000,
     "wasa" * 1000, "x" * 5000, "*_<>" * 500, "(((" * 900],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_it_never_raises(emergencies: Emergencies, text: str) -> None:
    """Whatever a person sends."""
    assert emergencies.detect(text) is None


def test_a_word_without_end_is_heard_by_its_beginning(emergencies: Emergencies) -> None:
    """What it costs to look through has an end."""
    assert emergencies.hear("wasa" * 1000) == emergencies.hear("wasa" * 16)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (MINIMAL + 'pattern = ["x"]', "pattern"),
        (MINIMAL + 'unless = "<nobody>"', "nobody"),
        (MINIMAL.replace('"<poison> .. biwwa"', '"@nothing"'), "nothing"),
        (MINIMAL.replace('["<poison> .. biwwa"]', "[]"), "patterns"),
        ("apart = [", "emergencies.toml"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    """The error names the file and the fault."""
    file = tmp_path / "emergencies.toml"
    file.write_text(content, "utf-8")

    with pytest.raises(EmergencyError, match=reason) as caught:
        load_emergencies(file, weights=None)

    assert str(file) in str(caught.value)


def test_a_small_file_works(tmp_path: Path) -> None:
    """The format is what the file's own comment says."""
    file = tmp_path / "emergencies.toml"
    file.write_text(MINIMAL, "utf-8")

    rules = load_emergencies(file, weights=None)

    assert rules.detect("he wasa ekak biwwa") == Emergency("poisoning")
    assert rules.detect("lorsbanma biwwa") == Emergency("poisoning")
    assert rules.detect("round up biwwa") == Emergency("poisoning")
    assert rules.detect("lorsbanma") is None
    assert rules.detect("he did not wasa biwwa") is None
    assert rules.detect("wasa a b c biwwa") is None
    assert rules.detect("not him wasa biwwa") is None
    assert rules.detect("not him but he wasa biwwa") == Emergency("poisoning")


def test_every_product_is_a_poison() -> None:
    """Farmers call it by its name."""
    products = tomllib.loads(FILE.read_text("utf-8"))["products"].split()
    names = [product.removesuffix("*").replace("_", " ") for product in products]
    rules = load_emergencies(weights=None)

    unheard = [name for name in names if rules.detect(f"mage malli {name} biwwa") is None]

    assert names
    assert unheard == []


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 4096])
def test_damaged_weights_are_refused(tmp_path: Path, content: bytes) -> None:
    """With the file's name and what to do."""
    file = tmp_path / "emergencies.weights"
    file.write_bytes(content)

    with pytest.raises(EmergencyError, match="govi model emergencies") as caught:
        load_emergencies(weights=file)

    assert str(file) in str(caught.value)


def test_what_is_learnt_is_told_again(tmp_path: Path) -> None:
    """From the file that learning writes, the same as from memory."""
    messages = [message for message in read_messages() if message.group == "english"]
    file = tmp_path / "emergencies.weights"

    learn(messages, ["how much fertilizer for paddy"] * 20).write(file)
    emergencies = load_emergencies(weights=file)

    assert emergencies.detect("my father drank weedkiller") == Emergency("poisoning", "en")
    assert emergencies.detect("how much fertilizer for chilli") is None


def test_learning_anew_leaves_what_is_read_alone(tmp_path: Path) -> None:
    """A bot that serves has the file mapped; it goes on with the old one."""
    file = tmp_path / "emergencies.weights"
    file.write_bytes(WEIGHTS.read_bytes())
    serving = load_emergencies(weights=file)
    mapped = file.stat().st_ino

    EmergencyClassifier.read(WEIGHTS).write(file)

    assert file.stat().st_ino != mapped
    assert serving.detect("my father drank weedkiller") == Emergency("poisoning", "en")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "a"}', "kind"),
        ("no json", "JSON"),
        ('{"text": 1, "kind": null, "group": "x"}', "text"),
    ],
)
def test_a_faulty_line_of_messages_is_named(tmp_path: Path, line: str, reason: str) -> None:
    """By its number and fault."""
    file = tmp_path / "messages.jsonl"
    file.write_text(f'{{"text": "a", "kind": null, "group": "english"}}\n{line}\n', "utf-8")

    with pytest.raises(EmergencyError, match=f"line 2(.|\\n)*{reason}"):
        read_messages(file)
