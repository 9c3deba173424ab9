"""Everything that is held about one person, for that person."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, inspect, or_, select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Attachment,
    AuditEvent,
    Base,
    ConsoleSession,
    Dialogue,
    Escalation,
    Farmer,
    Feedback,
    Invite,
    Note,
    OutgoingMessage,
    Question,
    Reply,
    RoleGrant,
    SignInLink,
)
from bot.services import inbox
from bot.services.forgetting import is_mail_about

#: A table row: column -> value, without empty ones.
Row = dict[str, Any]
#: Officers answer in Govi's name; who they are is theirs.
_OFFICERS_OWN = frozenset({"officer_id", "claimed_by", "closed_by", "claimed_at"})


def read_own_data(session: Session, telegram_user_id: int) -> dict[str, list[Row]]:
    """Return every row about a person by subject, oldest first; subjects without any are empty.

    The subjects are "person", "questions", "attachments", "replies", "ratings", "escalations",
    "notes", "dialogue", "messages", "updates", "roles" and "looks": who acted on them, and when.
    """
    farmer = session.scalar(select(Farmer).where(Farmer.telegram_user_id == telegram_user_id))
    farmer_id = farmer.id if farmer else 0  # nobody's
    asked = select(Question.id).where(Question.farmer_id == farmer_id)
    own_asks = select(Ask.id).where(Ask.question_id.in_(asked))
    groups = select(Ask.escalation_id).where(Ask.question_id.in_(asked))
    # An officer's replies bear the instant of the note that they carry; it stays where it was
    # written when an asker is split off.
    told = select(Reply.created_at).where(Reply.question_id.in_(asked), Reply.kind == "officer")
    dialogue = session.get(Dialogue, telegram_user_id)
    return {
        "person": _rows([farmer] if farmer else []),
        "questions": _find(session, Question, Question.id.in_(asked)),
        "attachments": _find(session, Attachment, Attachment.question_id.in_(asked)),
        "replies": _replies(session, Reply.question_id.in_(asked)),
        "ratings": _find(session, Feedback, Feedback.farmer_id == farmer_id),
        "escalations": _find(session, Ask, Ask.question_id.in_(asked))
        + [_without_words(row) for row in _find(session, Escalation, Escalation.id.in_(groups))],
        "notes": _find(
            session,
            Note,
            or_(
                Note.ask_id.in_(own_asks),
                Note.escalation_id.in_(groups) & Note.ask_id.is_(None),
                (Note.kind == "answer") & Note.written_at.in_(told),
                Note.officer_id == telegram_user_id,
            ),
        ),
        "dialogue": _rows([dialogue] if dialogue else []),
        "messages": _find(
            session,
            OutgoingMessage,
            or_(OutgoingMessage.chat_id == telegram_user_id, is_mail_about(asked, groups)),
        ),
        "updates": _rows(inbox.list_about(session, telegram_user_id)),
        "roles": _roles(session, telegram_user_id),
        "looks": _looks(session, telegram_user_id, asked, groups),
    }


def _roles(session: Session, telegram_user_id: int) -> list[Row]:
    """Return roles, invites and what the console knows, without the hashes of keys."""
    used = or_(Invite.created_by == telegram_user_id, Invite.used_by == telegram_user_id)
    rows = [
        *_find(session, RoleGrant, RoleGrant.telegram_user_id == telegram_user_id),
        *_find(session, Invite, used),
        *_find(session, SignInLink, SignInLink.telegram_user_id == telegram_user_id),
        *_find(session, ConsoleSession, ConsoleSession.telegram_user_id == telegram_user_id),
    ]
    return [{key: value for key, value in row.items() if key != "token_hash"} for row in rows]


def _looks(
    session: Session, telegram_user_id: int, asked: Select[Any], groups: Select[Any]
) -> list[Row]:
    """Return what was done by, to, or in a matter of the person; others are not named."""
    own = str(telegram_user_id)
    subjects = [
        f"user {own}",
        *(f"question {number}" for number in session.scalars(asked)),
        *(f"escalation {number}" for number in session.scalars(groups)),
    ]
    events = _find(
        session, AuditEvent, or_(AuditEvent.actor == own, AuditEvent.subject.in_(subjects))
    )
    return [row if row["actor"] == own else row | {"actor": "team"} for row in events]


def _replies(session: Session, condition: Any) -> list[Row]:
    """Return replies with the answers in them, as those read now."""
    replies = session.scalars(select(Reply).where(condition).order_by(Reply.id)).all()
    return [
        row | ({"answer": reply.entry.answer} if reply.entry else {})
        for row, reply in zip(_rows(replies), replies, strict=True)
    ]


def _find(session: Session, kind: type[Base], condition: Any) -> list[Row]:
    key = inspect(kind).primary_key[0]
    return _rows(session.scalars(select(kind).where(condition).order_by(key)))


def _rows(found: Iterable[Base]) -> list[Row]:
    return [
        {
            column.key: value
            for column in inspect(type(row)).column_attrs
            if column.key not in _OFFICERS_OWN
            and (value := getattr(row, column.key)) not in (None, "", [], {})
        }
        for row in found
    ]


def _without_words(row: Row) -> Row:
    """An escalation carries the words of its first asker, who may be another person."""
    return {key: value for key, value in row.items() if key != "text"}
