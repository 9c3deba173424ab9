"""What a voice note may have said: suggested to who said it, asked only if they confirm it."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.db.models import Question, QuestionState, Reply
from bot.errors import StaleButtonError
from bot.services import outbox
from bot.services.answering import Incoming, Outcome, find_outcome, record_question
from bot.services.escalating import take_back
from bot.services.farmers import Asker
from bot.services.media import Media
from bot.services.questions import get_own
from bot.services.texts import storable
from retrieval import SearchResult


class Heard(NamedTuple):
    """What Govi understood of a voice note."""

    question_id: int
    words: str


def suggest_words(session: Session, question_id: int, words: str) -> None:
    """Keep what was understood, and owe the farmer the question whether it is right, once.

    Nothing happens when an officer has answered meanwhile, or the farmer is gone. Does not commit.
    """
    question = session.get(Question, question_id)
    if question is None or not _is_open(question):
        return
    said = question.replies[0]  # that an officer will listen
    if outbox.post_reply(session, said, "heard", once_key=f"heard-{question_id}") is not None:
        question.transcript = storable(words)


def read_heard(session: Session, reply_id: int) -> Heard | None:
    """Return what is to be suggested; None if its matter is over."""
    question = session.get_one(Reply, reply_id).question
    if not question.transcript or not _is_open(question):
        return None
    return Heard(question.id, question.transcript)


def read_own_words(session: Session, question_id: int, asker: Asker) -> str:
    """Return what was suggested to an asker.

    Raises:
        NotYoursError: Somebody else sent the voice note.
        StaleButtonError: Nothing is suggested there any more.
    """
    return _own(session, question_id, asker).transcript or ""


def ask_heard(
    session: Session, question_id: int, asker: Asker, update_id: int, result: SearchResult
) -> Outcome:
    """Ask a voice note anew with the words that its farmer confirmed; does not commit.

    The voice note goes along to whoever will look at it; alone it waits no longer. A press that is
    handled again has no second effect.

    Raises:
        NotYoursError, StaleButtonError: As `read_own_words`.
    """
    known = find_outcome(session, update_id)
    if known is not None:
        return known
    question = _own(session, question_id, asker)
    incoming = Incoming(
        asker=asker,
        text=question.transcript or "",
        update_id=update_id,
        message_id=question.message_id or 0,
        kind=question.kind,
        topic_id=question.topic_id,
        is_quoted=True,
        media=next((Media(each.kind, each.file_id) for each in question.attachments), None),
    )
    question.transcript = None
    if question.ask is not None:
        take_back(session, question.ask)
    return record_question(session, incoming, result)


def forget_heard(session: Session, question_id: int, asker: Asker) -> None:
    """Drop what was suggested; the voice note goes on waiting for an officer.

    Raises:
        NotYoursError, StaleButtonError: As `read_own_words`.
    """
    _own(session, question_id, asker).transcript = None


def _is_open(question: Question) -> bool:
    return question.state is QuestionState.UNANSWERED


def _own(session: Session, question_id: int, asker: Asker) -> Question:
    question = get_own(session, question_id, asker)
    if not question.transcript or not _is_open(question):
        raise StaleButtonError
    return question
