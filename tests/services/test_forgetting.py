"""Forgetting a person."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import (
    Attachment,
    AuditEvent,
    Base,
    Dialogue,
    EscalationState,
    Farmer,
    Feedback,
    InboxStatus,
    Note,
    OutgoingMessage,
    Proposal,
    ProposalState,
    Question,
    QuestionState,
    ReceivedUpdate,
    Role,
    RoleGrant,
)
from bot.services import dialogues, inbox, outbox
from bot.services.farmers import Asker
from bot.services.forgetting import forget
from bot.services.media import Media, attach
from bot.services.proposals import propose_phrasing
from bot.services.question_log import LogFilter, iter_questions
from tests.database import read_everything
from tests.factories import create_draft
from tests.services.asking import ask, escalate, farmer, rate
from tests.services.curating import OFFICER, staff, store

ME, OTHER = 987_654_321, 12
MINE = "මගේ ගොයම මැරෙනවා රහසක්"
#: What a model understood of a voice note, and Telegram's id of it.
HEARD, VOICE = "හඬින් කියපු රහසක්", "file-of-a-voice-note"
ASKER = Asker(ME, ME)


def mine(session: Session, text: str = MINE, **fields: Any) -> Question:
    """A question of the person's, under their message 5."""
    own = {"farmer": farmer(session, ME), "chat_id": ME, "message_id": 5}
    question = ask(session, text, **(own | fields))
    attach(session, question, Media("photo", "f1"), 5)
    return question


def theirs(session: Session, text: str = "අනිත් කෙනාගේ") -> Question:
    """A neighbour's question."""
    return ask(session, text, farmer=farmer(session, OTHER), chat_id=OTHER, message_id=6)


def raw(text: str, person: int = ME, chat: int = ME) -> dict[str, Any]:
    """An update as Telegram sends it."""
    message = {"message_id": 5, "from": {"id": person}, "chat": {"id": chat}, "text": text}
    return {"update_id": hash((text, chat)) % 10**9, "message": message}


def live(session: Session) -> None:
    """Everything that a person can leave behind."""
    answered = mine(session, MINE, decision="answer")
    rate(session, answered, is_helpful=False)
    answered.transcript = HEARD
    session.add(Attachment(question=answered, kind="voice", file_id=VOICE, message_id=5))
    group = escalate(session, mine(session), state=EscalationState.CLAIMED)
    group.claimed_by = OFFICER
    note = Note(escalation=group, ask_id=group.asks[0].id, kind="detail", text=MINE)
    session.add(note)
    dialogues.enter(session, ME, "add", "title", {"title": MINE})
    outbox.post(session, ME, "reply", {"text": MINE}, reply_id=answered.replies[0].id)
    outbox.post(session, ME, "officer_answer", {"note_id": 1}, escalation_id=group.id)
    inbox.store(session, [raw(MINE), raw(f"{MINE} කණ්ඩායමක", chat=-100)])
    for row in session.scalars(select(ReceivedUpdate)):
        inbox.fail(session, row.update_id, "broken", None)
    session.flush()


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


def test_words_stay_only_for_who_agreed(session: Session) -> None:
    """They belong to nobody, and the log shows them so."""
    farmer(session, ME).consented_at = utc_now()
    mine(session)

    forgotten = forget(session, ME)

    assert forgotten.questions == 1
    (logged,) = iter_questions(session, LogFilter())
    assert (logged.text, logged.farmer) == (MINE, "")


def test_what_is_left_of_a_question_counts_and_says_nothing(session: Session) -> None:
    """Neither words, nor where it was asked, nor its picture."""
    question = mine(session)

    forget(session, ME)

    session.refresh(question)
    left = (question.text, question.folded, question.farmer_id, question.chat_id)
    assert left == ("", "", None, None)
    assert question.message_id is None
    assert (question.attachments, question.state) == ([], QuestionState.UNANSWERED)


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


def test_who_asked_in_the_same_words_keeps_theirs(session: Session) -> None:
    """In another group, which the officers see in the queue as before."""
    escalate(session, mine(session))
    group = escalate(session, theirs(session, MINE), state=EscalationState.OPEN)

    forget(session, ME)

    session.refresh(group)
    assert group.text == MINE


def test_what_a_group_that_was_merged_said_goes_too(session: Session) -> None:
    """It has no askers any more that would lead there."""
    merged = escalate(session, mine(session), state=EscalationState.MERGED)
    into = escalate(session, theirs(session), state=EscalationState.OPEN)
    merged.asks[0].escalation = into

    forget(session, ME)

    session.refresh(merged)
    assert merged.text == ""


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


def test_words_that_wait_to_become_a_phrasing_are_withdrawn(session: Session) -> None:
    """An admin never sees them."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    group = escalate(session, mine(session))
    propose_phrasing(session, OFFICER, entry.entry_id, MINE, group.id)

    forget(session, ME)

    proposal = session.query(Proposal).one()
    assert (proposal.phrasing, proposal.state) == ("", ProposalState.REJECTED)


def test_words_proposed_from_the_question_log_are_withdrawn(session: Session) -> None:
    """They were never in the queue: nothing but the words leads from the proposal to the person."""
    staff(session)
    entry = store(session, create_draft("a.one"))
    mine(session, decision="suggest")
    propose_phrasing(session, OFFICER, entry.entry_id, MINE)
    propose_phrasing(session, OFFICER, entry.entry_id, "නිලධාරියාගේම වචන")

    forget(session, ME)

    proposals = [(each.phrasing, each.state) for each in session.query(Proposal).order_by("id")]
    assert proposals == [
        ("", ProposalState.REJECTED),
        ("නිලධාරියාගේම වචන", ProposalState.PENDING),
    ]


def test_an_officer_loses_what_they_were_making_of_the_words(session: Session) -> None:
    """A dialogue about others' words goes on."""
    escalate(session, mine(session))
    dialogues.enter(session, OFFICER, "keep", "area", {"phrasings": [f"{MINE}?", "x"]})
    dialogues.enter(session, OTHER, "keep", "area", {"phrasings": ["x"]})

    forget(session, ME)

    assert [each.telegram_user_id for each in session.query(Dialogue)] == [OTHER]


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
