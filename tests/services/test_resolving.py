"""An officer's word to everyone who asked."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import (
    AuditEvent,
    Escalation,
    EscalationState,
    Note,
    Origin,
    OutgoingMessage,
    Question,
    QuestionState,
    Reply,
)
from bot.errors import (
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    NotAllowedError,
    NotHeldError,
    UnfitEntryError,
    UnfitTextError,
)
from bot.services import granting, queue, resolving
from bot.services.curation import import_entries
from bot.services.editing import EntryState, read_entry
from bot.services.farmers import Asker
from bot.services.my_questions import withdraw
from tests.factories import create_draft
from tests.services.loop import MALA, SUNIL, appoint, pass_on

HOPPERS = "දුඹුරු පැළ කීඩෑවා ආවා"
ANSWER = "වතුර බස්සලා දින තුනක් තියන්න."


@pytest.fixture(autouse=True)
def officers(session: Session) -> None:
    """Two officers."""
    appoint(session, SUNIL)
    appoint(session, MALA)


def held(session: Session, *farmers: int, **fields: object) -> Escalation:
    """An escalation in Sunil's hands."""
    group = pass_on(session, HOPPERS, *farmers, **fields)
    queue.claim(session, SUNIL, group.id)
    return group


def stored(session: Session, status: str) -> EntryState:
    """An entry."""
    draft = create_draft("paddy.hoppers", status=status)
    import_entries(session, [draft], Origin.IMPORT, "test")
    return read_entry(session, SUNIL, draft.key)


def owed(session: Session) -> list[OutgoingMessage]:
    """What is owed, in order."""
    return list(session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)))


def test_everyone_who_asked_gets_the_answer_under_their_own_question(session: Session) -> None:
    """Once each, in the order in which they asked; and the escalation closes."""
    group = held(session, 11, 22, 33)

    count = resolving.send_answer(session, SUNIL, group.id, ANSWER)

    assert count == 3
    assert [message.chat_id for message in owed(session)] == [11, 22, 33]
    assert [message.under_message_id for message in owed(session)] == [100, 101, 102]
    assert (group.state, group.closed_by) == (EscalationState.ANSWERED, SUNIL)
    assert group.claimed_by is None
    done = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert done is not None
    assert (done.actor, done.action, done.details) == (
        str(SUNIL),
        "answered escalation",
        "3 askers",
    )
    assert {ask.question.state for ask in group.asks} == {QuestionState.RESOLVED}


def test_five_hundred_askers_are_all_told(session: Session) -> None:
    """In one transaction, whatever the number."""
    group = held(session, *range(1, 501))

    assert resolving.send_answer(session, SUNIL, group.id, ANSWER) == 500

    assert [message.chat_id for message in owed(session)] == list(range(1, 501))


def test_who_asked_twice_hears_it_once(session: Session) -> None:
    """Under the later of the two messages."""
    group = held(session, 11, 11)

    assert resolving.send_answer(session, SUNIL, group.id, ANSWER) == 1

    assert [message.under_message_id for message in owed(session)] == [101]
    assert {ask.question.state for ask in group.asks} == {QuestionState.RESOLVED}


def test_in_a_group_everyone_who_asked_is_answered(session: Session) -> None:
    """Also who asked in private before."""
    group = held(session, 11)
    pass_on(session, HOPPERS, 11, 22, chat_id=-5)

    assert resolving.send_answer(session, SUNIL, group.id, ANSWER) == 3

    assert [message.chat_id for message in owed(session)] == [11, -5, -5]


def test_who_took_the_question_back_is_left_in_peace(session: Session) -> None:
    """Only those who wait are written to."""
    group = held(session, 11, 22)
    withdraw(session, Asker(11, 11), group.asks[0].id)

    assert resolving.send_answer(session, SUNIL, group.id, ANSWER) == 1

    assert [message.chat_id for message in owed(session)] == [22]


def test_the_same_update_answers_once(session: Session) -> None:
    """A repeat says to how many it went and has no second effect."""
    group = held(session, 11, 22)
    counts = [
        resolving.send_answer(session, SUNIL, group.id, ANSWER, update_id=7) for _ in range(2)
    ]

    assert counts == [2, 2]
    assert len(owed(session)) == 2
    assert len(session.scalars(select(Note)).all()) == 1


def test_what_is_answered_is_not_answered_again(session: Session) -> None:
    """A second press a moment later is refused."""
    group = held(session, 11)
    resolving.send_answer(session, SUNIL, group.id, ANSWER, update_id=7)

    with pytest.raises(EscalationClosedError):
        resolving.send_answer(session, SUNIL, group.id, ANSWER, update_id=8)


def test_only_the_holder_answers(session: Session) -> None:
    """Another officer is told who holds it, and one without a claim to claim it."""
    group = held(session, 11)

    with pytest.raises(HeldByOtherError):
        resolving.send_answer(session, MALA, group.id, ANSWER)
    queue.release(session, SUNIL, group.id)
    with pytest.raises(NotHeldError):
        resolving.send_answer(session, SUNIL, group.id, ANSWER)
    assert owed(session) == []


def test_a_demoted_officer_sends_nothing(session: Session) -> None:
    """However far they had got; their claim went back to the queue."""
    group = held(session, 11)
    granting.assign(session, SUNIL, None, "test")

    with pytest.raises(NotAllowedError):
        resolving.send_answer(session, SUNIL, group.id, ANSWER)

    session.refresh(group)
    assert group.state is EscalationState.OPEN


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u202e", "අ" * 4097])
def test_an_answer_has_words_and_an_end(session: Session, text: str) -> None:
    """Telegram would not let a person send more either."""
    group = held(session, 11)

    with pytest.raises(UnfitTextError):
        resolving.send_answer(session, SUNIL, group.id, text)


def test_the_longest_answer_is_sent(session: Session) -> None:
    """4,096 characters, all of them."""
    group = held(session, 11)
    resolving.send_answer(session, SUNIL, group.id, "අ" * 4096)

    [message] = owed(session)

    word = resolving.read_owed_word(session, message.reply_id, message.data["note_id"])
    assert len(word.text) == 4096


def test_an_entry_answers_with_its_own_words(session: Session) -> None:
    """The reply and the note name the entry, so that Govi can learn from it."""
    entry = stored(session, "published")
    group = held(session, 11)

    resolving.send_entry(session, SUNIL, group.id, entry.entry_id)

    note = session.scalars(select(Note)).one()
    reply = session.scalars(select(Reply).where(Reply.kind == "officer")).one()
    assert (note.kind, note.text, note.entry_id) == ("answer", entry.draft.answer, entry.entry_id)
    assert (reply.entry_id, reply.entry_version) == (entry.entry_id, entry.version)


def test_a_draft_answers_nobody(session: Session) -> None:
    """Farmers get what was approved."""
    entry = stored(session, "draft")

    with pytest.raises(UnfitEntryError):
        resolving.send_entry(session, SUNIL, held(session, 11).id, entry.entry_id)


def test_an_officer_asks_everyone_for_detail(session: Session) -> None:
    """They go on waiting, and the officer goes on holding it."""
    group = held(session, 11, 22)

    assert resolving.ask_detail(session, SUNIL, group.id, "කොයි පළාතේද?") == 2

    assert [message.kind for message in owed(session)] == ["inquiry", "inquiry"]
    assert (group.state, group.claimed_by) == (EscalationState.CLAIMED, SUNIL)
    assert {ask.question.state for ask in group.asks} == {QuestionState.UNANSWERED}


def test_an_officer_asks_one_of_them(session: Session) -> None:
    """The others hear nothing of it; the note belongs to that asker."""
    group = held(session, 11, 22)
    ask = group.asks[1]

    counts = [
        resolving.ask_detail(session, SUNIL, group.id, "කොයි පළාතේද?", ask.id, update_id=7)
        for _ in range(2)
    ]

    assert counts == [1, 1]
    assert [message.chat_id for message in owed(session)] == [22]
    assert [note.ask_id for note in session.scalars(select(Note))] == [ask.id]


def test_what_is_asked_twice_in_a_row_is_sent_once(session: Session) -> None:
    """A button that is pressed twice troubles farmers once; other words are another question."""
    group = held(session, 11, 22)

    for text in ("කොයි පළාතේද?", "කොයි පළාතේද?", "කොයි වගාවද?"):
        assert resolving.ask_detail(session, SUNIL, group.id, text) == 2

    assert len(owed(session)) == 4


def test_an_asker_of_another_escalation_is_not_asked(session: Session) -> None:
    """A forged number is refused."""
    group = held(session, 11)
    other = pass_on(session, "පොහොර එන්නේ කවදද", 22)

    with pytest.raises(EscalationMissingError):
        resolving.ask_detail(session, SUNIL, group.id, "?", other.asks[0].id)


def test_declining_tells_everyone_why(session: Session) -> None:
    """The reason is a name; its kind words are rendered for each."""
    group = held(session, 11, 22)

    assert resolving.decline(session, SUNIL, group.id, "not_ours") == 2

    assert {message.kind for message in owed(session)} == {"declined"}
    assert group.state is EscalationState.DECLINED
    states = session.scalars(select(Question.state)).all()
    assert set(states) == {QuestionState.RESOLVED}
