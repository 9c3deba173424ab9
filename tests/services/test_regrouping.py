"""Escalations split and merged by officers."""

import pytest
from sqlalchemy.orm import Session

from bot.db.models import Escalation, EscalationState, Note, Reply
from bot.errors import (
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    UnfitSplitError,
)
from bot.services import queue, resolving
from bot.services.farmers import Asker
from bot.services.own_data import read_own_data
from bot.services.rating import rate
from bot.services.reading_out import read_spoken
from bot.services.regrouping import merge, split
from tests.services.loop import MALA, SUNIL, appoint, pass_on

HOPPERS, SUBSIDY = "දුඹුරු පැළ කීඩෑවා ආවා", "පොහොර සහනාධාරය කවදද"


@pytest.fixture(autouse=True)
def officers(session: Session) -> None:
    """Two officers."""
    appoint(session, SUNIL)
    appoint(session, MALA)


def test_some_askers_move_to_an_escalation_of_their_own(session: Session) -> None:
    """With what they added, and in the same hands."""
    group = pass_on(session, HOPPERS, 11, 22, 33)
    queue.claim(session, SUNIL, group.id)
    moving = group.asks[1]
    session.add(Note(escalation_id=group.id, ask_id=moving.id, kind="detail", text="මාතලේ"))

    new_id = split(session, SUNIL, group.id, [moving.id])

    view = queue.read_escalation(session, SUNIL, new_id)
    assert [ask.ask_id for ask in view.asks] == [moving.id]
    assert ([note.text for note in view.notes], view.is_mine) == (["මාතලේ"], True)
    assert queue.read_escalation(session, SUNIL, group.id).asker_count == 2


def test_who_was_split_off_still_hears_what_they_were_answered_before(session: Session) -> None:
    """The answer stays with those whom it was written for, also in all that is held about them."""
    group = pass_on(session, HOPPERS, 11, 22)
    queue.claim(session, SUNIL, group.id)
    resolving.send_answer(session, SUNIL, group.id, "වතුර බස්සන්න.")
    replies = session.query(Reply).filter_by(kind="officer").order_by(Reply.id).all()
    for number, reply in zip((11, 22), replies, strict=True):
        rate(session, reply.id, Asker(number, number), is_helpful=False, update_id=number)

    split(session, SUNIL, group.id, [group.asks[1].id])

    spoken = [read_spoken(session, reply.id) for reply in replies]
    held = read_own_data(session, 22)["notes"]
    assert [each.text for each in spoken if each] == ["වතුර බස්සන්න."] * 2
    assert [note["text"] for note in held] == ["වතුර බස්සන්න."]


@pytest.mark.parametrize("chosen", [[], [0, 1]])
def test_somebody_goes_and_somebody_stays(session: Session, chosen: list[int]) -> None:
    """An escalation without askers would wait for nobody."""
    group = pass_on(session, HOPPERS, 11, 22)

    with pytest.raises(UnfitSplitError):
        split(session, SUNIL, group.id, [group.asks[number].id for number in chosen])


def test_only_its_own_askers_move(session: Session) -> None:
    """A forged number is refused."""
    group = pass_on(session, HOPPERS, 11, 22)
    other = pass_on(session, SUBSIDY, 33)

    with pytest.raises(EscalationMissingError):
        split(session, SUNIL, group.id, [other.asks[0].id])


def test_two_become_one(session: Session) -> None:
    """All askers and notes stand in the one; the other is closed and says where they went."""
    first, second = pass_on(session, HOPPERS, 11), pass_on(session, SUBSIDY, 22)
    session.add(Note(escalation_id=first.id, kind="inquiry", text="කොහෙද?", officer_id=MALA))
    session.flush()

    merge(session, SUNIL, first.id, second.id)

    view = queue.read_escalation(session, SUNIL, second.id)
    assert [ask.text for ask in view.asks] == [HOPPERS, SUBSIDY]
    assert [note.text for note in view.notes] == ["කොහෙද?"]
    merged = session.get_one(Escalation, first.id)
    assert (merged.state, merged.merged_into_id) == (EscalationState.MERGED, second.id)


def test_words_stand_where_a_picture_had_none(session: Session) -> None:
    """Merged into it, they are what the queue shows; it showed nothing at all."""
    written, shown = pass_on(session, HOPPERS, 11), pass_on(session, "", 22, kind="photo")

    merge(session, SUNIL, written.id, shown.id)

    [line] = queue.list_queue(session, SUNIL).lines
    assert (line.text, line.kind) == (HOPPERS, "text")


def test_an_answer_reaches_the_askers_of_both(session: Session) -> None:
    """That is what merging is for."""
    first, second = pass_on(session, HOPPERS, 11), pass_on(session, SUBSIDY, 22)
    merge(session, SUNIL, first.id, second.id)
    queue.claim(session, SUNIL, second.id)

    assert resolving.send_answer(session, SUNIL, second.id, "උත්තරය") == 2


def test_what_another_officer_holds_is_left_alone(session: Session) -> None:
    """Neither split nor merged under their hands."""
    group = pass_on(session, HOPPERS, 11, 22)
    other = pass_on(session, SUBSIDY, 33)
    queue.claim(session, MALA, group.id)

    with pytest.raises(HeldByOtherError):
        split(session, SUNIL, group.id, [group.asks[0].id])
    with pytest.raises(HeldByOtherError):
        merge(session, SUNIL, other.id, group.id)


def test_what_is_closed_is_not_merged(session: Session) -> None:
    """Nobody in it waits for the other's answer."""
    first, second = pass_on(session, HOPPERS, 11), pass_on(session, SUBSIDY, 22)
    first.state = EscalationState.DECLINED
    session.flush()

    with pytest.raises(EscalationClosedError):
        merge(session, SUNIL, first.id, second.id)


def test_nothing_is_merged_into_itself(session: Session) -> None:
    """It would be closed without an answer."""
    group = pass_on(session, HOPPERS, 11)

    with pytest.raises(EscalationMissingError):
        merge(session, SUNIL, group.id, group.id)
