"""Like questions find one another, with the model that is shipped."""

from collections import defaultdict

import pytest
from sqlalchemy.orm import Session

from bot.bootstrap import STARTER
from bot.cli.train import read_entries
from bot.db.models import Ask, Escalation
from bot.services.answering import Incoming, record_question
from bot.services.farmers import Asker
from bot.settings import ROOT
from retrieval import Retriever, SearchResult

#: In Sinhala script, carelessly typed, in English letters, and mixed.
SUBJECTS = {
    "straw": (
        "පිදුරු කුඹුරේ පුච්චන එක හොඳ නැත්තේ ඇයි?",
        "කුඹුරෙ පිදුරු පිච්චුවට මොකද වෙන්නෙ ලේසියි නේ",
        "piduru puchchanna epa kiyanne ai",
        "straw burning එකෙන් soil එකට damage වෙනවද",
    ),
    "brown spot": (
        "දුඹුරු පුල්ලි රෝගය හැදෙන්නේ ඇයි?",
        "දුබුරු පුල්ලි රෝගෙට හේතුව මොකද්ද",
        "dumburu pulli roge enna hethu monawada",
        "brown spot disease එකට reason එක මොකක්ද, seed එකෙනුත් එනවද",
    ),
    "gall midge": (
        "ගොක් මැස්සාගේ වර්ග දෙකටම ඔරොත්තු දෙන බීජ වී මොනවද?",
        "ගොක් මැස්සට හොද බිජ වී ජාති මොනවද",
        "gok massata orottu dena wee jathi mnwda",
        "gall midge resistant varieties මොනවද",
    ),
}
QUESTIONS = [(subject, text) for subject, texts in SUBJECTS.items() for text in texts]
_ABOUT = ("straw", "brown_spot", "gall_midge")


@pytest.fixture(scope="module")
def results() -> list[SearchResult]:
    """What the shipped model finds while the entries that would answer are missing."""
    retriever = Retriever.open(ROOT / "retrieval" / "model")
    entries = read_entries(STARTER)[::40]
    retriever.load(e for e in entries if not any(word in e.key for word in _ABOUT))
    return retriever.search([text for _, text in QUESTIONS])


def test_four_scripts_join_from_the_first_repeat(
    session: Session, results: list[SearchResult]
) -> None:
    """Each subject is one group of its four farmers, however the questions alternate."""
    groups: dict[str, set[int]] = defaultdict(set)
    numbered = list(enumerate(zip(QUESTIONS, results, strict=True)))
    for number, ((subject, text), result) in sorted(numbered, key=lambda each: each[0] % 4):
        incoming = Incoming(Asker(number + 1, number + 1), text, number, number)
        outcome = record_question(session, incoming, result)
        groups[subject].add(session.get_one(Ask, outcome.ask_id).escalation_id)

    assert [len(ids) for ids in groups.values()] == [1, 1, 1]
    assert session.query(Escalation).count() == len(SUBJECTS)
