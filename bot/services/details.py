"""What farmers say to a question of theirs that went to the officers: details, and pictures."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Farmer,
    Lane,
    Note,
    OutgoingMessage,
    Question,
    QuestionState,
    Reply,
)
from bot.services import holds, outbox
from bot.services.answering import Incoming
from bot.services.escalating import escalate, reopen
from bot.services.farmers import Asker, get_farmer
from bot.services.media import Media, attach
from bot.services.notices import tell_officer
from bot.services.remarks import SMALLTALK
from bot.services.texts import sound_of, storable

#: What a detail without a word is noted as: the file itself is with the question.
NO_WORDS = "📎"
#: Messages of a chat that a reply may point into, newest first.
_MOST_MESSAGES = 50
#: Kind of the reply, and of the message, that says a detail was added.
_NOTED = "detail_noted"


def is_asked(session: Session, incoming: Incoming) -> bool:
    """Whether an officer's question is the last that a person heard, in their private chat.

    So it was for an update that is handled again, and for a message that was changed, if it was
    noted as a detail.
    """
    known = session.scalar(select(Reply.kind).where(Reply.update_id == incoming.update_id))
    return known == _NOTED or _find_meant(session, incoming) is not None


def add_detail(session: Session, incoming: Incoming, replied_message_id: int | None = None) -> bool:
    """Add a farmer's words to their open question; does not commit.

    Args:
        session: The transaction.
        incoming: What the farmer wrote.
        replied_message_id: What it replies to: the own question, the message that says it was
            passed on, or what an officer asked back. None stands for the last of these, if nothing
            was said since, and for what a message was noted for before it was changed.

    Returns:
        Whether it was such a reply; if not, it is a question of its own.
    """
    known = select(Reply.kind).where(Reply.update_id == incoming.update_id)
    if (kind := session.scalar(known)) is not None:
        return kind == _NOTED
    if replied_message_id is None:
        ask = _find_meant(session, incoming)
    else:
        farmer = get_farmer(session, incoming.asker)
        ask = _find_ask(session, farmer, incoming.asker.chat_id, replied_message_id)
    if ask is None:
        return False
    text = storable(incoming.text) or NO_WORDS
    if incoming.is_edit and _is_noted(session, ask, incoming, text):
        return True
    if ask.withdrawn_at or ask.question.state is not QuestionState.UNANSWERED:
        return False
    _add(session, ask.question, incoming, text)
    return True


def follow_up(session: Session, incoming: Incoming, replied_message_id: int) -> bool:
    """Bring a farmer's question to an officer with what they say to its answer; does not commit.

    Returns:
        Whether they reply to an answer of theirs; if not, it is a question of its own.
    """
    known = session.scalar(select(Reply.kind).where(Reply.update_id == incoming.update_id))
    if known is not None:
        return known == _NOTED
    question = _find_told(session, incoming.asker.chat_id, replied_message_id)
    if question is None or question.farmer_id != get_farmer(session, incoming.asker).id:
        return False
    if question.state is QuestionState.ANSWERED:
        escalate(session, question, "other")
    elif question.ask is None or not reopen(session, question.ask):
        return False
    _add(session, question, incoming, storable(incoming.text))
    return True


def join_album(session: Session, chat_id: int, message_id: int, media: Media, caption: str) -> bool:
    """Add a later message of an album to the question that its first one became.

    A caption that comes only now becomes the question's words, or a detail if it has some. Does not
    commit.

    Returns:
        Whether there was such a question; if not, the message is the album's first, perhaps with
        words that it had not before.
    """
    if media.album_id is None:
        return False
    question = session.scalar(
        select(Question)
        .where(Question.album_id == media.album_id, Question.chat_id == chat_id)
        .order_by(Question.id.desc())
        .limit(1)
    )
    if question is None or (caption and question.message_id == message_id):
        return False
    attach(session, question, media, message_id)
    if caption:
        _add_caption(session, question, storable(caption))
    return True


def _add(session: Session, question: Question, incoming: Incoming, text: str) -> None:
    """Add words, and what came with them, to a question that was passed on; confirm it."""
    ask = question.ask
    if ask is None:
        return
    _note(session, ask, text)
    if incoming.media is not None:
        attach(session, question, incoming.media, incoming.message_id)
    _confirm(session, ask, incoming)


def _add_caption(session: Session, question: Question, caption: str) -> None:
    ask = question.ask
    if not question.text:
        question.text, question.folded = caption, sound_of(caption)
        if ask is not None:
            holds.retitle(session, ask.escalation)
        return
    if ask is None or question.state is not QuestionState.UNANSWERED or caption == question.text:
        return
    noted = select(Note.id).where(Note.ask_id == ask.id, Note.text == caption)
    if session.scalar(noted.limit(1)) is None:
        _note(session, ask, caption)


def _note(session: Session, ask: Ask, text: str) -> None:
    group = ask.escalation
    note = Note(escalation_id=group.id, ask_id=ask.id, kind="detail", text=text)
    session.add(note)
    session.flush()
    officer_id = group.claimed_by or _find_inquirer(session, ask)
    if officer_id is not None:
        tell_officer(session, officer_id, "new_detail", group, note)


def _find_inquirer(session: Session, ask: Ask) -> int | None:
    """Return the officer who asked its farmer last, if any did; their hold may have ended."""
    asked = select(Note.officer_id).where(
        Note.escalation_id == ask.escalation_id,
        Note.kind == "inquiry",
        or_(Note.ask_id.is_(None), Note.ask_id == ask.id),
    )
    return session.scalar(asked.order_by(Note.id.desc()).limit(1))


def _confirm(session: Session, ask: Ask, incoming: Incoming) -> None:
    """Owe the farmer a word that it was added; who replies to that adds more."""
    reply = Reply(question=ask.question, kind=_NOTED, update_id=incoming.update_id)
    session.add(reply)
    session.flush()
    outbox.post(
        session,
        incoming.asker.chat_id,
        _NOTED,
        {"ask_id": ask.id},
        lane=Lane.REPLY,
        reply_id=reply.id,
        escalation_id=ask.escalation_id,
        under_message_id=incoming.message_id,
        topic_id=incoming.topic_id,
    )


def _is_noted(session: Session, ask: Ask, incoming: Incoming, text: str) -> bool:
    """Whether a message was added before, and is told of again without another word."""
    noted = select(Note.id).where(Note.ask_id == ask.id, Note.kind == "detail", Note.text == text)
    is_known = session.scalar(noted.limit(1)) is not None
    return is_known and _find_noted(session, incoming) is not None


def _find_noted(session: Session, incoming: Incoming) -> Ask | None:
    """Return the ask that a message was added to before it was changed."""
    return session.scalar(
        select(Ask)
        .join(Reply, Reply.question_id == Ask.question_id)
        .join(OutgoingMessage, OutgoingMessage.reply_id == Reply.id)
        .where(
            OutgoingMessage.kind == _NOTED,
            OutgoingMessage.chat_id == incoming.asker.chat_id,
            OutgoingMessage.under_message_id == incoming.message_id,
        )
        .limit(1)
    )


def _find_meant(session: Session, incoming: Incoming) -> Ask | None:
    """Return what a message that replies to nothing is about, if that is plain."""
    if incoming.is_edit:
        return _find_noted(session, incoming)
    return _find_inquired(session, incoming.asker)


def _find_inquired(session: Session, asker: Asker) -> Ask | None:
    """Return the ask about which an officer's question was the last thing said to its farmer.

    Small talk does not count.
    """
    if asker.chat_id != asker.telegram_user_id:
        return None
    last = session.scalar(
        select(Reply)
        .join(Reply.question)
        .join(Question.farmer)
        .where(
            Farmer.telegram_user_id == asker.telegram_user_id,
            Question.chat_id == asker.chat_id,
            Reply.kind != SMALLTALK,
        )
        .order_by(Reply.id.desc())
        .limit(1)
    )
    is_heard = last is not None and last.kind == "inquiry" and last.message_id is not None
    return last.question.ask if last is not None and is_heard else None


def _find_ask(session: Session, farmer: Farmer, chat_id: int, message_id: int) -> Ask | None:
    """Return the farmer's ask that a message of this chat is about."""
    own = select(Ask).join(Ask.question).where(
        Question.farmer_id == farmer.id, Question.chat_id == chat_id
    )  # fmt: skip
    told = _find_told(session, chat_id, message_id)
    asked = Question.message_id == message_id
    about = asked if told is None else (Question.id == told.id)
    return session.scalar(own.where(about).order_by(Ask.id.desc()).limit(1))


def _find_told(session: Session, chat_id: int, message_id: int) -> Question | None:
    """Return the question that a message of Govi's in a chat is about."""
    question_id = session.scalar(
        select(Reply.question_id)
        .join(Reply.question)
        .where(Reply.message_id == message_id, Question.chat_id == chat_id)
    ) or _find_in_parts(session, chat_id, message_id)
    return None if question_id is None else session.get(Question, question_id)


def _find_in_parts(session: Session, chat_id: int, message_id: int) -> int | None:
    """Return the question of a long reply, of whose parts one has this id."""
    rows = session.execute(
        select(OutgoingMessage.message_ids, Reply.question_id)
        .join(Reply, OutgoingMessage.reply_id == Reply.id)
        .where(OutgoingMessage.chat_id == chat_id)
        .order_by(OutgoingMessage.id.desc())
        .limit(_MOST_MESSAGES)
    )
    return next((question_id for ids, question_id in rows if message_id in ids), None)
