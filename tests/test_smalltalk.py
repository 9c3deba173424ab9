"""Small talk is told from questions."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.bootstrap import STARTER
from bot.i18n import Catalogue
from bot.i18n.catalogue import COMPLETE_LANGUAGES, MAIN_LANGUAGE, PARTIAL_LANGUAGES
from bot.knowledge_files import read_knowledge
from bot.smalltalk import FILE, MAX_WORDS, SmallTalk, SmallTalkError, load_smalltalk
from retrieval.evaluation import read_cases
from retrieval.phonetic import fold

MIN_RECALL, MAX_FALSE_ALARMS = 0.95, 0.005
LANGUAGES = (MAIN_LANGUAGE, *COMPLETE_LANGUAGES, *PARTIAL_LANGUAGES)
#: Evaluation lines that no entry answers because they are small talk.
SMALL_TALK_AMONG_THE_CASES = {"you are useless", "stupid machine shut up", "😂😂😂🔥"}
MINIMAL = (
    'address = ""\nfillers = ""\ncommon = ""\n[words]\n[kinds.greeting]\nphrases = ["hello"]\n'
)


class Message(NamedTuple):
    """A line of the evaluation file; `kind` None means a question."""

    text: str
    kind: str | None
    group: str
    split: str


MESSAGES = [
    Message(**json.loads(line))
    for line in (STARTER / "eval" / "smalltalk.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def smalltalk() -> SmallTalk:
    """The shipped rules."""
    return load_smalltalk(FILE)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_small_talk_is_recognised(smalltalk: SmallTalk, split: str) -> None:
    """Nearly all of it, and as the right kind."""
    talk = [message for message in MESSAGES if message.kind and message.split == split]

    missed = [message for message in talk if smalltalk.detect(message.text) != message.kind]

    assert len(missed) <= len(talk) * (1 - MIN_RECALL), missed


@pytest.mark.parametrize("split", ["dev", "test"])
def test_questions_that_look_like_small_talk_stay_questions(
    smalltalk: SmallTalk, split: str
) -> None:
    """A greeting before a question, a crop of one word, "kohomada" about fertiliser."""
    questions = [message for message in MESSAGES if not message.kind and message.split == split]

    taken = [message for message in questions if smalltalk.detect(message.text)]

    assert len(taken) <= len(questions) * MAX_FALSE_ALARMS, taken


def test_there_are_enough_messages_and_the_splits_share_none() -> None:
    """What the rules were made with does not measure them."""
    dev, test = (
        {fold(message.text) or message.text for message in MESSAGES if message.split == split}
        for split in ("dev", "test")
    )

    assert dev & test == set()
    assert sum(message.kind is not None for message in MESSAGES) >= 200
    assert sum(message.kind is None for message in MESSAGES) >= 200


def test_no_phrasing_of_an_entry_is_small_talk(smalltalk: SmallTalk) -> None:
    """Everything that an entry answers reaches it."""
    phrasings = [text for draft in read_knowledge(STARTER) for text in draft.phrasings]

    assert [text for text in phrasings if smalltalk.detect(text)] == []


@pytest.mark.parametrize("split", ["dev", "test"])
def test_no_evaluation_question_is_small_talk(smalltalk: SmallTalk, split: str) -> None:
    """Apart from the few that are."""
    questions = [case.question for case in read_cases(STARTER / "eval" / f"{split}.jsonl")]

    taken = {question for question in questions if smalltalk.detect(question)}

    assert taken <= SMALL_TALK_AMONG_THE_CASES


def test_every_kind_is_measured(smalltalk: SmallTalk) -> None:
    """In both splits."""
    for split in ("dev", "test"):
        measured = {message.kind for message in MESSAGES if message.split == split} - {None}
        assert measured == set(smalltalk.kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_reply(smalltalk: SmallTalk, language: str) -> None:
    """And no reply is left without its kind."""
    keys = {key for key in Catalogue.load().keys(language) if key.startswith("smalltalk.")}

    assert keys == {f"smalltalk.{kind}" for kind in smalltalk.kinds}


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.title,
        lambda text: f"  {text}!! 🌾.. ",
        lambda text: text.replace(" ", ",\n"),
        lambda text: text.replace("\u200d", ""),
        lambda text: re.sub("\u0dca(?!\u200d)", "\u0dca\u200d", text),
    ],
    ids=["upper", "title", "framed", "commas", "no joiners", "joiners"],
)
def test_punctuation_emoji_case_and_joiners_do_not_matter(
    smalltalk: SmallTalk, change: Callable[[str], str]
) -> None:
    """Neither in small talk nor in questions."""
    texts = [message.text for message in MESSAGES if fold(message.text)]

    assert [t for t in texts if smalltalk.detect(change(t)) != smalltalk.detect(t)] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ආයුබෝවන්", "greeting"), ("ayubowan", "greeting"), ("AAYUBOWAN!!!", "greeting"),
        ("හලෝ", "greeting"), ("hellooooo", "greeting"), ("අයියේ", "greeting"),
        ("ස්තුතියි", "thanks"), ("isthuthi", "thanks"), ("thankssss machan", "thanks"),
        ("oyakawda", "who_are_you"), ("ඔයා කව්ද", "who_are_you"), ("කවුද බං උඹ", "who_are_you"),
        ("🙏🏽", "thanks"), ("👍", "ok_yes_no"), ("බුදු සරණයි", "blessing"), ("නෑ", "ok_yes_no"),
        ("thanks oyage help ekata", "thanks"), ("thanks but price", None), ("saranai", "blessing"),
        ("thanks da", None), ("hello, thanks, bye", "thanks"),
        ("hari, oya manussayekda?", "are_you_human"),
        ("හරි කොහොමද", None), ("හරි නෑ", None), ("මෑ", None), ("ඇළ", None), ("ගොනා", None),
        ("hari da?", None), ("2 ha", None), ("meka mokakda", None), ("👨‍🌾", None),
    ],
)  # fmt: skip
def test_examples(smalltalk: SmallTalk, text: str, kind: str | None) -> None:
    """One rule each."""
    assert smalltalk.detect(text) == kind


@pytest.mark.parametrize("frame", ["{}", "hello {}", "{} machan", "ස්තූතියි {}", "ok {}", "{} ඔයාට"])
def test_a_word_of_the_farm_is_not_small_talk(smalltalk: SmallTalk, frame: str) -> None:
    """Nor are those that sound like a word of ours: මැක්කා like "මේක", වැව like "වේවා"."""
    words = (
        "මැක්කා වැව පස පසේ උණ අව්ව වල් තේ වී වැසි බෙලි මහට දාන්න ගන්න කියන්න ඕන කහ අල ගොනා හරකා "
        "නැද්ද ඕනද කීයද කවදාද ඇයි mekka wal pase una wesi beli mahata danna ganna ona area"
    ).split()

    assert [word for word in words if smalltalk.detect(frame.format(word))] == []


@pytest.mark.parametrize(
    "text",
    ["මම වස බිව්වා", "hello mama wasa biwwa", "ජීවිතේ එපා වෙලා", "thanks bye mata marenna one",
     "help sarpayek kewa", "අයියේ බෙහෙත් බීලා", "udaw karanna sihi na", "budu saranai mama marenawa"],
)  # fmt: skip
def test_a_call_for_help_is_not_small_talk(smalltalk: SmallTalk, text: str) -> None:
    """Not even behind a greeting or beside a farewell."""
    assert smalltalk.detect(text) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "...", "?", "\u200d", "\u0dca", "\ud800", "\x00", "🌾", "1", "නෑ " * 2000,
     "හා " * MAX_WORDS, "x" * 5000, "ha" * 5000, "🙏" * 5000],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_it_never_raises(smalltalk: SmallTalk, text: str) -> None:
    """Whatever a person sends, it is a kind or nothing."""
    assert smalltalk.detect(text) in {None, *smalltalk.kinds}


def test_a_long_message_is_a_question(smalltalk: SmallTalk) -> None:
    """Nobody greets in thirteen words."""
    assert smalltalk.detect("hello " * MAX_WORDS) == "greeting"
    assert smalltalk.detect("hello " * (MAX_WORDS + 1)) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (MINIMAL + 'phrase = ["hi"]', "phrase"),
        (MINIMAL + 'alone = ["<nobody> hi"]', "<nobody>"),
        (MINIMAL + 'markers = "<nobody>"', "<nobody>"),
        ("address = [", "smalltalk.toml"),
        (MINIMAL.replace("[words]", ""), "words"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    """The error names the file and the fault."""
    file = tmp_path / "smalltalk.toml"
    file.write_text(content, "utf-8")

    with pytest.raises(SmallTalkError, match=reason) as caught:
        load_smalltalk(file)

    assert str(file) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The error names it."""
    with pytest.raises(SmallTalkError, match=r"none\.toml"):
        load_smalltalk(tmp_path / "none.toml")
