"""What people have taught Govi."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import EscalationState, QuestionState
from bot.services.editing import retire_entry
from bot.services.learning import list_learnt_pairs
from bot.services.proposals import approve, propose_entry, propose_phrasing, reject
from tests.factories import create_draft
from tests.services.asking import answer, ask, escalate, farmer, rate
from tests.services.curating import ADMIN, FIELDS, OFFICER, staff, store


@pytest.fixture
def entry_id(session: Session) -> Iterator[int]:
    """An entry to learn for, and a farmer who agrees to teach."""
    staff(session)
    farmer(session).consented_at = utc_now()
    return store(session, create_draft("a.one"), create_draft("a.two")).entry_id


def learnt(session: Session) -> list[tuple[str, str, str]]:
    """Every pair."""
    return [(pair.question, pair.key, pair.origin) for pair in list_learnt_pairs(session)]


def test_an_approved_phrasing_is_learnt(session: Session, entry_id: int) -> None:
    """One that was rejected, or still waits, is not."""
    words = ["අනුමත", "ප්‍රතික්ෂේප", "තාම නෑ"]
    proposals = [propose_phrasing(session, OFFICER, entry_id, each) for each in words]
    approve(session, ADMIN, proposals[0].proposal_id)
    reject(session, ADMIN, proposals[1].proposal_id)

    assert learnt(session) == [("අනුමත", "a.one", "phrasing")]


def test_what_an_officer_answered_with_an_entry_is_learnt(session: Session, entry_id: int) -> None:
    """Every asker's own words; not those that were withdrawn, nor a group opened again."""
    group = escalate(session, ask(session, "මම ඇහුවා"), ask(session, "mamath ahuwa"))
    group.asks.append(escalate(session, ask(session, "ඕන නෑ")).asks[0])
    group.asks[2].withdrawn_at = utc_now()
    answer(session, group, utc_now(), entry_id)
    again = escalate(session, ask(session, "තාම හරි නෑ"), state=EscalationState.OPEN)
    answer(session, again, utc_now(), entry_id)

    assert learnt(session) == [
        ("මම ඇහුවා", "a.one", "officer"),
        ("mamath ahuwa", "a.one", "officer"),
    ]


def test_who_did_not_agree_teaches_nothing(session: Session, entry_id: int) -> None:
    """Their question was asked to be answered, not to train on."""
    farmer(session).consented_at = None
    group = escalate(session, ask(session, "මගේ වචන"))
    answer(session, group, utc_now(), entry_id)
    chosen = {"decision": "suggest", "state": QuestionState.ANSWERED, "entry_id": entry_id}
    ask(session, "තෝරගත්තා", **chosen)

    assert learnt(session) == []


def test_what_became_an_entry_is_learnt(session: Session, entry_id: int) -> None:
    """Once it is approved."""
    group = escalate(session, ask(session, "අලුත් දෙයක්"))
    answer(session, group, utc_now())
    proposal = propose_entry(session, OFFICER, {**FIELDS, "key": "a.new"}, group.id)
    assert learnt(session) == []

    approve(session, ADMIN, proposal.proposal_id)

    assert ("අලුත් දෙයක්", "a.new", "officer") in learnt(session)


def test_a_chosen_suggestion_is_learnt_unless_it_was_no_help(
    session: Session, entry_id: int
) -> None:
    """An offer that nobody took teaches nothing, nor does who tries Govi out."""
    chosen = {"decision": "suggest", "state": QuestionState.ANSWERED, "entry_id": entry_id}
    ask(session, "තෝරගත්තා", **chosen)
    rate(session, ask(session, "වැඩක් නෑ", **chosen), is_helpful=False)
    ask(session, "තෝරලා නෑ", "suggest")
    ask(session, "ටර්මිනලයේ", **chosen, farmer=None, channel="terminal")
    ask(session, "කෙළින්ම", "answer", entry_id=entry_id)

    assert learnt(session) == [("තෝරගත්තා", "a.one", "suggestion")]


def test_a_question_comes_once_and_only_for_one_entry(session: Session, entry_id: int) -> None:
    """People who disagree teach nothing; who agree, once."""
    chosen = {"decision": "suggest", "state": QuestionState.ANSWERED}
    for text, owner in (
        ("එකම", entry_id), ("එකම?", entry_id), ("දෙගිඩියා", entry_id), ("දෙගිඩියා", entry_id + 1),
    ):  # fmt: skip
        ask(session, text, **chosen, entry_id=owner)

    assert learnt(session) == [("එකම", "a.one", "suggestion")]


def test_what_cannot_be_trained_is_left_out(session: Session, entry_id: int) -> None:
    """Long letters, bare emoji, and entries that nobody sees any more."""
    chosen = {"decision": "suggest", "state": QuestionState.ANSWERED, "entry_id": entry_id}
    ask(session, "ක" * 301, **chosen)
    ask(session, "🌾", **chosen)
    assert learnt(session) == []

    ask(session, "හොඳ එකක්", **chosen)
    retire_entry(session, ADMIN, entry_id, 1)

    assert learnt(session) == []
