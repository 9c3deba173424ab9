"""What farmers say to a question of theirs that went to the officers."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Note, OutgoingMessage, Reply
from bot.services import outbox, queue, resolving
from bot.services.answering import Incoming
from bot.services.details import add_detail, is_asked, join_album
from bot.services.farmers import Asker
from bot.services.media import Media, attach
from bot.services.my_questions import withdraw
from tests.services.loop import SUNIL, appoint, kinds_owed, pass_on

HOPPERS, SUBSIDY = "දුඹුරු පැළ කීඩෑවා ආවා", "පොහොර සහනාධාරය කවදද"
NIMAL = Asker(11, 11)


@pytest.fixture(autouse=True)
def officer(session: Session) -> None:
    """An officer."""
    appoint(session, SUNIL)


def details(session: Session) -> list[str]:
    """What farmers added."""
    said = select(Note.text).where(Note.kind == "detail")
    return list(session.scalars(said.order_by(Note.id)))


def say(session: Session, replied: int, text: str = "මාතලේ", asker: Asker = NIMAL) -> bool:
    """Reply to a message."""
    return add_detail(session, Incoming(asker, text, 7, message_id=900), replied)


def test_a_reply_to_the_own_question_adds_to_it(session: Session) -> None:
    """The officers see it, and the farmer is told so."""
    group = pass_on(session, HOPPERS, 11)

    assert say(session, group.asks[0].question.message_id)

    assert details(session) == ["මාතලේ"]
    assert kinds_owed(session, 11) == ["detail_noted"]


def test_a_reply_to_what_govi_said_about_it_adds_to_it(session: Session) -> None:
    """Such as the message that says the question was passed on."""
    group = pass_on(session, HOPPERS, 11)
    session.add(Reply(question=group.asks[0].question, kind="fallback", message_id=333))
    session.flush()

    assert say(session, 333)


def test_a_reply_to_any_part_of_an_officers_question_adds_to_it(session: Session) -> None:
    """A long one comes in several messages; the holder is told what the farmer says."""
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)
    resolving.ask_detail(session, SUNIL, group.id, "අ" * 4096)
    message = session.scalars(select(OutgoingMessage)).one()
    outbox.mark_sent(session, message.id, [501, 502])

    assert say(session, 501)

    assert details(session) == ["මාතලේ"]
    assert kinds_owed(session, SUNIL) == ["new_detail"]


def test_a_reply_to_the_word_that_it_was_added_adds_more(session: Session) -> None:
    """People reply to what they read last."""
    group = pass_on(session, HOPPERS, 11)
    say(session, group.asks[0].question.message_id)
    message = session.scalars(select(OutgoingMessage)).one()
    outbox.mark_sent(session, message.id, [600])

    assert add_detail(session, Incoming(NIMAL, "දඹුල්ල", 8, message_id=901), 600)

    assert details(session) == ["මාතලේ", "දඹුල්ල"]


def test_who_asked_back_hears_the_answer_though_their_hold_has_ended(session: Session) -> None:
    """They were promised that; farmers answer the next day."""
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)
    resolving.ask_detail(session, SUNIL, group.id, "කොහෙද?")
    queue.release(session, SUNIL, group.id)

    assert say(session, group.asks[0].question.message_id)

    assert kinds_owed(session, SUNIL) == ["new_detail"]


def test_who_asked_back_another_farmer_hears_nothing_of_this_one(session: Session) -> None:
    """It is no answer to them, and the question is in nobody's hands."""
    group = pass_on(session, HOPPERS, 11, 22)
    queue.claim(session, SUNIL, group.id)
    resolving.ask_detail(session, SUNIL, group.id, "කොහෙද?", group.asks[1].id)
    queue.release(session, SUNIL, group.id)

    assert say(session, group.asks[0].question.message_id)

    assert kinds_owed(session, SUNIL) == []


def test_the_same_update_adds_once(session: Session) -> None:
    """A repeat is still no question."""
    group = pass_on(session, HOPPERS, 11)
    replied = group.asks[0].question.message_id

    assert [say(session, replied) for _ in range(2)] == [True, True]

    assert details(session) == ["මාතලේ"]


def test_a_detail_that_is_told_of_again_is_added_once(session: Session) -> None:
    """Telegram may call it an edit though no word has changed; one that changed adds more."""
    group = pass_on(session, HOPPERS, 11)
    message_id = group.asks[0].question.message_id

    for update_id, text in enumerate(("මාතලේ", "මාතලේ", "මාතර"), 1):
        detail = Incoming(NIMAL, text, update_id, message_id=900, is_edit=update_id > 1)
        assert add_detail(session, detail, message_id)

    assert details(session) == ["මාතලේ", "මාතර"]


def test_a_reply_to_something_else_is_a_question(session: Session) -> None:
    """Nothing open stands behind it."""
    pass_on(session, HOPPERS, 11)

    assert not say(session, 404)


def test_a_reply_to_what_is_over_is_a_question(session: Session) -> None:
    """Nobody would look at it any more."""
    group = pass_on(session, HOPPERS, 11)
    withdraw(session, NIMAL, group.asks[0].id)

    assert not say(session, group.asks[0].question.message_id)


@pytest.mark.parametrize("sent", [[100], [100, 101]])
def test_a_neighbours_message_of_the_same_number_is_another(
    session: Session, sent: list[int]
) -> None:
    """Telegram counts the messages of each chat."""
    group, other = pass_on(session, HOPPERS, 11), pass_on(session, SUBSIDY, 22)
    reply = Reply(question=other.asks[0].question, kind="fallback")
    session.add(reply)
    session.flush()
    message = outbox.post(session, 22, "reply", reply_id=reply.id)
    assert message is not None
    outbox.mark_sent(session, message.id, sent)

    assert say(session, 100)

    assert session.scalars(select(Note.ask_id)).one() == group.asks[0].id


def test_the_own_message_of_the_same_number_in_a_group_is_another(session: Session) -> None:
    """What is replied to there was asked there."""
    there = pass_on(session, SUBSIDY, 11, chat_id=-5, message_id=100)
    pass_on(session, HOPPERS, 11, message_id=100)

    assert say(session, 100, asker=Asker(11, -5))

    assert session.scalars(select(Note.ask_id)).one() == there.asks[0].id


def test_a_neighbours_reply_is_a_question_of_their_own(session: Session) -> None:
    """In a group everybody can reply to everything."""
    group = pass_on(session, HOPPERS, 11, chat_id=-5)

    assert not say(session, group.asks[0].question.message_id, asker=Asker(22, -5))


def test_what_answered_an_officer_is_known_when_it_is_handled_again(session: Session) -> None:
    """It answers once; what was said afterwards is a question of its own."""
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)
    resolving.ask_detail(session, SUNIL, group.id, "කොහෙද?")
    inquiry = session.scalars(select(Reply).where(Reply.kind == "inquiry")).one()
    said = Incoming(NIMAL, "මාතලේ", 7, message_id=900)
    assert not is_asked(session, said)  # it has not gone out yet
    inquiry.message_id = 700

    for _ in range(2):
        assert is_asked(session, said)
        assert add_detail(session, said)

    assert details(session) == ["මාතලේ"]
    assert not is_asked(session, Incoming(NIMAL, "මාතලේ", 8, message_id=901))


def test_a_detail_stays_one_when_its_message_changes(session: Session) -> None:
    """It replied to nothing; without another word it adds nothing, though all is over by then."""
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)
    resolving.ask_detail(session, SUNIL, group.id, "කොහෙද?")
    session.scalars(select(Reply).where(Reply.kind == "inquiry")).one().message_id = 700
    add_detail(session, Incoming(NIMAL, "මාතලේ", 7, message_id=900))

    changed = Incoming(NIMAL, "දඹුල්ල", 8, message_id=900, is_edit=True)
    assert is_asked(session, changed)
    assert add_detail(session, changed)
    resolving.send_answer(session, SUNIL, group.id, "උත්තරය")
    assert add_detail(session, changed._replace(update_id=9))

    assert details(session) == ["මාතලේ", "දඹුල්ල"]


def test_an_album_that_is_added_to_an_album_joins_it_whole(session: Session) -> None:
    """Only the first of its photos replies to something, or comes right after an inquiry."""
    group = pass_on(session, HOPPERS, 11)
    question = group.asks[0].question
    attach(session, question, Media("photo", "a1", album_id="a"), question.message_id)
    first, second = (Media("photo", file_id, album_id="b") for file_id in ("b1", "b2"))

    added = Incoming(NIMAL, "", 7, message_id=900, kind="photo", media=first)
    assert add_detail(session, added, question.message_id)
    assert join_album(session, NIMAL.chat_id, 901, second, "")

    assert [each.file_id for each in question.attachments] == ["a1", "b1", "b2"]
