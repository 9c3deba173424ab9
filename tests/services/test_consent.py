"""What farmers say about their questions."""

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.services.consent import let_questions_be_kept, may_keep_questions
from bot.services.farmers import Asker
from tests.services.asking import farmer

NIMAL = Asker(11, 11)


def test_a_second_yes_leaves_the_moment_of_the_first(session: Session) -> None:
    """What was asked in between was agreed to."""
    first = utc_now() - timedelta(days=9)
    farmer(session).consented_at = first

    let_questions_be_kept(session, NIMAL, is_agreed=True)

    assert farmer(session).consented_at == first


def test_who_took_it_back_has_not_agreed(session: Session) -> None:
    """Nor has a stranger."""
    let_questions_be_kept(session, NIMAL, is_agreed=True)
    assert may_keep_questions(session, 11)

    let_questions_be_kept(session, NIMAL, is_agreed=False)

    assert (may_keep_questions(session, 11), may_keep_questions(session, 12)) == (False, False)
