"""Changes that another person must approve: draft entries, and phrasings for entries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Entry, EntryStatus, Origin, Proposal, ProposalState, Role
from bot.errors import (
    AlreadyDecidedError,
    OwnProposalError,
    ProposalMissingError,
    UnfitEntryError,
)
from bot.knowledge import check_fields, match_key, match_keys
from bot.paging import count_pages, nearest_page
from bot.services import audit, roles
from bot.services.curation import Change, draft_of, refuse_taken_phrasings, write_entries
from bot.services.editing import (
    EntryState,
    author,
    get_entry,
    refuse_changed,
    state_of,
    write_new,
)


class Pending(NamedTuple):
    """A proposal that waits for an admin, and the entry that it is about as it stands now.

    Attributes:
        phrasing: The phrasing to add; None proposes the draft entry itself.
        escalation_id: What it was learnt from, if anything.
    """

    proposal_id: int
    entry: EntryState
    phrasing: str | None
    escalation_id: int | None
    proposed_by: int
    proposed_by_name: str
    proposed_at: datetime


class PendingPage(NamedTuple):
    """One page of what waits, oldest first.

    Attributes:
        page: Its number, from 0; the last one when a later one was asked for.
        pages: How many there are, at least 1.
        total: Proposals on all of them.
    """

    proposals: tuple[Pending, ...]
    page: int
    pages: int
    total: int


def propose_entry(
    session: Session,
    telegram_user_id: int,
    fields: Mapping[str, Any],
    escalation_id: int | None = None,
) -> Pending:
    """Write a draft entry that farmers do not see until an admin approves it; does not commit.

    Args:
        session: The transaction.
        telegram_user_id: An officer.
        fields: Those of `EntryDraft`; without a key one is made of the area and the title.
        escalation_id: What it was learnt from, if anything.

    Raises:
        NotAllowedError: The person is no officer.
        KnowledgeError: The fields are not an entry, the key is in use, or another entry holds
            one of the phrasings.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    draft = {**fields, "status": EntryStatus.DRAFT.value}
    state = write_new(session, draft, Change(author(telegram_user_id), Origin.OFFICER))
    return _propose(session, telegram_user_id, state.entry_id, None, escalation_id)


def propose_phrasing(
    session: Session,
    telegram_user_id: int,
    entry_id: int,
    phrasing: str,
    escalation_id: int | None = None,
) -> Pending | None:
    """Propose a farmer's words as a phrasing of an entry; None if it is known or proposed already.

    Raises:
        NotAllowedError: The person is no officer.
        EntryMissingError: There is no such entry.
        KnowledgeError: It cannot be a phrasing, or another entry holds it.
    """
    roles.require(session, telegram_user_id, Role.OFFICER)
    entry = get_entry(session, entry_id)
    draft = draft_of(entry)
    if match_key(phrasing) in (*match_keys(draft), *_proposed(session, entry_id)):
        return None
    wider = check_fields(draft.model_dump() | {"phrasings": [*draft.phrasings, phrasing]})
    refuse_taken_phrasings(session, [wider])
    added = wider.phrasings[-1]
    return _propose(session, telegram_user_id, entry_id, added, escalation_id)


def list_pending(
    session: Session, telegram_user_id: int, page: int = 0, *, size: int
) -> PendingPage:
    """Return a page of what waits.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    waiting = select(Proposal).where(Proposal.state == ProposalState.PENDING)
    total = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    page = nearest_page(page, total, size)
    rows = session.scalars(waiting.order_by(Proposal.id).offset(page * size).limit(size))
    shown = tuple(_pending(session, row) for row in rows)
    return PendingPage(shown, page, count_pages(total, size), total)


def read_pending(session: Session, telegram_user_id: int, proposal_id: int) -> Pending:
    """Return one proposal that waits.

    Raises:
        NotAllowedError: The person is no admin.
        ProposalMissingError: There is none of this number.
        AlreadyDecidedError: It waits no longer.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return _pending(session, _waiting(session, proposal_id))


def approve(
    session: Session,
    telegram_user_id: int,
    proposal_id: int,
    self_approval: bool = False,
    phrasing: str | None = None,
    *,
    seen_version: int | None = None,
) -> EntryState:
    """Publish a draft entry, or give an entry its new phrasing; does not commit.

    Once committed, a running bot finds it at its next look at the knowledge base's revision.

    Args:
        session: The transaction.
        telegram_user_id: An admin other than who proposed it.
        proposal_id: Which proposal.
        self_approval: Whether this installation lets people approve their own. An installation's
            only admin always may. Both are recorded.
        phrasing: The proposed phrasing as the admin has corrected it. A draft entry is edited
            like any other before it is approved.
        seen_version: The version of the draft entry that the admin was shown; nobody approves what
            another has written into it since.

    Raises:
        NotAllowedError: The person is no admin.
        ProposalMissingError: There is none of this number.
        AlreadyDecidedError: It was decided before, perhaps a moment ago by somebody else.
        OwnProposalError: It is the person's own.
        UnfitEntryError: The entry was retired meanwhile.
        ChangedMeanwhileError: Somebody else has changed the draft entry since it was shown.
        KnowledgeError: Another entry holds one of its phrasings by now.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    proposal = _waiting(session, proposal_id)
    if seen_version is not None and proposal.phrasing is None:
        _refuse_unseen(session, proposal, telegram_user_id, seen_version)
    exception = _exception_for_own(session, proposal, telegram_user_id, self_approval)
    _decide(session, proposal, telegram_user_id, ProposalState.APPROVED)
    if phrasing is not None and proposal.phrasing is not None:
        proposal.phrasing = phrasing
    state = _apply(session, proposal, telegram_user_id)
    _record(session, "approve proposal", proposal, state.draft.key, exception)
    return state


def reject(
    session: Session, telegram_user_id: int, proposal_id: int, reason: str | None = None
) -> Pending:
    """Turn a proposal down, one's own too; its draft entry is retired. Does not commit.

    Raises:
        NotAllowedError: The person is no admin.
        ProposalMissingError: There is none of this number.
        AlreadyDecidedError: It was decided before.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    proposal = _waiting(session, proposal_id)
    rejected = _pending(session, proposal)
    _decide(session, proposal, telegram_user_id, ProposalState.REJECTED, reason)
    entry = get_entry(session, proposal.entry_id)
    if proposal.phrasing is None and entry.status is EntryStatus.DRAFT:
        _write_status(session, entry, EntryStatus.RETIRED, telegram_user_id)
    _record(session, "reject proposal", proposal, entry.key, reason)
    return rejected


def _apply(session: Session, proposal: Proposal, telegram_user_id: int) -> EntryState:
    entry = get_entry(session, proposal.entry_id)
    if entry.status is EntryStatus.RETIRED:
        raise UnfitEntryError(entry.key)
    if proposal.phrasing is None:
        if entry.status is EntryStatus.DRAFT:
            _write_status(session, entry, EntryStatus.PUBLISHED, telegram_user_id)
        return state_of(session, entry)
    draft = draft_of(entry)
    if match_key(proposal.phrasing) not in match_keys(draft):
        phrasings = [*draft.phrasings, proposal.phrasing]
        wider = check_fields(draft.model_dump() | {"phrasings": phrasings})
        refuse_taken_phrasings(session, [wider])
        change = Change(author(telegram_user_id), Origin.OFFICER, takes_over=False)
        write_entries(session, [wider], {entry.key: entry}, change)
    return state_of(session, entry)


def _refuse_unseen(
    session: Session, proposal: Proposal, telegram_user_id: int, seen_version: int
) -> None:
    entry = get_entry(session, proposal.entry_id)
    if state_of(session, entry).changed_by != author(telegram_user_id):
        refuse_changed(entry, seen_version)


def _write_status(
    session: Session, entry: Entry, status: EntryStatus, telegram_user_id: int
) -> None:
    draft = check_fields(draft_of(entry).model_dump() | {"status": status.value})
    change = Change(author(telegram_user_id), Origin.OFFICER)
    write_entries(session, [draft], {entry.key: entry}, change)


def _exception_for_own(
    session: Session, proposal: Proposal, telegram_user_id: int, self_approval: bool
) -> str | None:
    """Return why a person may approve this, if it takes a reason."""
    if proposal.proposed_by != telegram_user_id:
        return None
    if self_approval:
        return "own proposal, by setting"
    if len(roles.list_holders(session, Role.ADMIN)) == 1:
        return "own proposal, only admin"
    raise OwnProposalError


def _waiting(session: Session, proposal_id: int) -> Proposal:
    proposal = session.get(Proposal, proposal_id)
    if proposal is None:
        raise ProposalMissingError(str(proposal_id))
    if proposal.state is not ProposalState.PENDING:
        raise _decided(session, proposal)
    return proposal


def _decide(
    session: Session,
    proposal: Proposal,
    telegram_user_id: int,
    state: ProposalState,
    reason: str | None = None,
) -> None:
    """Leave PENDING exactly once, however many people press at the same time."""
    decided = session.scalar(
        update(Proposal)
        .where(Proposal.id == proposal.id, Proposal.state == ProposalState.PENDING)
        .values(state=state, decided_by=telegram_user_id, decided_at=utc_now(), reason=reason)
        .returning(Proposal.id)
    )
    session.refresh(proposal)
    if decided is None:
        raise _decided(session, proposal)


def _decided(session: Session, proposal: Proposal) -> AlreadyDecidedError:
    decided_by = proposal.decided_by or 0
    return AlreadyDecidedError(
        name=roles.name_of(session, decided_by),
        decided_by=decided_by,
        is_approved=proposal.state is ProposalState.APPROVED,
    )


def _propose(
    session: Session,
    telegram_user_id: int,
    entry_id: int,
    phrasing: str | None,
    escalation_id: int | None,
) -> Pending:
    proposal = Proposal(
        entry_id=entry_id,
        phrasing=phrasing,
        escalation_id=escalation_id,
        proposed_by=telegram_user_id,
    )
    session.add(proposal)
    session.flush()
    pending = _pending(session, proposal)
    _record(session, "propose", proposal, pending.entry.draft.key, None)
    return pending


def _record(
    session: Session, action: str, proposal: Proposal, key: str, details: str | None
) -> None:
    actor = proposal.decided_by or proposal.proposed_by
    subject = f"proposal {proposal.id}"
    what = f"phrasing of {key}" if proposal.phrasing else f"entry {key}"
    audit.record(session, actor, action, subject, f"{what}; {details}" if details else what)


def _proposed(session: Session, entry_id: int) -> Sequence[str]:
    """Return the match keys of phrasings that wait for this entry."""
    rows = session.scalars(
        select(Proposal.phrasing).where(
            Proposal.entry_id == entry_id,
            Proposal.phrasing.is_not(None),
            Proposal.state == ProposalState.PENDING,
        )
    )
    return [match_key(text) for text in rows if text]


def _pending(session: Session, proposal: Proposal) -> Pending:
    return Pending(
        proposal_id=proposal.id,
        entry=state_of(session, proposal.entry),
        phrasing=proposal.phrasing,
        escalation_id=proposal.escalation_id,
        proposed_by=proposal.proposed_by,
        proposed_by_name=roles.name_of(session, proposal.proposed_by),
        proposed_at=proposal.proposed_at,
    )
