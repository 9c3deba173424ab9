"""Everything that is held about one person."""

from sqlalchemy.orm import Session

from bot.db.models import Attachment, Note
from bot.i18n import Catalogue, Words
from bot.own_data_file import format_own_data
from bot.services import audit, dialogues, inbox, outbox
from bot.services.own_data import read_own_data
from tests.services.asking import answer, ask, escalate, farmer, rate
from tests.services.curating import OFFICER, staff

ME, OTHER = 11, 12
MINE, THEIRS = "මගේ ප්‍රශ්නය", "අනිත් කෙනාගේ"


def live(session: Session) -> None:
    """Two people with everything that there can be."""
    staff(session)
    for person, text in ((ME, MINE), (OTHER, THEIRS)):
        question = ask(session, text, farmer=farmer(session, person), chat_id=person)
        session.add(Attachment(question=question, kind="voice", file_id=text, message_id=1))
        rate(session, question, is_helpful=True)
        dialogues.enter(session, person, "add", "title", {"title": text})
        outbox.post(session, person, "reply", {"x": text})
        message = {"from": {"id": person}, "chat": {"id": person}, "text": text}
        inbox.store(session, [{"update_id": person, "message": message}])
    group = escalate(session, question, ask(session, f"{MINE} 2", farmer=farmer(session, ME)))
    session.add(Note(escalation=group, ask_id=group.asks[0].id, kind="detail", text=THEIRS))
    session.add(Note(escalation=group, ask_id=group.asks[1].id, kind="detail", text=f"{MINE} 3"))
    answer(session, group, group.created_at)
    audit.record(session, OFFICER, "read escalation", f"escalation {group.id}")
    session.flush()


def test_every_subject_is_told(session: Session) -> None:
    """Each of them holds something of a person's who did everything."""
    live(session)

    held = read_own_data(session, ME)

    assert {subject: len(rows) for subject, rows in held.items()} == {
        "person": 1,
        "questions": 2,
        "attachments": 1,
        "replies": 1,
        "ratings": 1,
        "escalations": 2,
        "notes": 2,
        "dialogue": 1,
        "messages": 1,
        "updates": 1,
        "roles": 0,
        "looks": 1,
    }


def test_what_was_sent_to_the_person_in_a_group_is_told(session: Session) -> None:
    """The group's other messages are others'."""
    question = ask(session, MINE, "answer", farmer=farmer(session, ME), chat_id=-100)
    rate(session, question, is_helpful=True)
    outbox.post(session, -100, "reply", {"x": MINE}, reply_id=question.replies[0].id)
    outbox.post(session, -100, "reply", {"x": THEIRS})

    held = read_own_data(session, ME)

    assert [row["data"] for row in held["messages"]] == [{"x": MINE}]


def test_nothing_of_others_is_told(session: Session) -> None:
    """Neither the words of who asked the same, nor which officer looked and answered."""
    live(session)

    told = format_own_data(Words(Catalogue.load()), read_own_data(session, ME)).decode()

    assert MINE in told
    assert "read escalation" in told
    assert THEIRS not in told
    assert str(OFFICER) not in told


def test_of_a_stranger_nothing_is_held(session: Session) -> None:
    """Not even what belongs to nobody."""
    live(session)
    ask(session, "කාගෙවත් නෙවෙයි", farmer=None)

    assert not any(read_own_data(session, 999).values())


def test_an_officer_sees_their_role(session: Session) -> None:
    """And what they did."""
    live(session)

    held = read_own_data(session, OFFICER)

    assert (len(held["roles"]), len(held["looks"])) == (1, 1)
    assert [row["actor"] for row in held["looks"]] == [str(OFFICER)]
