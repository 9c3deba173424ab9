"""A farmer's own questions at the officers."""

import pytest
from sqlalchemy.orm import Session

from bot.db.models import EscalationState, QuestionState
from bot.errors import EscalationClosedError, NotYoursError, StaleButtonError
from bot.services import queue, resolving
from bot.services.escalating import reopen
from bot.services.farmers import Asker
from bot.services.my_questions import MINE_COUNT, list_mine, withdraw
from tests.services.loop import SUNIL, appoint, kinds_owed, pass_on

HOPPERS, SUBSIDY = "දුඹුරු පැළ කීඩෑවා ආවා", "පොහොර සහනාධාරය කවදද"
NIMAL, KAMALA = Asker(11, 11), Asker(22, 22)


@pytest.fixture(autouse=True)
def officer(session: Session) -> None:
    """An officer."""
    appoint(session, SUNIL)


def test_a_question_is_listed_with_how_it_stands(session: Session) -> None:
    """Waiting, in an officer's hands, answered: newest first, each with its number."""
    first, second = pass_on(session, HOPPERS, 11), pass_on(session, SUBSIDY, 11)
    queue.claim(session, SUNIL, first.id)

    mine = list_mine(session, NIMAL)

    assert [(each.text, each.state) for each in mine] == [(SUBSIDY, "waiting"), (HOPPERS, "held")]
    assert mine[0].ask_id == second.asks[0].id
    assert all(each.can_withdraw for each in mine)


@pytest.mark.parametrize("state", ["answered", "declined", "withdrawn"])
def test_a_question_that_is_over_cannot_be_taken_back(session: Session, state: str) -> None:
    """It is listed with what became of it."""
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)
    if state == "answered":
        resolving.send_answer(session, SUNIL, group.id, "උත්තරය")
    elif state == "declined":
        resolving.decline(session, SUNIL, group.id, "other")
    else:
        withdraw(session, NIMAL, group.asks[0].id)

    [mine] = list_mine(session, NIMAL)

    assert (mine.state, mine.can_withdraw) == (state, False)


def test_what_another_is_told_later_changes_nothing(session: Session) -> None:
    """Who had an answer is not told that there was none because of a neighbour's 👎."""
    group = pass_on(session, HOPPERS, 11, 22)
    queue.claim(session, SUNIL, group.id)
    resolving.send_answer(session, SUNIL, group.id, "උත්තරය")
    reopen(session, group.asks[1])
    queue.claim(session, SUNIL, group.id)
    resolving.decline(session, SUNIL, group.id, "not_ours")

    states = [list_mine(session, asker)[0].state for asker in (NIMAL, KAMALA)]

    assert states == ["answered", "declined"]


def test_only_the_latest_questions_are_listed(session: Session) -> None:
    """As many as fit into a message."""
    for number in range(MINE_COUNT + 1):
        pass_on(session, f"ප්‍රශ්නය {number}", 11)

    asked = [each.text for each in list_mine(session, NIMAL)]

    assert asked == [f"ප්‍රශ්නය {number}" for number in range(MINE_COUNT, 0, -1)]


def test_in_a_group_only_what_was_asked_there_is_listed(session: Session) -> None:
    """What a person asked in private is nobody's business."""
    pass_on(session, HOPPERS, 11)
    pass_on(session, SUBSIDY, 11, chat_id=-5)

    assert [each.text for each in list_mine(session, Asker(11, -5))] == [SUBSIDY]


def test_the_last_asker_takes_the_escalation_back(session: Session) -> None:
    """Nobody waits in it, so it leaves the queue."""
    group = pass_on(session, HOPPERS, 11)

    assert withdraw(session, NIMAL, group.asks[0].id)

    assert group.state is EscalationState.WITHDRAWN
    assert group.asks[0].question.state is QuestionState.WITHDRAWN
    assert queue.list_queue(session, SUNIL).total == 0
    with pytest.raises(EscalationClosedError):
        queue.claim(session, SUNIL, group.id)


def test_one_of_several_askers_leaves_the_others(session: Session) -> None:
    """The escalation goes by the words of who still waits."""
    group = pass_on(session, HOPPERS, 11)
    pass_on(session, "Dumburu pela kidewa awa", 22)

    withdraw(session, NIMAL, group.asks[0].id)

    assert group.state is EscalationState.OPEN
    assert group.text == "Dumburu pela kidewa awa"


def test_who_holds_what_is_taken_back_is_told(session: Session) -> None:
    """The officer need not write an answer for nobody."""
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)

    withdraw(session, NIMAL, group.asks[0].id)

    assert kinds_owed(session, SUNIL) == ["all_withdrawn"]
    assert group.claimed_by is None


def test_taking_back_twice_is_harmless(session: Session) -> None:
    """The second press changes nothing."""
    group = pass_on(session, HOPPERS, 11)

    assert [withdraw(session, NIMAL, group.asks[0].id) for _ in range(2)] == [True, False]


def test_only_the_asker_takes_a_question_back(session: Session) -> None:
    """A forged or forwarded button is refused."""
    with pytest.raises(NotYoursError):
        withdraw(session, KAMALA, pass_on(session, HOPPERS, 11).asks[0].id)


def test_a_made_up_number_is_a_stale_button(session: Session) -> None:
    """Not a crash."""
    with pytest.raises(StaleButtonError):
        withdraw(session, NIMAL, 999)
