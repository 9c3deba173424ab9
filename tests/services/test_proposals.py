"""Drafts and phrasings that wait for another person's approval."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import transaction
from bot.db.models import AuditEvent, Entry, EntryStatus, Origin, Phrasing, Proposal, ProposalState
from bot.errors import (
    AlreadyDecidedError,
    KnowledgeError,
    OwnProposalError,
    ProposalMissingError,
    UnfitEntryError,
)
from bot.services.editing import edit_entry, retire_entry
from bot.services.knowledge_index import KnowledgeIndex, read_entries
from bot.services.proposals import (
    approve,
    list_pending,
    propose_entry,
    propose_phrasing,
    read_pending,
    reject,
)
from tests.factories import create_draft, create_retriever
from tests.services.curating import (
    ADMIN,
    FIELDS,
    OFFICER,
    OTHER_ADMIN,
    grant,
    staff,
    store,
)

WORDS = "මගේ කුඹුරේ ගොයම දුඹුරු වෙලා"


def test_a_draft_is_found_by_nobody_until_it_is_approved(session: Session) -> None:
    """Then it is published, and its origin is the officer's answer."""
    staff(session)
    proposal = propose_entry(session, OFFICER, FIELDS)
    assert list(read_entries(session)) == []

    approved = approve(session, ADMIN, proposal.proposal_id)

    assert [entry.answer for entry in read_entries(session)] == [FIELDS["answer"]]
    assert (approved.origin, approved.draft.status) == (Origin.OFFICER, "published")
    assert approved.changed_by == f"telegram:{ADMIN}"


def test_an_approved_phrasing_belongs_to_its_entry(session: Session) -> None:
    """It is recorded as learnt; the entry itself stays what it was."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    proposal = propose_phrasing(session, OFFICER, entry.entry_id, WORDS)

    approved = approve(session, ADMIN, proposal.proposal_id)

    assert approved.draft.phrasings == (*entry.draft.phrasings, WORDS)
    assert (approved.version, approved.origin) == (2, Origin.STARTER)
    learnt = session.scalars(select(Phrasing).where(Phrasing.text == WORDS)).one()
    assert learnt.origin is Origin.OFFICER


def test_a_running_index_takes_an_approval_over(sessions: sessionmaker[Session]) -> None:
    """At its next look at the revision, without a restart."""
    with transaction(sessions) as session:
        staff(session)
        entry = store(session, create_draft("a.one"))
        proposal = propose_phrasing(session, OFFICER, entry.entry_id, WORDS)
    index = KnowledgeIndex(sessions, create_retriever())
    index.load()
    with transaction(sessions) as session:
        approve(session, ADMIN, proposal.proposal_id)

    assert index.refresh()
    assert index.search([WORDS])[0].matches[0].phrasing == WORDS


def test_two_admins_at_once_decide_once(sessions: sessionmaker[Session]) -> None:
    """The second is told who was first and what was decided."""
    with transaction(sessions) as session:
        staff(session)
        proposal = propose_entry(session, OFFICER, FIELDS)
    with transaction(sessions) as session:
        approve(session, ADMIN, proposal.proposal_id)

    for act in (approve, reject):
        with pytest.raises(AlreadyDecidedError) as refused, transaction(sessions) as session:
            act(session, OTHER_ADMIN, proposal.proposal_id)
        told = {"name": str(ADMIN), "decided_by": ADMIN, "is_approved": True}
        assert refused.value.values == told


def test_nobody_approves_their_own_where_another_admin_could(session: Session) -> None:
    """Four eyes."""
    staff(session)
    proposal = propose_entry(session, ADMIN, FIELDS)

    with pytest.raises(OwnProposalError):
        approve(session, ADMIN, proposal.proposal_id)
    assert approve(session, OTHER_ADMIN, proposal.proposal_id).version == 2


@pytest.mark.parametrize(
    ("admins", "self_approval", "words"),
    [((ADMIN,), False, "only admin"), ((ADMIN, OTHER_ADMIN), True, "by setting")],
)
def test_ones_own_is_approved_by_the_only_admin_or_by_setting(
    session: Session, admins: tuple[int, ...], self_approval: bool, words: str
) -> None:
    """And that is recorded."""
    grant(session, *admins)
    proposal = propose_entry(session, ADMIN, FIELDS)

    approve(session, ADMIN, proposal.proposal_id, self_approval)

    details = session.scalars(select(AuditEvent.details).order_by(AuditEvent.id.desc())).first()
    assert f"own proposal, {words}" in details


def test_a_draft_is_edited_and_then_approved(session: Session) -> None:
    """Like any entry, as often as needed."""
    staff(session)
    proposal = propose_entry(session, OFFICER, FIELDS)
    edit_entry(session, ADMIN, proposal.entry.entry_id, 1, {"answer": "හදපු උත්තරය."})

    approved = approve(session, ADMIN, proposal.proposal_id)

    assert (approved.draft.answer, approved.version) == ("හදපු උත්තරය.", 3)


def test_a_phrasing_is_corrected_and_approved_in_one(session: Session) -> None:
    """Farmers' words may hold a name or a number."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    proposal = propose_phrasing(session, OFFICER, entry.entry_id, f"{WORDS} 0771234567")

    approved = approve(session, ADMIN, proposal.proposal_id, phrasing=WORDS)

    assert approved.draft.phrasings[-1] == WORDS
    assert session.get_one(Proposal, proposal.proposal_id).phrasing == WORDS


def test_a_rejected_draft_is_retired_and_its_question_free(session: Session) -> None:
    """The reason stays with the proposal."""
    staff(session)
    proposal = propose_entry(session, OFFICER, FIELDS)

    reject(session, ADMIN, proposal.proposal_id, "මූලාශ්‍රයක් නෑ")

    row = session.get_one(Proposal, proposal.proposal_id)
    assert (row.state, row.decided_by, row.reason) == (
        ProposalState.REJECTED,
        ADMIN,
        "මූලාශ්‍රයක් නෑ",
    )
    assert session.get_one(Entry, row.entry_id).status is EntryStatus.RETIRED
    assert propose_entry(session, OFFICER, FIELDS).entry.version == 1


def test_a_rejected_phrasing_leaves_its_entry_alone(session: Session) -> None:
    """It was never part of it."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    proposal = propose_phrasing(session, OFFICER, entry.entry_id, WORDS)

    rejected = reject(session, ADMIN, proposal.proposal_id)

    assert rejected.entry == entry
    assert [each.version for each in session.scalars(select(Entry))] == [1]


def test_what_is_known_or_waits_is_not_proposed_again(session: Session) -> None:
    """However it is typed."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    propose_phrasing(session, OFFICER, entry.entry_id, WORDS)

    assert propose_phrasing(session, ADMIN, entry.entry_id, f" {WORDS}?!") is None
    assert propose_phrasing(session, ADMIN, entry.entry_id, entry.draft.phrasings[0]) is None


@pytest.mark.parametrize(
    ("phrasing", "reason"),
    [("🌾", "neither letters nor digits"), ("ක" * 301, "at most 300"), ("පොදු එක", "belongs to")],
)
def test_what_cannot_be_a_phrasing_is_refused(session: Session, phrasing: str, reason: str) -> None:
    """With what is wrong with it."""
    staff(session)
    entry = store(session, create_draft("a.one"), create_draft("a.two", phrasings=("පොදු එක",)))

    with pytest.raises(KnowledgeError, match=reason):
        propose_phrasing(session, OFFICER, entry.entry_id, phrasing)


def test_a_phrasing_that_another_entry_got_meanwhile_is_refused(session: Session) -> None:
    """The proposal goes on waiting; the admin may reject it."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    proposal = propose_phrasing(session, OFFICER, entry.entry_id, WORDS)
    store(session, create_draft("a.two", phrasings=(WORDS,)))

    with pytest.raises(KnowledgeError, match=r"belongs to a\.two"), session.begin_nested():
        approve(session, ADMIN, proposal.proposal_id)
    assert read_pending(session, ADMIN, proposal.proposal_id).phrasing == WORDS


def test_a_phrasing_for_an_entry_that_was_retired_is_refused(session: Session) -> None:
    """Nobody would find it; the entry is restored first, or the proposal rejected."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    proposal = propose_phrasing(session, OFFICER, entry.entry_id, WORDS)
    retire_entry(session, ADMIN, entry.entry_id, 1)

    with pytest.raises(UnfitEntryError):
        approve(session, ADMIN, proposal.proposal_id)


def test_what_waits_comes_in_pages_oldest_first(session: Session) -> None:
    """With how many there are."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    for number in range(3):
        propose_phrasing(session, OFFICER, entry.entry_id, f"{WORDS} {number}")

    listed = list_pending(session, ADMIN, 1, size=1)

    assert [each.phrasing for each in listed.proposals] == [f"{WORDS} 1"]
    assert (listed.page, listed.pages, listed.total) == (1, 3, 3)


def test_a_proposal_that_is_not_there_is_named(session: Session) -> None:
    """An old or forged button."""
    staff(session)

    with pytest.raises(ProposalMissingError, match="99"):
        approve(session, ADMIN, 99)
