"""What becomes of a person's words elsewhere, once the person is forgotten."""

from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Dialogue, EscalationState, Proposal, ProposalState, QuestionState
from bot.services import dialogues
from bot.services.forgetting import forget
from bot.services.proposals import approve, propose_phrasing
from bot.services.question_log import LogFilter, iter_questions
from tests.factories import create_draft
from tests.services.asking import escalate, farmer
from tests.services.curating import ADMIN, OFFICER, staff, store
from tests.services.traces import ME, MINE, OTHER, mine, theirs


def test_who_asked_in_the_same_words_keeps_theirs(session: Session) -> None:
    """In another group, which the officers see in the queue as before."""
    escalate(session, mine(session))
    group = escalate(session, theirs(session, MINE), state=EscalationState.OPEN)

    forget(session, ME)

    session.refresh(group)
    assert group.text == MINE


def test_what_a_group_that_was_merged_said_goes_too(session: Session) -> None:
    """It has no askers any more that would lead there."""
    merged = escalate(session, mine(session), state=EscalationState.MERGED)
    into = escalate(session, theirs(session), state=EscalationState.OPEN)
    merged.asks[0].escalation = into

    forget(session, ME)

    session.refresh(merged)
    assert merged.text == ""


def test_words_that_wait_to_become_a_phrasing_are_withdrawn(session: Session) -> None:
    """An admin never sees them."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    group = escalate(session, mine(session))
    propose_phrasing(session, OFFICER, entry.entry_id, MINE, group.id)

    forget(session, ME)

    proposal = session.query(Proposal).one()
    assert (proposal.phrasing, proposal.state) == ("", ProposalState.REJECTED)


def test_words_proposed_from_the_question_log_are_withdrawn(session: Session) -> None:
    """They were never in the queue: nothing but the words leads from the proposal to the person."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    mine(session, decision="suggest")
    propose_phrasing(session, OFFICER, entry.entry_id, MINE)
    propose_phrasing(session, OFFICER, entry.entry_id, "නිලධාරියාගේම වචන")

    forget(session, ME)

    proposals = [(each.phrasing, each.state) for each in session.query(Proposal).order_by("id")]
    assert proposals == [
        ("", ProposalState.REJECTED),
        ("නිලධාරියාගේම වචන", ProposalState.PENDING),
    ]


def test_an_officer_loses_what_they_were_making_of_the_words(session: Session) -> None:
    """A dialogue about others' words goes on."""
    escalate(session, mine(session))
    dialogues.enter(session, OFFICER, "keep", "area", {"phrasings": [f"{MINE}?", "x"]})
    dialogues.enter(session, OTHER, "keep", "area", {"phrasings": ["x"]})

    forget(session, ME)

    assert [each.telegram_user_id for each in session.query(Dialogue)] == [OTHER]


def test_words_stay_only_for_who_agreed(session: Session) -> None:
    """They belong to nobody, and the log shows them so."""
    farmer(session, ME).consented_at = utc_now()
    mine(session)

    forgotten = forget(session, ME)

    assert forgotten.questions == 1
    (logged,) = iter_questions(session, LogFilter())
    assert (logged.text, logged.farmer) == (MINE, "")


def test_a_phrasing_that_was_approved_stays(session: Session) -> None:
    """It is general advice by now, and so is the record of it."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    group = escalate(session, mine(session))
    proposed = propose_phrasing(session, OFFICER, entry.entry_id, MINE, group.id)
    assert proposed is not None
    approve(session, ADMIN, proposed.proposal_id)

    forget(session, ME)

    proposal = session.query(Proposal).one()
    assert (proposal.phrasing, proposal.state) == (MINE, ProposalState.APPROVED)


def test_an_officer_loses_the_words_of_the_step_before_too(session: Session) -> None:
    """Where an update that is handled again would put them back."""
    mine(session)
    for update_id, data in enumerate(({"title": MINE}, {"title": "x"})):
        dialogues.enter(session, OFFICER, "keep", "title", data, update_id)

    forget(session, ME)

    assert session.query(Dialogue).count() == 0


def test_a_short_word_ends_no_dialogue_that_happens_to_have_it(session: Session) -> None:
    """Unless it is all that stands there."""
    mine(session, "වී")
    for officer, text in ((OFFICER, "වී පොහොර"), (OTHER, "වී")):
        dialogues.enter(session, officer, "add", "title", {"title": text})

    forget(session, ME)

    assert [each.telegram_user_id for each in session.query(Dialogue)] == [OFFICER]


def test_a_group_goes_on_in_the_words_of_who_waits(session: Session) -> None:
    """Not of who took their question back, though they asked before."""
    away, left = theirs(session, "ආපහු ගත්ත එක"), theirs(session)
    group = escalate(session, mine(session), away, left, state=EscalationState.OPEN)
    group.asks[1].withdrawn_at, away.state = utc_now(), QuestionState.WITHDRAWN

    forget(session, ME)

    session.refresh(group)
    assert group.text == left.text
