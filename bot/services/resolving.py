"""An officer's word to everyone who asked: an answer, a question back, or a kind no.

Each function needs the claim, owes its messages in the same transaction, and has no second effect
when its update comes again. Only askers who still wait are written to; a farmer who asked the same
twice hears it once, under the later message.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import (
    Ask,
    Entry,
    EntryStatus,
    Escalation,
    EscalationState,
    Lane,
    Note,
    Question,
    QuestionState,
    Reply,
    Role,
)
from bot.errors import EscalationMissingError, UnfitEntryError, UnfitTextError
from bot.knowledge import is_blank
from bot.services import audit, holds, outbox, roles
from bot.services.editing import get_entry
from bot.services.media import Media, media_of
from bot.services.texts import storable

TEXT_LIMIT = 4096

Refusal = Literal["not_ours", "abuse", "other"]
#: In the order of their buttons.
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


class OwedWord(NamedTuple):
    """What an officer's message to one asker says.

    Attributes:
        text: The officer's words or the entry's answer; for a decline its reason.
        media: What the officer showed or said instead of words, or with them.
        ask_id: The number under which the farmer knows the question.
    """

    reply_id: int
    text: str
    ask_id: int
    media: Media | None = None


def send_answer(
    session: Session,
    officer_id: int,
    escalation_id: int,
    text: str,
    media: Media | None = None,
    *,
    update_id: int | None = None,
) -> int:
    """Answer everyone who waits, and close the escalation; does not commit.

    With a photo or a recording there need not be words.

    Returns:
        To how many farmers it goes.

    Raises:
        UnfitTextError: The text is empty or too long.
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: The officer does not hold it.
    """
    words = _checked(text, can_be_empty=media is not None)
    word = _Word("officer", "officer_answer", "answer", words, media=media)
    return _close(session, officer_id, escalation_id, word, EscalationState.ANSWERED, update_id)


def send_entry(
    session: Session,
    officer_id: int,
    escalation_id: int,
    entry_id: int,
    *,
    update_id: int | None = None,
) -> int:
    """Answer everyone who waits with a published entry's answer; as `send_answer`.

    Raises:
        EntryMissingError: There is no such entry.
        UnfitEntryError: Farmers do not see it.
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: The officer does not hold it.
    """
    roles.require(session, officer_id, Role.OFFICER)
    entry = get_entry(session, entry_id)
    if entry.status is not EntryStatus.PUBLISHED:
        raise UnfitEntryError(entry.key)
    word = _Word("officer", "officer_answer", "answer", entry.answer, entry)
    return _close(session, officer_id, escalation_id, word, EscalationState.ANSWERED, update_id)


def decline(
    session: Session,
    officer_id: int,
    escalation_id: int,
    reason: Refusal,
    *,
    update_id: int | None = None,
) -> int:
    """Tell everyone who waits kindly that there will be no answer, and close; as `send_answer`.

    Raises:
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: The officer does not hold it.
    """
    word = _Word("declined", "declined", "decline", reason)
    return _close(session, officer_id, escalation_id, word, EscalationState.DECLINED, update_id)


def ask_detail(
    session: Session,
    officer_id: int,
    escalation_id: int,
    text: str,
    ask_id: int | None = None,
    *,
    update_id: int | None = None,
) -> int:
    """Ask those who wait for more detail, or one of them; the officer goes on holding it.

    The same words again, with nothing said in between, go to nobody: a button was pressed twice.

    Returns:
        To how many farmers it goes.

    Raises:
        UnfitTextError: The text is empty or too long.
        NotAllowedError, HeldByOtherError, NotHeldError, EscalationClosedError: The officer does
            not hold it.
        EscalationMissingError: There is no such escalation, or that ask does not wait in it.
    """
    known = _count_sent(session, update_id)
    if known is not None:
        return known
    word = _Word("inquiry", "inquiry", "inquiry", _checked(text))
    group = holds.get_held(session, officer_id, escalation_id)
    note = _note(group, officer_id, word, ask_id)
    known = _count_repeated(session, note, word)
    if known is not None:
        return known
    asks = [ask for ask in holds.list_waiting(session, group) if ask_id in (None, ask.id)]
    if not asks:
        raise EscalationMissingError(str(ask_id))
    group.claimed_at = utc_now()  # an officer at work is not stale
    count = _tell(session, note, word, asks, update_id)
    audit.record(session, officer_id, "ask for detail", f"escalation {group.id}", f"to {count}")
    return count


def find_sent(session: Session, update_id: int) -> tuple[int, int] | None:
    """Return the escalation that an update's word went to, and to how many; None if it is new."""
    count = _count_sent(session, update_id)
    if count is None:
        return None
    of_update = (
        select(Ask.escalation_id)
        .join(Reply, Reply.question_id == Ask.question_id)
        .where(Reply.update_id == update_id)
    )
    return session.scalars(of_update).one(), count


def read_owed_word(session: Session, reply_id: int, note_id: int) -> OwedWord | None:
    """Return what an officer's message to a farmer says; None if the question was taken back."""
    reply, note = session.get_one(Reply, reply_id), session.get_one(Note, note_id)
    ask = session.scalars(select(Ask).where(Ask.question_id == reply.question_id)).one()
    if ask.withdrawn_at is not None:
        return None
    return OwedWord(reply_id, note.text, ask.id, media_of(note))


class _Word(NamedTuple):
    """What an officer says, under the names that replies, the outbox and notes know it by."""

    reply_kind: str
    outbox_kind: str
    note_kind: str
    text: str
    entry: Entry | None = None
    media: Media | None = None


def _checked(text: str, *, can_be_empty: bool = False) -> str:
    text = storable(text).strip()
    if len(text) > TEXT_LIMIT or (is_blank(text) and not can_be_empty):
        raise UnfitTextError(limit=TEXT_LIMIT)
    return text


def _close(
    session: Session,
    officer_id: int,
    escalation_id: int,
    word: _Word,
    state: EscalationState,
    update_id: int | None,
) -> int:
    known = _count_sent(session, update_id)
    if known is not None:
        return known
    group = holds.leave(session, officer_id, escalation_id, state)
    asks = holds.list_waiting(session, group)
    count = _tell(session, _note(group, officer_id, word), word, asks, update_id)
    session.execute(
        update(Question)
        .where(Question.id.in_([ask.question_id for ask in asks]))
        .values(state=QuestionState.RESOLVED)
    )
    audit.record(session, officer_id, f"{state.value} escalation", f"escalation {group.id}",
                 f"{count} askers")  # fmt: skip
    return count


def _note(group: Escalation, officer_id: int, word: _Word, ask_id: int | None = None) -> Note:
    return Note(
        escalation_id=group.id,
        ask_id=ask_id,
        kind=word.note_kind,
        text=word.text,
        file_kind=word.media.kind if word.media else None,
        file_id=word.media.file_id if word.media else None,
        officer_id=officer_id,
        entry_id=word.entry.id if word.entry else None,
        written_at=utc_now(),
    )


def _tell(
    session: Session, note: Note, word: _Word, asks: Sequence[Ask], update_id: int | None
) -> int:
    """Owe the word to each farmer once; all its replies bear the note's instant."""
    session.add(note)
    session.flush()
    questions = session.scalars(
        select(Question)
        .where(Question.id.in_([ask.question_id for ask in asks]))
        .order_by(Question.id)
    )
    latest = {(each.chat_id, each.farmer_id): each for each in questions}
    replies = [_reply(question, word, note) for question in latest.values()]
    if replies:
        replies[0].update_id = update_id
    session.add_all(replies)
    session.flush()
    for reply in replies:
        outbox.post_reply(
            session,
            reply,
            word.outbox_kind,
            {"note_id": note.id},
            lane=Lane.NOTICE,
            escalation_id=note.escalation_id,
        )
    return len(replies)


def _reply(question: Question, word: _Word, note: Note) -> Reply:
    entry = word.entry
    return Reply(
        question=question,
        kind=word.reply_kind,
        entry=entry,
        entry_version=entry.version if entry else None,
        created_at=note.written_at,
    )


def _count_sent(session: Session, update_id: int | None) -> int | None:
    """Return to how many an update's word went before; None if it is new."""
    if update_id is None:
        return None
    first = session.scalar(select(Reply).where(Reply.update_id == update_id))
    return None if first is None else _count_replies(session, first.kind, first.created_at)


def _count_repeated(session: Session, note: Note, word: _Word) -> int | None:
    """Return to how many a word went that was the last said of it; None if it is new."""
    said = select(Note).where(Note.escalation_id == note.escalation_id)
    last = session.scalar(said.order_by(Note.id.desc()).limit(1))
    if last is None or _said(last) != _said(note):
        return None
    return _count_replies(session, word.reply_kind, last.written_at)


def _said(note: Note) -> tuple[object, ...]:
    return note.kind, note.text, note.officer_id, note.ask_id


def _count_replies(session: Session, kind: str, at: datetime) -> int:
    count = select(func.count()).where(Reply.kind == kind, Reply.created_at == at)
    return session.scalars(count).one()
