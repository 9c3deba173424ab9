"""A farmer's question: what was asked, what was decided, what is owed in reply."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.models import (
    Entry,
    EntryStatus,
    Feedback,
    Question,
    QuestionState,
    Reply,
)
from bot.errors import NotYoursError, StaleButtonError
from bot.services.farmers import Asker, get_farmer
from bot.services.texts import storable
from retrieval import Match, SearchResult, detect_script

SUGGESTION_COUNT = 3
#: "Did you mean" leaves out what scores this much less than its best: on the development
#: questions never the right entry (python -m benchmarks.suggestions).
SUGGESTION_SPREAD = 0.12


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from a person.

    Attributes:
        kind: "text", "photo", "voice", "sticker", "location" or "other".
        is_edit: The person changed an earlier message.
    """

    asker: Asker
    text: str
    update_id: int
    message_id: int
    kind: str = "text"
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One stored question offered by "did you mean"."""

    entry_id: int
    phrasing: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is owed to the asker, whatever channel it goes through.

    Attributes:
        decision: "answer", "suggest", "fallback" or "media".
        answer: The stored answer, word for word; None unless `decision` is "answer".
        suggestions: Best first, at most `SUGGESTION_COUNT`; empty unless "suggest".
        message_id: Telegram's id of the reply if it was sent already, else None.
    """

    question_id: int
    decision: str
    reply_id: int
    answer: str | None = None
    entry_key: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    message_id: int | None = None


def find_outcome(session: Session, update_id: int) -> Outcome | None:
    """Return what an update led to when it was first handled, or None if it never was."""
    reply = session.scalar(select(Reply).where(Reply.update_id == update_id))
    return None if reply is None else _outcome(reply)


def record_question(session: Session, incoming: Incoming, result: SearchResult) -> Outcome:
    """Store a question from Telegram with its decision; does not commit, sends nothing."""
    farmer = get_farmer(session, incoming.asker)
    question = _question(incoming.text, result)
    question.farmer = farmer
    question.chat_id = incoming.asker.chat_id
    question.message_id = incoming.message_id
    question.is_edit = incoming.is_edit
    return _decide_reply(session, question, result, incoming.update_id)


def record_terminal_question(session: Session, text: str, result: SearchResult) -> Outcome:
    """Store a question asked in the terminal chat; it has no farmer and no update."""
    question = _question(text, result)
    question.channel = "terminal"
    return _decide_reply(session, question, result, update_id=None)


def record_media(session: Session, incoming: Incoming) -> Outcome:
    """Store that a person sent something other than text, with its caption if it has one."""
    question = Question(
        farmer=get_farmer(session, incoming.asker),
        chat_id=incoming.asker.chat_id,
        message_id=incoming.message_id,
        kind=incoming.kind,
        is_edit=incoming.is_edit,
        text=storable(incoming.text),
        script="other",
        decision="media",
        state=QuestionState.UNANSWERED,
        matches=[],
    )
    return _reply(session, question, "media", incoming.update_id)


def answer_in_terminal(session: Session, question_id: int, chosen: Suggestion | None) -> Outcome:
    """Close a terminal question with the chosen suggestion, or None for "none of these".

    Raises:
        StaleButtonError: The entry was withdrawn meanwhile.
    """
    question = session.get_one(Question, question_id)
    if chosen is None:
        _move(session, question, QuestionState.UNANSWERED)
        return _reply(session, question, "fallback", update_id=None)
    return _answer_with(session, question, chosen.entry_id, update_id=None)


def choose_suggestion(
    session: Session, question_id: int, entry_id: int, asker: Asker, update_id: int
) -> Outcome:
    """Answer a question with the suggested entry that its asker chose.

    Raises:
        NotYoursError: The asker is not the one who asked.
        StaleButtonError: The question was closed already, or the entry was withdrawn.
    """
    question = _own_open_question(session, question_id, asker)
    return _answer_with(session, question, entry_id, update_id)


def _answer_with(
    session: Session, question: Question, entry_id: int, update_id: int | None
) -> Outcome:
    offered = {item["entry_id"] for reply in question.replies for item in reply.offered}
    entry = session.get(Entry, entry_id)
    if entry is None or entry_id not in offered or entry.status is not EntryStatus.PUBLISHED:
        raise StaleButtonError
    _move(session, question, QuestionState.ANSWERED)
    question.entry = entry
    return _reply(session, question, "answer", update_id, entry)


def refuse_suggestions(session: Session, question_id: int, asker: Asker, update_id: int) -> Outcome:
    """Record that none of the suggestions fitted: the question now counts as unanswered.

    Raises:
        NotYoursError: The asker is not the one who asked.
        StaleButtonError: The question was closed already.
    """
    question = _own_open_question(session, question_id, asker)
    _move(session, question, QuestionState.UNANSWERED)
    return _reply(session, question, "fallback", update_id)


def rate(session: Session, reply_id: int, asker: Asker, is_helpful: bool) -> bool:
    """Store a 👍 or 👎; return whether it changed anything, so that pressing twice is harmless.

    Raises:
        NotYoursError: The asker is not the one who got the reply.
        StaleButtonError: There is no such reply, or it is not an answer.
    """
    reply = session.get(Reply, reply_id)
    if reply is None or reply.kind != "answer":
        raise StaleButtonError
    farmer = get_farmer(session, asker)
    if reply.question.farmer_id != farmer.id:
        raise NotYoursError
    given = session.scalar(
        select(Feedback).where(Feedback.reply_id == reply_id, Feedback.farmer_id == farmer.id)
    )
    if given is None:
        session.add(Feedback(reply_id=reply_id, farmer_id=farmer.id, is_helpful=is_helpful))
        return True
    changed = given.is_helpful is not is_helpful
    given.is_helpful = is_helpful
    return changed


def mark_sent(session: Session, reply_id: int, message_id: int, sent_at: datetime) -> None:
    """Record that Telegram took a reply; the first message id stays."""
    session.execute(
        update(Reply)
        .where(Reply.id == reply_id, Reply.message_id.is_(None))
        .values(message_id=message_id, sent_at=sent_at)
    )


def _question(text: str, result: SearchResult) -> Question:
    return Question(
        text=storable(text),
        script=result.script,
        decision=result.decision.kind,
        state=_STATES[result.decision.kind],
        score=result.decision.score,
        margin=result.decision.margin,
        matches=[asdict(match) for match in result.matches],
        seconds=result.seconds,
        model_id=result.model_id,
    )


_STATES = {
    "answer": QuestionState.ANSWERED,
    "suggest": QuestionState.SUGGESTED,
    "fallback": QuestionState.UNANSWERED,
}


def _decide_reply(
    session: Session, question: Question, result: SearchResult, update_id: int | None
) -> Outcome:
    entries = _published(session, result.matches)
    best = entries.get(result.matches[0].key) if result.matches else None
    # An entry retired since the search is not in `entries`: its answer is never sent.
    if question.decision == "answer" and best is not None:
        question.entry = best
        return _reply(session, question, "answer", update_id, best)
    offered = [
        {"entry_id": entries[match.key].id, "phrasing": _spoken(entries[match.key], match)}
        for match in _close_to_best([match for match in result.matches if match.key in entries])
    ][:SUGGESTION_COUNT]
    if question.decision == "suggest" and offered:
        return _reply(session, question, "suggest", update_id, offered=offered)
    question.decision, question.state = "fallback", QuestionState.UNANSWERED
    return _reply(session, question, "fallback", update_id)


def _close_to_best(matches: Sequence[Match]) -> list[Match]:
    return [match for match in matches if match.score > matches[0].score - SUGGESTION_SPREAD]


def _spoken(entry: Entry, match: Match) -> str:
    """Choose the stored question to show: the first in Sinhala script, which everyone can read."""
    live = (phrasing.text for phrasing in entry.phrasings if phrasing.retired_at is None)
    return next((text for text in live if detect_script(text) == "sinhala"), match.phrasing)


def _published(session: Session, matches: Sequence[Match]) -> dict[str, Entry]:
    keys = [match.key for match in matches]
    rows = session.scalars(
        select(Entry).where(Entry.key.in_(keys), Entry.status == EntryStatus.PUBLISHED)
    )
    return {entry.key: entry for entry in rows}


def _reply(
    session: Session,
    question: Question,
    kind: str,
    update_id: int | None,
    entry: Entry | None = None,
    offered: list[dict[str, object]] | None = None,
) -> Outcome:
    reply = Reply(
        question=question,
        kind=kind,
        update_id=update_id,
        entry=entry,
        entry_version=entry.version if entry else None,
        offered=offered or [],
    )
    session.add(reply)
    session.flush()
    return _outcome(reply)


def _outcome(reply: Reply) -> Outcome:
    return Outcome(
        question_id=reply.question_id,
        decision=reply.kind,
        reply_id=reply.id,
        answer=reply.entry.answer if reply.entry else None,
        entry_key=reply.entry.key if reply.entry else None,
        suggestions=tuple(Suggestion(**item) for item in reply.offered),
        message_id=reply.message_id,
    )


def _own_open_question(session: Session, question_id: int, asker: Asker) -> Question:
    question = session.get(Question, question_id)
    if question is None:
        raise StaleButtonError
    if question.farmer_id != get_farmer(session, asker).id:
        raise NotYoursError
    return question


def _move(session: Session, question: Question, state: QuestionState) -> None:
    """Leave SUGGESTED exactly once, however many presses arrive at the same time."""
    moved = session.scalar(
        update(Question)
        .where(Question.id == question.id, Question.state == QuestionState.SUGGESTED)
        .values(state=state)
        .returning(Question.id)
    )
    if moved is None:
        raise StaleButtonError
    session.refresh(question)
