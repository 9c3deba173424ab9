"""Forgetting people: what names them is erased, and their words too unless they let those stay.

What is left of a question counts how often Govi could help, and belongs to nobody. What an officer
has taken over into the knowledge base is general advice and stays.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Ask,
    Attachment,
    ConsoleSession,
    Dialogue,
    Escalation,
    EscalationState,
    Farmer,
    Feedback,
    Note,
    OutboxStatus,
    OutgoingMessage,
    Proposal,
    ProposalState,
    Question,
    QuestionState,
    Reply,
    SignInLink,
)
from bot.knowledge import match_key
from bot.services import audit, dialogues, holds, inbox, roles

#: Questions erased by one set of statements; databases limit the values of one.
_STEP = 400
#: Words so long, found in another text, were taken from the person.
_LONG = 12
_Ids = Sequence[int] | Select[Any]


class Forgotten(NamedTuple):
    """What was erased.

    Attributes:
        questions: How many questions were theirs.
        has_role: Whether the person stays known as an officer or an admin.
    """

    questions: int
    has_role: bool


def forget(session: Session, telegram_user_id: int) -> Forgotten:
    """Erase what is held about a person who wrote to the bot; does not commit.

    Their questions leave the officers' queue: an escalation stays for others who wait in it, one in
    which nobody else does is closed, and nothing that was still to be sent to them is sent. Who
    holds or held a role stays in the record of who answered and approved what. Done twice it
    changes nothing.
    """
    farmer = session.scalar(select(Farmer).where(Farmer.telegram_user_id == telegram_user_id))
    has_role = bool(roles.list_roles(session, telegram_user_id))
    ids = list_question_ids(session, Question.farmer_id == farmer.id) if farmer else []
    are_words_kept = farmer is not None and farmer.consented_at is not None
    erase_questions(session, ids, are_words_kept)
    if farmer is not None:
        session.execute(delete(Feedback).where(Feedback.farmer_id == farmer.id))
        session.delete(farmer)
    dialogues.leave(session, telegram_user_id)
    owed = delete(OutgoingMessage).where(OutgoingMessage.chat_id == telegram_user_id)
    session.execute(owed.where(_IS_OVER) if has_role else owed)
    if not has_role:
        for kind in (SignInLink, ConsoleSession):
            session.execute(delete(kind).where(kind.telegram_user_id == telegram_user_id))
    inbox.forget(session, telegram_user_id)
    audit.record(session, "farmer", "forget person", "a farmer", f"{len(ids)} questions")
    session.flush()
    return Forgotten(len(ids), has_role)


_IS_OVER = OutgoingMessage.status != OutboxStatus.PENDING


def list_question_ids(session: Session, *conditions: ColumnElement[bool]) -> list[int]:
    """Return the ids of the questions that fulfil all conditions, oldest first."""
    return list(session.scalars(select(Question.id).where(*conditions).order_by(Question.id)))


def erase_questions(session: Session, question_ids: Sequence[int], are_words_kept: bool) -> None:
    """Make questions nobody's, and blank their words unless those may stay; does not commit."""
    for start in range(0, len(question_ids), _STEP):
        _erase(session, question_ids[start : start + _STEP], are_words_kept)
    session.expire_all()


def _erase(session: Session, ids: Sequence[int], are_words_kept: bool) -> None:
    theirs = select(Ask.id).where(Ask.question_id.in_(ids))
    joined = select(Ask.escalation_id).where(Ask.question_id.in_(ids)).distinct()
    groups = list(session.scalars(joined))
    session.execute(delete(OutgoingMessage).where(is_mail_about(ids, groups)))
    session.execute(delete(Attachment).where(Attachment.question_id.in_(ids)))
    _take_back(session, ids, groups)
    _erase_talk(session, theirs, groups)
    if not are_words_kept:
        _erase_words(session, ids, groups)
    replies = _replies(ids)
    session.execute(delete(Feedback).where(Feedback.reply_id.in_(replies)))
    _change(session, Reply, Reply.id.in_(replies), message_id=None)
    _change(
        session,
        Question,
        Question.id.in_(ids),
        farmer_id=None,
        chat_id=None,
        message_id=None,
        topic_id=None,
        album_id=None,
        transcript=None,
    )


def _replies(ids: _Ids) -> Select[Any]:
    return select(Reply.id).where(Reply.question_id.in_(ids))


def is_mail_about(ids: _Ids, groups: _Ids) -> ColumnElement[bool]:
    """Whether a message went, or is still owed, to who asked some questions, wherever they did.

    Args:
        ids: Those of the questions.
        groups: Those of the escalations that they are part of.
    """
    asked = select(Question).where(Question.id.in_(ids))
    chats = asked.with_only_columns(Question.chat_id).where(Question.chat_id.is_not(None))
    messages = asked.with_only_columns(Question.message_id).where(Question.message_id.is_not(None))
    is_theirs = or_(
        OutgoingMessage.chat_id > 0,  # a private chat
        OutgoingMessage.under_message_id.in_(messages),
    )
    return or_(
        OutgoingMessage.reply_id.in_(_replies(ids)),
        OutgoingMessage.escalation_id.in_(groups) & OutgoingMessage.chat_id.in_(chats) & is_theirs,
    )


def _erase_talk(session: Session, asks: Select[Any], groups: Sequence[int]) -> None:
    """Delete what was said in the person's matter alone, and notices of it to officers.

    Answers go to everyone who asked: what an officer taught stays.
    """
    gone = set(session.scalars(delete(Note).where(Note.ask_id.in_(asks)).returning(Note.id)))
    waiting = OutgoingMessage.status == OutboxStatus.PENDING
    for message in session.scalars(
        select(OutgoingMessage).where(waiting, OutgoingMessage.escalation_id.in_(groups))
    ):
        if message.data.get("note_id") in gone:
            session.delete(message)
    session.flush()


def _take_back(session: Session, ids: Sequence[int], groups: Sequence[int]) -> None:
    """Withdraw questions that wait for an officer, and close escalations in which nobody waits."""
    is_left = Escalation.id.in_(groups) & Escalation.state.in_(holds.OPEN)
    now = utc_now()
    is_open = Ask.escalation_id.in_(select(Escalation.id).where(is_left))
    _change(session, Ask, is_open & Ask.question_id.in_(ids), withdrawn_at=now)
    asked = select(Ask.escalation_id).join(Ask.question).where(Ask.escalation_id.in_(groups))
    is_empty = is_left & Escalation.id.not_in(asked.where(holds.is_waiting()))
    was_answered = Escalation.id.in_(asked.where(Question.state == QuestionState.RESOLVED))
    closed = {"claimed_by": None, "claimed_at": None, "closed_at": now}
    answered, withdrawn = EscalationState.ANSWERED, EscalationState.WITHDRAWN
    _change(session, Escalation, is_empty & was_answered, state=answered, **closed)
    _change(session, Escalation, is_empty, state=withdrawn, **closed)


def _erase_words(session: Session, ids: Sequence[int], groups: Sequence[int]) -> None:
    texts = set(session.scalars(select(Question.text).where(Question.id.in_(ids)))) - {""}
    erased = {"text": "", "folded": "", "vector": None}
    _change(session, Question, Question.id.in_(ids), **erased)
    # Those of others who asked in the same words are among them.
    blanked = session.scalars(select(Escalation.id).where(Escalation.text.in_(texts))).all()
    _change(session, Escalation, Escalation.id.in_(blanked), text="")
    for escalation_id in {*groups, *blanked}:
        is_blank = (Escalation.id == escalation_id) & (Escalation.text == "")
        _change(session, Escalation, is_blank, text=_words_of_others(session, escalation_id))
    _end_dialogues(session, texts)
    _erase_proposals(session, {match_key(text) for text in texts}, groups)


def _end_dialogues(session: Session, texts: set[str]) -> None:
    """End what an officer is in the middle of doing with a person's words."""
    for dialogue in session.scalars(select(Dialogue)):
        given = _strings([dialogue.data, dialogue.before])
        if any(_is_in(text, each) for each in given for text in texts):
            session.delete(dialogue)


def _is_in(text: str, whole: str) -> bool:
    return text == whole or (len(text) >= _LONG and text in whole)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _words_of_others(session: Session, escalation_id: int) -> str:
    remaining = (
        select(Question.text)
        .join(Ask, Ask.question_id == Question.id)
        .where(Ask.escalation_id == escalation_id, Question.text != "")
        .order_by(Ask.withdrawn_at.is_not(None), Ask.id)
    )
    return session.scalar(remaining.limit(1)) or ""


def _erase_proposals(session: Session, keys: set[str], groups: Sequence[int]) -> None:
    """Blank a person's words where they were proposed as a phrasing and are in no use.

    What was proposed from the question log belongs to no escalation.
    """
    proposals = select(Proposal).where(
        or_(Proposal.escalation_id.in_(groups), Proposal.escalation_id.is_(None)),
        Proposal.phrasing.is_not(None),
        Proposal.state != ProposalState.APPROVED,
    )
    for proposal in session.scalars(proposals):
        if match_key(proposal.phrasing or "") in keys:
            proposal.phrasing = ""
            proposal.state = ProposalState.REJECTED
    session.flush()


def _change(session: Session, kind: type[Any], where: ColumnElement[bool], **values: Any) -> None:
    statement = update(kind).where(where).values(**values)
    session.execute(statement, execution_options={"synchronize_session": False})
