"""What people have taught Govi: questions of farmers, and the entry that is right for each.

Only farmers who let the words of their questions be kept teach; a phrasing is general knowledge.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Entry,
    EntryStatus,
    Escalation,
    EscalationState,
    Feedback,
    Note,
    Origin,
    Phrasing,
    Proposal,
    ProposalState,
    Question,
    QuestionState,
    Reply,
)
from bot.knowledge import PHRASING_LIMIT, match_key
from bot.services.consent import words_may_be_kept


class LearntPair(NamedTuple):
    """A question and the key of its entry.

    Attributes:
        origin: "officer": an officer answered it with the entry, or the entry was made of the
            answer; "suggestion": the farmer chose the entry; "phrasing": approved as a phrasing.
    """

    question: str
    key: str
    origin: str


def list_learnt_pairs(session: Session) -> list[LearntPair]:
    """Return every pair that people stand behind, phrasings first; for operators.

    Each question comes once, however it is typed; one that people gave to two entries is left
    out, as are those of entries that farmers do not see and those too long to be a phrasing.
    """
    keys: dict[str, set[str]] = {}
    first: dict[str, LearntPair] = {}
    for pair in (*_phrasings(session), *_officers(session), *_choices(session)):
        question = match_key(pair.question)
        if question and len(pair.question) <= PHRASING_LIMIT:
            keys.setdefault(question, set()).add(pair.key)
            first.setdefault(question, pair)
    return [pair for question, pair in first.items() if len(keys[question]) == 1]


def _phrasings(session: Session) -> Iterator[LearntPair]:
    rows = session.execute(
        select(Phrasing.text, Entry.key)
        .join(Phrasing.entry)
        .where(
            Phrasing.origin == Origin.OFFICER,
            Phrasing.retired_at.is_(None),
            Entry.status == EntryStatus.PUBLISHED,
        )
        .order_by(Phrasing.id)
    )
    return (LearntPair(text, key, "phrasing") for text, key in rows)


def _officers(session: Session) -> Iterator[LearntPair]:
    """Yield what officers answered with an entry, or made an entry of."""
    asked = (
        select(Question.text, Entry.key)
        .select_from(Ask)
        .join(Ask.question)
        .join(Ask.escalation)
        .where(
            Escalation.state == EscalationState.ANSWERED,
            Ask.withdrawn_at.is_(None),
            Question.kind == "text",
            words_may_be_kept(),
            Entry.status == EntryStatus.PUBLISHED,
        )
        .order_by(Ask.id)
    )
    used = (
        asked.join(Note, Note.escalation_id == Escalation.id)
        .join(Entry, Note.entry_id == Entry.id)
        .where(Note.kind == "answer")
    )
    made = (
        asked.join(Proposal, Proposal.escalation_id == Escalation.id)
        .join(Entry, Proposal.entry_id == Entry.id)
        .where(Proposal.state == ProposalState.APPROVED, Proposal.phrasing.is_(None))
    )
    for statement in (used, made):
        for text, key in session.execute(statement):
            yield LearntPair(text, key, "officer")


def _choices(session: Session) -> Iterator[LearntPair]:
    """Yield the suggestions that farmers chose and did not call useless afterwards."""
    refused = (
        select(Feedback.id)
        .join(Reply, Feedback.reply_id == Reply.id)
        .where(Reply.question_id == Question.id, Feedback.is_helpful.is_(False))
    )
    rows = session.execute(
        select(Question.text, Entry.key)
        .join(Question.entry)
        .where(
            Question.decision == "suggest",
            Question.state == QuestionState.ANSWERED,
            Question.channel != "terminal",
            words_may_be_kept(),
            Entry.status == EntryStatus.PUBLISHED,
            ~refused.exists(),
        )
        .order_by(Question.id)
    )
    return (LearntPair(text, key, "suggestion") for text, key in rows)
