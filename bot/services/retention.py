"""Keeping nothing longer than the settings say."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.db.base import delete_rows
from bot.db.models import Dialogue, Farmer, Feedback, Question, RoleGrant
from bot.services import inbox, outbox
from bot.services.dialogues import FORGOTTEN_AFTER
from bot.services.forgetting import erase_questions, list_question_ids


class Periods(NamedTuple):
    """How many days things are kept.

    Attributes:
        own: Questions as their farmer's own, people who stay away, and failures.
        mail: Messages that were sent; by them Govi knows what a person replies to.
    """

    own: int = 365
    mail: int = 30


#: Ids of handled updates. Telegram repeats one for a day, and may use an id again after a week.
_UPDATE_DAYS = 3


class Purged(NamedTuple):
    """What was erased.

    Attributes:
        questions: Made nobody's; their words blanked, unless the farmer let those be kept.
        people: Forgotten, because they stayed away for so long.
        dialogues: Left alone.
        updates: Of the inbox.
        messages: Of the outbox.
    """

    questions: int
    people: int
    dialogues: int
    updates: int
    messages: int


def purge(session: Session, now: datetime, periods: Periods | None = None) -> Purged:
    """Erase what has been kept for long enough; for a nightly job. Does not commit.

    Done twice it changes nothing. The records of roles, of changes of the knowledge base and of
    who looked at what stay: they are about the team.
    """
    periods = periods or Periods()
    own, mail, ids = (now - timedelta(days=d) for d in (periods.own, periods.mail, _UPDATE_DAYS))
    return Purged(
        questions=_purge_questions(session, own),
        people=_purge_people(session, own),
        dialogues=delete_rows(session, Dialogue, Dialogue.updated_at < now - FORGOTTEN_AFTER),
        updates=inbox.purge(session, ids) + inbox.purge_failed(session, own),
        messages=outbox.purge(session, mail) + outbox.purge_failed(session, own),
    )


def _purge_questions(session: Session, before: datetime) -> int:
    agreed = select(Farmer.id).where(Farmer.consented_at.is_not(None))
    is_old = Question.asked_at < before
    kept = list_question_ids(session, is_old, Question.farmer_id.in_(agreed))
    blanked = list_question_ids(
        session, is_old, Question.farmer_id.is_not(None), Question.farmer_id.not_in(agreed)
    )
    erase_questions(session, kept, are_words_kept=True)
    erase_questions(session, blanked, are_words_kept=False)
    return len(kept) + len(blanked)


def _purge_people(session: Session, before: datetime) -> int:
    """Delete people whom nothing belongs to any more; the team's language is kept."""
    team = select(RoleGrant.telegram_user_id).where(RoleGrant.revoked_at.is_(None))
    asking = select(Question.farmer_id).where(Question.farmer_id.is_not(None))
    is_gone = (
        (Farmer.last_seen_at < before)
        & Farmer.telegram_user_id.not_in(team)
        & Farmer.id.not_in(asking)
    )
    theirs = Feedback.farmer_id.in_(select(Farmer.id).where(is_gone))
    session.execute(delete(Feedback).where(theirs))
    return delete_rows(session, Farmer, is_gone)
