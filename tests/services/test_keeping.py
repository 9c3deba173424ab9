"""What an officer's answer may become."""

import pytest
from sqlalchemy.orm import Session

from bot.db.models import Escalation, Origin
from bot.errors import EscalationMissingError, KnowledgeError, StaleButtonError
from bot.services import keeping, queue, resolving
from bot.services.curation import import_entries
from tests.factories import create_draft
from tests.services.loop import SUNIL, appoint, pass_on

SINHALA, SINGLISH = "කුරුඳු පොත්ත සුදු වෙනවා", "kurundu poththa sudu wenawa"
ANSWER = "ලෑල්ලේ ඉර එළියේ දවසක් වේලන්න."
GIVEN = {"source": "කෘෂිකර්ම දෙපාර්තමේන්තුව", "area": "spices"}


@pytest.fixture
def group(session: Session) -> Escalation:
    """One question of two farmers, claimed by an officer."""
    appoint(session, SUNIL)
    import_entries(session, [create_draft("paddy.blast")], Origin.STARTER, "test")
    pass_on(session, SINHALA, 11)
    group = pass_on(session, SINGLISH, 12)
    queue.claim(session, SUNIL, group.id)
    return group


def answer(session: Session, group: Escalation, text: str = ANSWER) -> None:
    """Answer everyone."""
    resolving.send_answer(session, SUNIL, group.id, text)


def test_an_answer_and_the_words_of_all_who_asked_are_gathered(
    session: Session, group: Escalation
) -> None:
    """The first asker's words are the question."""
    answer(session, group)

    known = keeping.gather(session, SUNIL, group.id)

    assert (known["title"], known["answer"]) == (SINHALA, ANSWER)
    assert known["phrasings"] == [SINHALA, SINGLISH]


def test_what_no_entry_could_hold_is_not_gathered(session: Session, group: Escalation) -> None:
    """It is asked for instead."""
    answer(session, group, "අ" * 3600)

    assert "answer" not in keeping.gather(session, SUNIL, group.id)


def test_nothing_is_kept_of_what_was_not_answered(session: Session, group: Escalation) -> None:
    """A question alone teaches nothing."""
    with pytest.raises(StaleButtonError):
        keeping.gather(session, SUNIL, group.id)
    with pytest.raises(StaleButtonError):
        keeping.propose_words(session, SUNIL, group.id, 1)
    with pytest.raises(EscalationMissingError):
        keeping.gather(session, SUNIL, 999)


def test_a_proposal_remembers_what_it_was_learnt_from(session: Session, group: Escalation) -> None:
    """And what the officer gave goes before what was gathered."""
    answer(session, group)

    pending = keeping.propose_from_answer(session, SUNIL, group.id, {**GIVEN, "title": "කුරුඳු පුස්"})

    draft = pending.entry.draft
    assert pending.escalation_id == group.id
    assert (draft.title, draft.answer, draft.status) == ("කුරුඳු පුස්", ANSWER, "draft")
    assert (draft.area, draft.source) == (GIVEN["area"], GIVEN["source"])


def test_words_that_the_entry_knows_are_left_out(session: Session, group: Escalation) -> None:
    """Proposed once, they are known; a second press proposes nothing."""
    answer(session, group)

    first = keeping.propose_words(session, SUNIL, group.id, 1)
    second = keeping.propose_words(session, SUNIL, group.id, 1)

    assert [pending.phrasing for pending in first] == [SINHALA, SINGLISH]
    assert second == []


def test_words_that_another_entry_holds_stay_there(session: Session, group: Escalation) -> None:
    """The others are proposed; with none left the fault is told."""
    answer(session, group)
    held = create_draft("spice.cinnamon", phrasings=(SINHALA,))
    import_entries(session, [held], Origin.STARTER, "test")

    assert [p.phrasing for p in keeping.propose_words(session, SUNIL, group.id, 1)] == [SINGLISH]

    with pytest.raises(KnowledgeError):
        keeping.propose_words(session, SUNIL, group.id, 1)
