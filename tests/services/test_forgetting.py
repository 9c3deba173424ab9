"""Forgetting a person."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import (
    AuditEvent,
    Base,
    Dialogue,
    EscalationState,
    Farmer,
    Feedback,
    InboxStatus,
    Note,
    OutgoingMessage,
    Question,
    QuestionState,
    ReceivedUpdate,
    Role,
    RoleGrant,
)
from bot.services import dialogues, forgetting, inbox, outbox
from bot.services.forgetting import forget
from tests.database import read_everything
from tests.services.asking import escalate, farmer, rate
from tests.services.curating import OFFICER, staff
from tests.services.loop import vector
from tests.services.traces import HEARD, ME, MINE, OTHER, VOICE, live, mine, raw, theirs


@pytest.mark.parametrize("agrees", [False, True])
def test_nothing_in_the_database_names_the_person(
    sessions: sessionmaker[Session], engine: Engine, agrees: bool
) -> None:
    """Neither the rows, nor the bytes that deleted rows leave, in whichever spelling."""
    with transaction(sessions) as session:
        live(session)
        farmer(session, ME).consented_at = utc_now() if agrees else None

    with transaction(sessions) as session:
        forget(session, ME)

    content = read_everything(engine)
    assert [
        spelling for spelling in (str(ME).encode(), ME.to_bytes(4)) if spelling in content
    ] == []
    assert MINE.encode("unicode_escape") not in content  # as in JSON
    assert (MINE.encode() in content) is agrees
    assert HEARD.encode() not in content
    assert VOICE.encode() not in content


def test_what_is_left_of_a_question_counts_and_says_nothing(session: Session) -> None:
    """Neither words nor their meaning, nor where it was asked, nor its picture."""
    question = mine(session, topic_id=3, album_id="a", transcript=MINE, **vector(1, 0))
    rate(session, question, is_helpful=True)
    question.replies[0].message_id = 6

    forget(session, ME)

    session.refresh(question)
    assert (question.text, question.folded, question.vector) == ("", "", None)
    assert (question.attachments, question.state) == ([], QuestionState.UNANSWERED)
    left = ("farmer_id", "chat_id", "message_id", "topic_id", "album_id", "transcript")
    assert [getattr(question, name) for name in left] == [None] * len(left)
    assert question.replies[0].message_id is None


def test_any_number_of_questions_is_erased(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Databases limit the values of one statement."""
    monkeypatch.setattr(forgetting, "_STEP", 2)
    for number in range(5):
        mine(session, f"{MINE} {number}")

    assert forget(session, ME).questions == 5

    assert {(question.text, question.chat_id) for question in session.query(Question)} == {
        ("", None)
    }


def test_a_group_of_one_is_withdrawn_from_its_officer(session: Session) -> None:
    """Whoever held it holds it no more."""
    group = escalate(session, mine(session), state=EscalationState.CLAIMED)
    group.claimed_by = OFFICER

    forget(session, ME)

    session.refresh(group)
    assert (group.state, group.claimed_by, group.text) == (EscalationState.WITHDRAWN, None, "")


def test_a_group_stays_for_its_other_askers(session: Session) -> None:
    """In their words, with the officer who holds it."""
    group = escalate(session, mine(session), theirs(session), state=EscalationState.CLAIMED)
    group.claimed_by = OFFICER

    forget(session, ME)

    session.refresh(group)
    assert (group.state, group.claimed_by) == (EscalationState.CLAIMED, OFFICER)
    assert group.text == "අනිත් කෙනාගේ"
    assert [each.withdrawn_at is None for each in group.asks] == [False, True]


def test_a_group_that_was_answered_stays_answered(session: Session) -> None:
    """It counts, without the words."""
    group = escalate(session, mine(session))

    forget(session, ME)

    session.refresh(group)
    assert (group.state, group.text, group.asks[0].withdrawn_at) == (
        EscalationState.ANSWERED,
        "",
        None,
    )


def test_a_group_in_which_the_others_are_content_is_closed(session: Session) -> None:
    """After a 👎 the person alone waited again; nobody is left to be answered."""
    others = theirs(session)
    others.state = QuestionState.RESOLVED
    group = escalate(session, others, mine(session), state=EscalationState.CLAIMED)
    group.claimed_by = OFFICER

    forget(session, ME)

    session.refresh(group)
    assert (group.state, group.claimed_by) == (EscalationState.ANSWERED, None)


def test_a_pending_answer_is_not_sent_to_them_but_to_the_others(session: Session) -> None:
    """Everything that the chat was owed is gone from the outbox."""
    group = escalate(session, mine(session), theirs(session))
    for chat in (ME, OTHER):
        outbox.post(session, chat, "officer_answer", escalation_id=group.id)

    forget(session, ME)

    assert [row.chat_id for row in session.query(OutgoingMessage)] == [OTHER]


def test_a_pending_answer_in_a_group_chat_is_not_sent_either(session: Session) -> None:
    """The group's other messages are."""
    group = escalate(session, mine(session, chat_id=-100), theirs(session))
    for under in (5, 6):
        outbox.post(session, -100, "officer_answer", escalation_id=group.id, under_message_id=under)

    forget(session, ME)

    assert [row.under_message_id for row in session.query(OutgoingMessage)] == [6]


def test_a_notice_about_what_they_added_is_not_sent_either(session: Session) -> None:
    """The officer hears of the group's other matters."""
    group = escalate(session, mine(session), theirs(session), state=EscalationState.OPEN)
    notes = [
        Note(escalation_id=group.id, ask_id=each.id, kind="detail", text="x") for each in group.asks
    ]
    session.add_all(notes)
    session.flush()
    for note in notes:
        outbox.post(session, OFFICER, "new_detail", {"note_id": note.id}, escalation_id=group.id)
    kept = {"note_id": notes[1].id}

    forget(session, ME)

    assert [row.data for row in session.query(OutgoingMessage)] == [kept]


def test_an_update_that_waits_behind_is_still_handled(session: Session) -> None:
    """Who writes again after asking to be forgotten gets an answer."""
    inbox.store(session, [raw("ආයෙත් අහනවා")])

    forget(session, ME)

    assert session.query(ReceivedUpdate).one().status is InboxStatus.RECEIVED


def test_an_officer_stays_an_officer(session: Session) -> None:
    """What they asked as a farmer goes, their role and what the team owes them stay."""
    staff(session)
    mine(session, farmer=farmer(session, OFFICER), chat_id=OFFICER)
    outbox.post(session, OFFICER, "announcement")

    forgotten = forget(session, OFFICER)

    assert (forgotten.questions, forgotten.has_role) == (1, True)
    assert session.query(RoleGrant).filter_by(telegram_user_id=OFFICER).one().role is Role.OFFICER
    assert session.query(OutgoingMessage).count() == 1


def test_nobody_else_is_forgotten(session: Session) -> None:
    """Not the neighbour's question, rating, dialogue or message."""
    rate(session, theirs(session), is_helpful=True)
    dialogues.enter(session, OTHER, "add", "title", {})
    outbox.post(session, OTHER, "reply")
    kinds = (Farmer, Question, Feedback, Dialogue, OutgoingMessage)
    before = [session.query(kind).count() for kind in kinds]
    mine(session)

    forget(session, ME)

    assert [session.query(kind).count() - (kind is Question) for kind in kinds] == before
    assert "අනිත් කෙනාගේ" in [question.text for question in session.query(Question)]


def test_who_is_not_known_is_forgotten_without_a_trace(session: Session) -> None:
    """Also a second time; the record tells that it was done, not to whom."""
    assert forget(session, ME).questions == 0

    event = session.query(AuditEvent).one()
    assert str(ME) not in f"{event.actor}{event.subject}{event.details}"


#: Columns that may hold a Telegram id or lead to a person, and how `forget` deals with them.
DEALT_WITH = {
    "asks.question_id": "the question is nobody's",
    "attachments.question_id": "deleted",
    "audit.actor": "of the team only",
    "audit.subject": "of the team only",
    "console_sessions.telegram_user_id": "deleted unless of the team",
    "escalations.claimed_by": "of the team only",
    "escalations.closed_by": "of the team only",
    "farmers.telegram_user_id": "deleted",
    "feedback.farmer_id": "deleted",
    "flows.telegram_user_id": "deleted",
    "inbox.chat_id": "emptied when handled, deleted when it failed",
    "invites.created_by": "of the team only",
    "invites.used_by": "of the team only",
    "notes.officer_id": "of the team only",
    "outbox.chat_id": "deleted",
    "proposals.decided_by": "of the team only",
    "proposals.proposed_by": "of the team only",
    "questions.chat_id": "emptied",
    "questions.farmer_id": "emptied",
    "replies.question_id": "the question is nobody's",
    "roles.telegram_user_id": "of the team only",
    "sign_in_links.telegram_user_id": "deleted unless of the team",
}
TELLING = (
    "user_id",
    "chat_id",
    "farmer_id",
    "question_id",
    "officer_id",
    "_by",
    "actor",
    "subject",
)


def test_every_column_that_may_name_a_person_is_dealt_with() -> None:
    """Whoever adds one says here what forgetting does to it."""
    telling = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(TELLING) and not column.name.startswith(("granted", "changed"))
    }

    assert telling == DEALT_WITH.keys()
