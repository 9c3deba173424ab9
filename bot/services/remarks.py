"""Messages that need no search: small talk, and calls for help, which officers hear of at once."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.db.models import Lane, Question, QuestionState, Reply
from bot.services import outbox
from bot.services.answering import Incoming, Outcome, find_known, place
from bot.services.escalating import escalate, replace_edited
from bot.services.media import attach
from bot.services.texts import sound_of, storable
from retrieval import detect_script

SMALLTALK = "smalltalk"
EMERGENCY = "emergency"


class Remark(NamedTuple):
    """What such a message is.

    Attributes:
        decision: `SMALLTALK` or `EMERGENCY`.
        kind: Which sort of it; names the text of the reply.
        language: Of the reply, when the message itself says so; "" leaves it to the person.
    """

    decision: str
    kind: str
    language: str = ""

    @property
    def text_key(self) -> str:
        """The key of the reply's text."""
        return f"{self.decision}.{self.kind}"


def record_remark(session: Session, incoming: Incoming, remark: Remark) -> Outcome:
    """Store a message from Telegram and owe its reply; does not commit.

    A call for help is passed on to the officers as urgent. What led to an outcome before has no
    second effect; that is returned, see `find_known`.
    """
    known = find_known(session, incoming)
    if known is not None:
        return known
    question = _question(incoming.text, remark, incoming.kind)
    place(session, question, incoming)
    session.add(question)
    session.flush()
    if incoming.media is not None:
        attach(session, question, incoming.media, incoming.message_id)
    if remark.decision == EMERGENCY:
        escalate(session, question, "emergency", is_urgent=True)
    if incoming.is_edit:
        replace_edited(session, question)
    reply = Reply(question=question, kind=remark.decision, update_id=incoming.update_id)
    session.add(reply)
    session.flush()
    lane = Lane.URGENT if remark.decision == EMERGENCY else Lane.REPLY
    outbox.post_reply(session, reply, "remark", remark._asdict(), lane=lane)
    return Outcome(question.id, remark.decision, reply.id)


def record_terminal_remark(session: Session, text: str, remark: Remark) -> None:
    """Store a message of the terminal chat; does not commit."""
    question = _question(text, remark)
    question.channel = "terminal"
    session.add(question)


def _question(text: str, remark: Remark, kind: str = "text") -> Question:
    return Question(
        kind=kind,
        text=storable(text),
        folded=sound_of(text),
        script=detect_script(text),
        decision=remark.decision,
        state=QuestionState.CLOSED,
        matches=[],
    )
