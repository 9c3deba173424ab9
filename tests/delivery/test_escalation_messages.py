"""What is said about escalations."""

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from bot.db.base import utc_now
from bot.db.models import Ask
from bot.delivery.messages import compose
from bot.i18n import Catalogue
from bot.rendering import Rendered
from bot.services import announcing, granting, notices, outbox, queue, regrouping, resolving
from bot.services.answering import Incoming
from bot.services.details import add_detail
from bot.services.farmers import Asker
from bot.services.forgetting import forget
from bot.services.my_questions import withdraw
from bot.services.rating import rate
from tests.services.loop import SUNIL, appoint, pass_on
from tests.services.test_announcing import MORNING, RULES

TEXTS = Catalogue.load()
NIMAL = Asker(11, 11)
HOPPERS = "දුඹුරු පැළ <කීඩෑවා> ආවා"


def owed(session: Session, chat_id: int = 11) -> list[Rendered | Exception | None]:
    """What a chat's messages look like."""
    messages = outbox.lease(session, 100, 60)
    return compose(session, TEXTS, [each for each in messages if each.chat_id == chat_id])


def buttons(rendered: Rendered) -> Sequence[str]:
    """The data behind each button."""
    rows = rendered.keyboard.inline_keyboard if rendered.keyboard else ()
    return [button.callback_data for row in rows for button in row]


@pytest.fixture
def held(session: Session) -> int:
    """Nimal's question in Sunil's hands; somebody asked before, so its number is no reply's."""
    appoint(session, SUNIL)
    pass_on(session, "කුඹුරට වතුර නෑ", 33)
    group = pass_on(session, HOPPERS, 11)
    queue.claim(session, SUNIL, group.id)
    return group.id


def test_an_officers_answer_bears_the_number_and_can_be_rated(session: Session, held: int) -> None:
    """The words are the officer's, escaped."""
    resolving.send_answer(session, SUNIL, held, "වතුර <b>බස්සන්න</b>")

    [answer] = owed(session)

    assert "අංක 2" in answer.parts[0]
    assert answer.parts[0].endswith("වතුර &lt;b&gt;බස්සන්න&lt;/b&gt;")
    assert [data[:4] for data in buttons(answer)] == ["1:u:", "1:d:"]


def test_the_longest_answer_comes_whole(session: Session, held: int) -> None:
    """In two messages, the second with the buttons."""
    resolving.send_answer(session, SUNIL, held, "q" * 4096)

    [answer] = owed(session)

    assert len(answer.parts) == 2
    assert "".join(answer.parts).count("q") == 4096


def test_an_inquiry_says_to_reply(session: Session, held: int) -> None:
    """And lets the farmer take the question back instead."""
    resolving.ask_detail(session, SUNIL, held, "කොයි පළාතේද?")

    [inquiry] = owed(session)

    assert "කොයි පළාතේද?" in inquiry.parts[0]
    assert buttons(inquiry) == ["f1:w:2"]
    assert "අංක 2" in inquiry.parts[0]


@pytest.mark.parametrize("reason", ["not_ours", "abuse", "other"])
def test_a_decline_is_kind(session: Session, held: int, reason: str) -> None:
    """Each reason has its words."""
    resolving.decline(session, SUNIL, held, reason)

    assert owed(session)[0].parts == (TEXTS.text(f"word.declined.{reason}", number=2),)


@pytest.mark.parametrize("word", ["ask_detail", "send_answer", "decline"])
def test_no_word_is_said_on_what_was_taken_back(session: Session, held: int, word: str) -> None:
    """Whatever an officer's word is; it may have waited for a farmer who had blocked the bot."""
    getattr(resolving, word)(session, SUNIL, held, "other")
    session.get_one(Ask, 2).withdrawn_at = utc_now()

    assert owed(session) == [None]


def test_what_was_taken_back_is_not_answered(session: Session, held: int) -> None:
    """An inquiry that has not gone out yet stays unsaid; the officer is told."""
    resolving.ask_detail(session, SUNIL, held, "කොයි පළාතේද?")
    withdraw(session, NIMAL, 2)

    messages = compose(session, TEXTS, outbox.lease(session, 100, 60))

    assert messages[0] is None
    assert "&lt;කීඩෑවා&gt;" in messages[1].parts[0]


def test_an_officer_is_told_what_a_farmer_added(session: Session, held: int) -> None:
    """By the farmer's number, with a button to open it."""
    add_detail(session, Incoming(NIMAL, "මාතලේ", 7, 900), 101)

    [notice] = owed(session, SUNIL)

    assert "මාතලේ" in notice.parts[0]
    assert buttons(notice) == [f"q1:o:{held}"]


def test_after_a_thumb_down_reasons_are_offered(session: Session, held: int) -> None:
    """With the button to take the question back; the officer hears of it too."""
    resolving.send_answer(session, SUNIL, held, "උත්තරය")
    owed(session)
    rate(session, 1, NIMAL, False)
    outbox.mark_sent(session, 1, [77])

    [asking] = owed(session)

    assert buttons(asking) == ["f1:r:1:0:2", "f1:r:1:1:2", "f1:r:1:2:2", "f1:w:2"]


def test_an_announcement_lists_what_is_new(session: Session) -> None:
    """With the askers of each, and a button to open it."""
    appoint(session, SUNIL)
    group = pass_on(session, HOPPERS, 11, 22)
    announcing.announce(session, MORNING, RULES)

    [announcement] = owed(session, SUNIL)

    assert "ගොවියෝ 2" in announcement.parts[0]
    assert "&lt;කීඩෑවා&gt;" in announcement.parts[0]
    assert buttons(announcement) == [f"q1:o:{group.id}"]


def test_an_announcement_names_the_first_six(session: Session) -> None:
    """It says how many there are; the others stand in the queue."""
    appoint(session, SUNIL)
    groups = [pass_on(session, f"ප්‍රශ්නය {number}", 100 + number) for number in range(7)]
    announcing.announce(session, MORNING, RULES)

    [announcement] = owed(session, SUNIL)

    assert buttons(announcement) == [f"q1:o:{group.id}" for group in groups[:6]]
    assert TEXTS.text("notice.announcement.heading", count=7) in announcement.parts[0]
    assert "ප්‍රශ්නය 6" not in announcement.parts[0]


@pytest.mark.parametrize("kind", ["photo", "voice"])
def test_what_came_without_words_is_announced_as_what_it_is(session: Session, kind: str) -> None:
    """And told of as that when its officer has held it for too long."""
    appoint(session, SUNIL)
    group = pass_on(session, "", 11, reason="media", kind=kind)
    announcing.announce(session, MORNING, RULES)
    notices.tell_officer(session, SUNIL, "hold_ended", group)

    [announcement] = owed(session, SUNIL)
    outbox.mark_sent(session, 1, [7])
    [notice] = owed(session, SUNIL)

    assert TEXTS.text(f"sent.{kind}") in announcement.parts[0]
    assert TEXTS.text(f"sent.{kind}") in notice.parts[0]


def test_in_a_group_an_announcement_leads_to_the_private_chat(session: Session) -> None:
    """What is pressed is shown there; it says so."""
    group = pass_on(session, HOPPERS, 11)
    announcing.announce(session, MORNING, announcing.Rules(15, chat_id=-100))

    [announcement] = owed(session, -100)

    assert buttons(announcement) == [f"q1:o:{group.id}"]
    assert announcement.parts[0].endswith(TEXTS.text("notice.announcement.to_private"))


def test_what_was_taken_up_meanwhile_is_not_announced(session: Session) -> None:
    """Old news is no news."""
    appoint(session, SUNIL)
    group = pass_on(session, HOPPERS, 11)
    announcing.announce(session, MORNING, RULES)
    queue.claim(session, SUNIL, group.id)

    assert owed(session, SUNIL) == [None]


def test_who_was_removed_reads_nothing_of_farmers_any_more(session: Session, held: int) -> None:
    """However long it was on its way."""
    add_detail(session, Incoming(NIMAL, "මාතලේ", 9, 900), 101)
    pass_on(session, "පොහොර සහනාධාරය කවදද", 22)
    announcing.announce(session, MORNING, RULES)

    granting.assign(session, SUNIL, None, "test")

    assert owed(session, SUNIL) == [None]
    outbox.mark_sent(session, 1, [7])
    assert owed(session, SUNIL) == [None]


def test_a_notice_of_what_was_erased_is_over(session: Session, held: int) -> None:
    """Its escalation was merged into another since, and the farmer is forgotten."""
    into = pass_on(session, "පොහොර සහනාධාරය කවදද", 22)
    add_detail(session, Incoming(NIMAL, "මාතලේ", 9, 900), 101)
    regrouping.merge(session, SUNIL, held, into.id)

    forget(session, 11)

    assert owed(session, SUNIL) == [None]
