"""The queue, and who holds what."""

import pytest
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import AuditEvent, EscalationState, Origin, QuestionState
from bot.errors import (
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    NotHeldError,
)
from bot.services import queue
from bot.services.curation import import_entries
from bot.services.escalating import escalate
from tests.factories import create_draft
from tests.services.loop import MALA, NAMES, SUNIL, appoint, pass_on, question_of, vector

TEXTS = ("ප්‍රශ්න එක", "ප්‍රශ්න දෙක", "ප්‍රශ්න තුන")


@pytest.fixture(autouse=True)
def officers(session: Session) -> None:
    """Two officers."""
    appoint(session, SUNIL)
    appoint(session, MALA)


def near(key: str) -> dict[str, object]:
    """A stored match."""
    return {"key": key, "score": 0.4, "phrasing": key, "dense_score": 0.4, "lexical_score": 0.1}


def test_the_urgent_come_first_then_the_many_then_the_old(session: Session) -> None:
    """That is the order in which officers should look."""
    old = pass_on(session, TEXTS[0], 11)
    new = pass_on(session, TEXTS[1], 22)
    many = pass_on(session, TEXTS[2], 33, 44)
    urgent = escalate(session, question_of(session, 55, "වස බිව්වා"), "emergency", is_urgent=True)

    page = queue.list_queue(session, SUNIL)

    shown = [line.escalation_id for line in page.lines]
    assert shown == [urgent.id, many.id, old.id, new.id]
    assert [line.asker_count for line in page.lines] == [1, 2, 1, 1]


@pytest.mark.parametrize(("page", "shown", "lines"), [(9, 1, 1), (-1, 0, queue.PAGE_SIZE)])
def test_the_queue_is_paged(session: Session, page: int, shown: int, lines: int) -> None:
    """A page too far is the last one, and the first one the other way."""
    for number in range(queue.PAGE_SIZE + 1):
        pass_on(session, f"ප්‍රශ්නය {number}", number + 1)

    found = queue.list_queue(session, SUNIL, page=page)

    assert (len(found.lines), found.page, found.pages) == (lines, shown, 2)
    assert found.total == queue.PAGE_SIZE + 1


def test_the_queue_is_filtered_by_area(session: Session) -> None:
    """The area is that of the nearest entry; what is near nothing is an area of its own."""
    import_entries(session, [create_draft("paddy.blast")], Origin.IMPORT, "test")
    paddy = pass_on(session, TEXTS[0], 11, matches=[near("paddy.blast")])
    far = pass_on(session, TEXTS[1], 22)
    pass_on(session, TEXTS[2], 33).state = EscalationState.ANSWERED

    shown = {
        area: [line.escalation_id for line in queue.list_queue(session, SUNIL, area).lines]
        for area in ("paddy", "", None)
    }

    assert shown == {"paddy": [paddy.id], "": [far.id], None: [paddy.id, far.id]}
    areas = queue.list_queue(session, SUNIL, "paddy").areas
    assert {(each.area, each.count) for each in areas} == {("paddy", 1), (None, 1)}


def test_a_claimed_escalation_says_who_holds_it(session: Session) -> None:
    """To the holder it is theirs, to others it bears a name."""
    group = pass_on(session, TEXTS[0])

    queue.claim(session, SUNIL, group.id)

    mine = queue.list_queue(session, SUNIL).lines[0]
    others = queue.list_queue(session, MALA).lines[0]
    assert (mine.is_mine, others.is_mine, others.holder) == (True, False, NAMES[SUNIL])


def test_of_two_officers_one_gets_it(session: Session) -> None:
    """The other is told who has it."""
    group = pass_on(session, TEXTS[0])
    queue.claim(session, SUNIL, group.id)

    with pytest.raises(HeldByOtherError) as refusal:
        queue.claim(session, MALA, group.id)

    assert refusal.value.values == {"name": NAMES[SUNIL]}
    assert queue.claim(session, SUNIL, group.id).is_mine


@pytest.mark.parametrize("what", ["left", "mended"])
def test_an_asker_who_leaves_or_mends_the_words_is_a_change(session: Session, what: str) -> None:
    """An officer who has the page open is told to look again before they answer."""
    group = pass_on(session, TEXTS[0], 11, 22)
    ask = group.asks[1]
    before = queue.peek(session, SUNIL, group.id)

    if what == "left":
        ask.withdrawn_at, ask.question.state = utc_now(), QuestionState.WITHDRAWN
    else:
        ask.question.text = "වෙන වචන"
    session.flush()

    assert queue.peek(session, SUNIL, group.id) != before


def test_a_released_escalation_can_be_claimed_by_another(session: Session) -> None:
    """It goes back to the queue; who gave it away holds it no more."""
    group = pass_on(session, TEXTS[0])
    queue.claim(session, SUNIL, group.id)

    queue.release(session, SUNIL, group.id)

    assert (group.claimed_by, group.claimed_at, group.closed_by) == (None, None, None)
    assert queue.claim(session, MALA, group.id).holder == NAMES[MALA]
    with pytest.raises(HeldByOtherError):
        queue.release(session, SUNIL, group.id)


def test_what_nobody_holds_cannot_be_released(session: Session) -> None:
    """The officer is told to claim it."""
    with pytest.raises(NotHeldError):
        queue.release(session, SUNIL, pass_on(session, TEXTS[0]).id)


def test_what_is_closed_cannot_be_claimed(session: Session) -> None:
    """Its askers have their answer."""
    group = pass_on(session, TEXTS[0])
    group.state = EscalationState.ANSWERED
    session.flush()

    with pytest.raises(EscalationClosedError):
        queue.claim(session, SUNIL, group.id)


def test_there_must_be_an_escalation(session: Session) -> None:
    """A made-up number is refused, not a crash."""
    with pytest.raises(EscalationMissingError):
        queue.read_escalation(session, SUNIL, 999)


def test_an_officer_sees_numbers_instead_of_names(session: Session) -> None:
    """Askers are numbered inside the escalation; one who took theirs back leaves a gap."""
    group = pass_on(session, TEXTS[0], 11, 22, 33)
    group.asks[1].withdrawn_at = group.created_at
    session.flush()

    view = queue.read_escalation(session, SUNIL, group.id)

    assert [(ask.number, ask.text) for ask in view.asks] == [(1, TEXTS[0]), (3, TEXTS[0])]
    assert view.asker_count == 2


def test_what_an_officer_does_with_farmers_words_is_recorded(session: Session) -> None:
    """Who took, read, or gave back which escalation stands in the audit trail."""
    group = pass_on(session, TEXTS[0])

    for act in (queue.claim, queue.read_escalation, queue.release):
        act(session, SUNIL, group.id)

    events = session.query(AuditEvent).order_by(AuditEvent.id).all()
    assert [event.action.split()[0] for event in events] == ["claim", "read", "release"]
    assert {(e.actor, e.subject) for e in events} == {(str(SUNIL), f"escalation {group.id}")}


def test_near_entries_are_shown(session: Session) -> None:
    """The first few published ones that retrieval found when it was asked."""
    keys = [f"paddy.n{number}" for number in range(queue.NEAR_COUNT + 1)]
    import_entries(session, [create_draft(key) for key in keys], Origin.IMPORT, "test")
    group = pass_on(session, TEXTS[0], matches=[near(key) for key in ("gone", *keys)])

    view = queue.read_escalation(session, SUNIL, group.id)

    assert [found.key for found in view.near] == keys[:-1]


def test_what_looks_alike_is_offered_for_merging(session: Session) -> None:
    """Most alike first; too far apart to be joined by themselves, near enough to be asked about."""
    group = pass_on(session, TEXTS[0], 11, **vector(1, 0))
    less = pass_on(session, TEXTS[1], 22, **vector(0.75, 0.66))
    more = pass_on(session, TEXTS[2], 33, **vector(0.8, -0.6))
    pass_on(session, "වෙන එකක්", 44, **vector(0, 1))

    alike = queue.list_alike(session, SUNIL, group.id)

    assert [line.escalation_id for line in alike] == [more.id, less.id]


def test_what_another_officer_holds_is_not_offered(session: Session) -> None:
    """It could not be merged."""
    group = pass_on(session, TEXTS[0], 11, **vector(1, 0))
    other = pass_on(session, TEXTS[1], 22, **vector(0.8, 0.6))
    queue.claim(session, MALA, other.id)

    assert queue.list_alike(session, SUNIL, group.id) == []
    assert len(queue.list_alike(session, MALA, group.id)) == 1
