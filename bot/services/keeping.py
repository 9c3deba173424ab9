"""Keeping an officer's answer: a draft entry made of it, or its questions taught to an entry."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Escalation, EscalationState, Note, Question, Role
from bot.errors import KnowledgeError, StaleButtonError
from bot.knowledge import check_field, match_key
from bot.services import dialogues, roles
from bot.services.browsing import list_used_areas
from bot.services.dialogues import PREVIEW, find_waiting
from bot.services.editing import PARTS
from bot.services.holds import get_escalation
from bot.services.proposals import Pending, propose_entry, propose_phrasing

KEEP, LINK = "keep", "link"
#: Different questions of one escalation that are worth learning at once.
_MOST_PHRASINGS = 10


def gather(session: Session, officer_id: int, escalation_id: int) -> dict[str, Any]:
    """Return what a draft entry could be made of: `escalation_id`, and those of `PARTS` known.

    The area is that of the nearest entry, which may be far: a person has to look at it.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
        StaleButtonError: It has not been answered.
    """
    group = get_answered(session, officer_id, escalation_id)
    given = select(Note.text).where(Note.escalation_id == group.id, Note.kind == "answer")
    answer = session.scalar(given.order_by(Note.id.desc()).limit(1))
    questions = _list_questions(session, group)
    known = {
        "title": questions[0] if questions else None,
        "answer": answer,
        "phrasings": questions or None,
        "area": group.area,
    }
    fit = {name: value for name, value in known.items() if value and _fits(name, value)}
    return {"escalation_id": escalation_id, **fit}


def propose_kept(session: Session, officer_id: int, shown_by: int) -> Pending:
    """Propose the entry whose preview was shown, and leave the dialogue.

    Raises:
        NotAllowedError: The person is no officer.
        StaleButtonError: Nothing waits there to be proposed.
        KnowledgeError: It cannot be saved; the dialogue stays.
    """
    roles.require(session, officer_id, Role.OFFICER)
    data = find_waiting(session, officer_id, KEEP, PREVIEW, shown_by).data
    fields = {name: data[name] for name in PARTS}
    pending = propose_from_answer(session, officer_id, data["escalation_id"], fields)
    dialogues.leave(session, officer_id)
    return pending


def propose_from_answer(
    session: Session, officer_id: int, escalation_id: int, fields: Mapping[str, Any]
) -> Pending:
    """Propose a draft entry made of an escalation's answer; does not commit.

    Args:
        session: The transaction.
        officer_id: Who keeps it.
        escalation_id: What it was learnt from.
        fields: Those of `EntryDraft`; they go before what `gather` found.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is no such escalation.
        StaleButtonError: It has not been answered.
        KnowledgeError: The fields are not an entry, or another entry holds one of the phrasings.
    """
    known = gather(session, officer_id, escalation_id)
    del known["escalation_id"]
    return propose_entry(session, officer_id, {**known, **fields}, escalation_id)


def propose_words(
    session: Session, officer_id: int, escalation_id: int, entry_id: int
) -> list[Pending]:
    """Propose the askers' words as phrasings of an entry; those it knows already are left out.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is no such escalation.
        StaleButtonError: It has not been answered.
        EntryMissingError: There is no such entry.
        KnowledgeError: Other entries hold all of the words that it does not know.
    """
    group = get_answered(session, officer_id, escalation_id)
    proposed: list[Pending] = []
    refused: KnowledgeError | None = None
    for question in _list_questions(session, group):
        try:
            pending = propose_phrasing(session, officer_id, entry_id, question, escalation_id)
        except KnowledgeError as error:
            refused = error
        else:
            proposed += [pending] if pending else []
    if refused is not None and not proposed:
        raise refused
    return proposed


def link_words(
    session: Session, officer_id: int, escalation_id: int, entry_id: int
) -> list[Pending]:
    """Do what `propose_words` does, and leave the dialogue in which the entry was looked for."""
    proposed = propose_words(session, officer_id, escalation_id, entry_id)
    stand = dialogues.find_stand(session, officer_id)
    if stand is not None and stand.name == LINK and stand.data["escalation_id"] == escalation_id:
        dialogues.leave(session, officer_id)
    return proposed


def list_kept_areas(session: Session, officer_id: int, escalation_id: int) -> list[str]:
    """Return the areas in use: that of the escalation first, then the largest.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is no such escalation.
    """
    roles.require(session, officer_id, Role.OFFICER)
    guess = get_escalation(session, escalation_id).area
    return sorted(list_used_areas(session), key=lambda area: area != guess)


def get_answered(session: Session, officer_id: int, escalation_id: int) -> Escalation:
    """Return an escalation whose answer can be kept.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
        StaleButtonError: It has not been answered.
    """
    roles.require(session, officer_id, Role.OFFICER)
    group = get_escalation(session, escalation_id)
    if group.state is not EscalationState.ANSWERED:
        raise StaleButtonError
    return group


def _list_questions(session: Session, group: Escalation) -> list[str]:
    """Return the askers' different questions that can be phrasings, the first asker's first."""
    texts = session.scalars(
        select(Question.text)
        .join(Ask, Ask.question_id == Question.id)
        .where(Ask.escalation_id == group.id, Ask.withdrawn_at.is_(None), Question.kind == "text")
        .order_by(Ask.id)
    )
    different = {match_key(text): text for text in reversed(texts.all()) if _fits("title", text)}
    return list(reversed(different.values()))[:_MOST_PHRASINGS]


def _fits(name: str, value: object) -> bool:
    try:
        check_field(name, value)
    except KnowledgeError:
        return False
    return True
