"""What a farmer has said about their questions: whether they may be kept to make Govi better."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Farmer, Question
from bot.services.farmers import Asker, get_farmer


def may_keep_questions(session: Session, telegram_user_id: int) -> bool:
    """Return whether a person has agreed; nobody has who did not say so."""
    agreed = select(Farmer.consented_at).where(Farmer.telegram_user_id == telegram_user_id)
    return session.scalar(agreed) is not None


def words_may_be_kept() -> ColumnElement[bool]:
    """Whether a question's words may serve for more than answering it.

    Its farmer agrees, or did until nothing named them any more; of one who did not, none are left.
    """
    return or_(
        Question.farmer_id.is_(None),
        Question.farmer_id.in_(select(Farmer.id).where(Farmer.consented_at.is_not(None))),
    )


def let_questions_be_kept(session: Session, asker: Asker, is_agreed: bool) -> None:
    """Record a person's yes, with its moment, or take it back; does not commit.

    A yes lets the words of their questions stay after everything that names them is gone, and be
    exported and trained on. A no works for all that is still known to be theirs.
    """
    farmer = get_farmer(session, asker)
    if not is_agreed:
        farmer.consented_at = None
    elif farmer.consented_at is None:
        farmer.consented_at = utc_now()
