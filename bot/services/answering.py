"""A farmer's question: what was asked, what was decided, what is owed in reply."""

from dataclasses import asdict
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import (
    Entry,
    EntryStatus,
    Farmer,
    Question,
    QuestionState,
    Reply,
    Role,
)
from bot.errors import StaleButtonError
from bot.services import outbox
from bot.services.deciding import FALLBACK, Content, decide
from bot.services.escalating import escalate, replace_edited
from bot.services.farmers import Asker, get_farmer
from bot.services.media import Media, attach
from bot.services.questions import get_own, move
from bot.services.roles import has_members, has_role
from bot.services.texts import sound_of, storable
from retrieval import SearchResult


class Incoming(NamedTuple):
    """A message from a person.

    Attributes:
        kind: "text", "photo", "voice", "audio", "video", "video_note", "animation", "document",
            "sticker", "location" or "other".
        is_edit: The person changed an earlier message.
        topic_id: The forum topic that the message stands in, if any.
        is_quoted: A button asked it, so that the reply has to repeat the question.
        media: The file that it carries, of a kind that officers can look at or listen to.
    """

    asker: Asker
    text: str
    update_id: int
    message_id: int
    kind: str = "text"
    is_edit: bool = False
    topic_id: int | None = None
    is_quoted: bool = False
    media: Media | None = None


class Suggestion(NamedTuple):
    """One stored question offered by "did you mean"."""

    entry_id: int
    phrasing: str


class Outcome(NamedTuple):
    """What is owed to the asker, whatever channel it goes through.

    Attributes:
        decision: "answer", "suggest", "fallback", "media", "smalltalk" or "emergency".
        answer: The stored answer, word for word; None unless `decision` is "answer".
        suggestions: Best first, at most `SUGGESTION_COUNT`; empty unless "suggest".
        ask_id: The number under which the question was passed on; None if it was not.
    """

    question_id: int
    decision: str
    reply_id: int
    answer: str | None = None
    entry_key: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    ask_id: int | None = None


class OwedReply(NamedTuple):
    """A reply that is to be sent, and the text, kind and script of its question.

    Attributes:
        has_team: Whether there is anybody now who could look at what is passed on.
    """

    outcome: Outcome
    question: str
    kind: str
    script: str
    has_team: bool


def find_outcome(session: Session, update_id: int) -> Outcome | None:
    """Return what an update led to when it was first handled, or None if it never was."""
    reply = session.scalar(select(Reply).where(Reply.update_id == update_id))
    return None if reply is None else _outcome(reply)


def read_owed_reply(session: Session, reply_id: int) -> OwedReply:
    """Return what is needed to write a reply."""
    reply = session.get_one(Reply, reply_id)
    question = reply.question
    return OwedReply(
        _outcome(reply), question.text, question.kind, question.script, has_members(session)
    )


def record_question(session: Session, incoming: Incoming, result: SearchResult) -> Outcome:
    """Store a question from Telegram with its decision, and owe the reply; does not commit.

    What nothing fits goes to the officers. A changed message takes back what it asked before.
    An update that was recorded before has no second effect; its first outcome is returned. Nor has
    what says nothing new, see `find_known`.
    """
    known = find_known(session, incoming)
    if known is not None:
        return known
    question = _question(incoming.text, result)
    question.kind = incoming.kind
    place(session, question, incoming)
    content = decide(session, question, result)
    session.add(question)
    session.flush()
    if incoming.media is not None:
        attach(session, question, incoming.media, incoming.message_id)
    if content is FALLBACK:
        escalate(session, question, "media" if incoming.media else "fallback")
    if incoming.is_edit:
        replace_edited(session, question)
    return _reply(session, question, content, incoming.update_id, incoming.is_quoted)


def find_known(session: Session, incoming: Incoming) -> Outcome | None:
    """Return what a message led to before: its update, or another that told of the same words.

    Telegram tells of changes, too, that no bot can see. A press of a button that asks something
    comes again under a new update id when it was not confirmed in time.
    """
    known = find_outcome(session, incoming.update_id)
    if known is not None or not (incoming.is_edit or incoming.is_quoted):
        return known
    last = _find_last(session, incoming)
    if last is None or last.text != storable(incoming.text) or not last.replies:
        return None
    return _outcome(last.replies[0])


def is_stray(session: Session, incoming: Incoming) -> bool:
    """Whether a changed message of an officer's was no question: it answered one, for example."""
    asker = incoming.asker
    is_private = asker.chat_id == asker.telegram_user_id
    if not incoming.is_edit or not is_private or _find_last(session, incoming) is not None:
        return False
    return has_role(session, asker.telegram_user_id, Role.OFFICER)


def _find_last(session: Session, incoming: Incoming) -> Question | None:
    """Return what a message, or what a button under it, asked last."""
    asker = select(Farmer.id).where(Farmer.telegram_user_id == incoming.asker.telegram_user_id)
    return session.scalar(
        select(Question)
        .where(
            Question.farmer_id == asker.scalar_subquery(),
            Question.chat_id == incoming.asker.chat_id,
            Question.message_id == incoming.message_id,
        )
        .order_by(Question.id.desc())
        .limit(1)
    )


def record_terminal_question(session: Session, text: str, result: SearchResult) -> Outcome:
    """Store a question asked in the terminal chat; it has no farmer and no update."""
    question = _question(text, result)
    question.channel = "terminal"
    return _reply(session, question, decide(session, question, result), update_id=None)


def record_media(session: Session, incoming: Incoming) -> Outcome:
    """Store that a person sent something without a word to look up; owe a kind reply.

    What officers can look at or listen to goes to them. An update that was recorded before has no
    second effect, nor has what says nothing new.
    """
    known = find_known(session, incoming)
    if known is not None:
        return known
    question = Question(
        kind=incoming.kind,
        text=storable(incoming.text),
        folded=sound_of(incoming.text),
        script="other",
        decision="media",
        state=QuestionState.UNANSWERED,
        matches=[],
    )
    place(session, question, incoming)
    session.add(question)
    if incoming.media is not None and not incoming.media.is_slip:
        attach(session, question, incoming.media, incoming.message_id)
        escalate(session, question, "media")
    return _reply(session, question, Content("media"), incoming.update_id)


def place(session: Session, question: Question, incoming: Incoming) -> None:
    """Say who asked, and where: the reply goes under that message."""
    question.farmer = get_farmer(session, incoming.asker)
    question.chat_id = incoming.asker.chat_id
    question.message_id = incoming.message_id
    question.topic_id = incoming.topic_id
    question.is_edit = incoming.is_edit


def rehearse_question(session: Session, text: str, result: SearchResult) -> Outcome:
    """Return what a question would lead to if it were asked; writes nothing."""
    content = decide(session, _question(text, result), result)
    return Outcome(
        question_id=0,
        decision=content.kind,
        reply_id=0,
        answer=content.entry.answer if content.entry else None,
        entry_key=content.entry.key if content.entry else None,
        suggestions=tuple(Suggestion(**item) for item in content.offered),
    )


def answer_in_terminal(session: Session, question_id: int, chosen: Suggestion | None) -> Outcome:
    """Close a terminal question with the chosen suggestion, or None for "none of these".

    Raises:
        StaleButtonError: The entry was withdrawn meanwhile.
    """
    question = session.get_one(Question, question_id)
    if chosen is None:
        _settle(session, question, QuestionState.UNANSWERED)
        return _reply(session, question, FALLBACK, update_id=None)
    return _answer_with(session, question, chosen.entry_id, update_id=None)


def choose_suggestion(
    session: Session, question_id: int, entry_id: int, asker: Asker, update_id: int
) -> Outcome:
    """Answer a question with the suggested entry that its asker chose, and owe the reply.

    An update that was recorded before has no second effect; its first outcome is returned.

    Raises:
        NotYoursError: The asker is not the one who asked.
        StaleButtonError: The question was closed already, or the entry was withdrawn.
    """
    known = find_outcome(session, update_id)
    if known is not None:
        return known
    question = get_own(session, question_id, asker)
    return _answer_with(session, question, entry_id, update_id)


def _answer_with(
    session: Session, question: Question, entry_id: int, update_id: int | None
) -> Outcome:
    offered = {item["entry_id"] for reply in question.replies for item in reply.offered}
    entry = session.get(Entry, entry_id)
    if entry is None or entry_id not in offered or entry.status is not EntryStatus.PUBLISHED:
        raise StaleButtonError
    _settle(session, question, QuestionState.ANSWERED)
    question.entry = entry
    return _reply(session, question, Content("answer", entry), update_id)


def refuse_suggestions(session: Session, question_id: int, asker: Asker, update_id: int) -> Outcome:
    """Record that none of the suggestions fitted: the question goes to the officers.

    An update that was recorded before has no second effect; its first outcome is returned.

    Raises:
        NotYoursError: The asker is not the one who asked.
        StaleButtonError: The question was closed already.
    """
    known = find_outcome(session, update_id)
    if known is not None:
        return known
    question = get_own(session, question_id, asker)
    _settle(session, question, QuestionState.UNANSWERED)
    escalate(session, question, "none_fits")
    return _reply(session, question, FALLBACK, update_id)


def _question(text: str, result: SearchResult) -> Question:
    return Question(
        text=storable(text),
        folded=sound_of(text),
        script=result.script,
        decision=result.decision.kind,
        state=_STATES[result.decision.kind],
        score=result.decision.score,
        margin=result.decision.margin,
        matches=[asdict(match) for match in result.matches],
        vector=result.vector or None,
        nearest_key=result.matches[0].key if result.matches else None,
        seconds=result.seconds,
        model_id=result.model_id,
    )


_STATES = {
    "answer": QuestionState.ANSWERED,
    "suggest": QuestionState.SUGGESTED,
    "fallback": QuestionState.UNANSWERED,
}


def _reply(
    session: Session,
    question: Question,
    content: Content,
    update_id: int | None,
    is_quoted: bool = False,
) -> Outcome:
    """Store a reply and, unless the question came from a terminal, owe it to the chat."""
    entry = content.entry
    reply = Reply(
        question=question,
        kind=content.kind,
        update_id=update_id,
        entry=entry,
        entry_version=entry.version if entry else None,
        offered=list(content.offered),
    )
    session.add(reply)
    session.flush()
    outbox.post_reply(session, reply, "reply", {"with_question": True} if is_quoted else {})
    return _outcome(reply)


def _outcome(reply: Reply) -> Outcome:
    ask = reply.question.ask
    return Outcome(
        question_id=reply.question_id,
        decision=reply.kind,
        reply_id=reply.id,
        answer=reply.entry.answer if reply.entry else None,
        entry_key=reply.entry.key if reply.entry else None,
        suggestions=tuple(Suggestion(**item) for item in reply.offered),
        ask_id=ask.id if ask else None,
    )


def _settle(session: Session, question: Question, state: QuestionState) -> None:
    """Bring a question to which suggestions were made into its next state, once."""
    if not move(session, question, QuestionState.SUGGESTED, state):
        raise StaleButtonError
