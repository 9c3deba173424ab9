"""What officers are about to send."""

from sqlalchemy.orm import Session

from bot.services import dialogues, officer_dialogues, queue
from bot.services.officer_dialogues import ANSWER
from tests.services.loop import SUNIL, appoint, pass_on


def test_who_asked_twice_counts_once(session: Session) -> None:
    """The preview promises as many messages as are sent."""
    appoint(session, SUNIL)
    group = pass_on(session, "කුරුඳු පොත්ත සුදු වෙනවා", 11, 12, 11)
    queue.claim(session, SUNIL, group.id)
    data = {"escalation_id": group.id, "text": "වේලන්න."}

    shown = officer_dialogues.keep_shown(session, SUNIL, ANSWER, data, update_id=7)
    sent = officer_dialogues.send_shown(session, SUNIL, ANSWER, shown_by=7, update_id=8)

    assert (shown, sent) == (2, (group.id, 2))
    assert dialogues.find_stand(session, SUNIL) is None
