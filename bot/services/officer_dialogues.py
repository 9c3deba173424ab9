"""Guided dialogues of officers: what they are about to send, and sending it in one transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.models import Ask, Question, Role
from bot.services import dialogues, holds, regrouping, resolving, roles
from bot.services.dialogues import PREVIEW, find_waiting
from bot.services.keeping import KEEP, LINK, get_answered
from bot.services.media import Media

ANSWER, ENTRY, INQUIRY, SPLIT = "answer", "use_entry", "inquiry", "split"
#: The step of `SPLIT` in which askers are picked.
PICK = "pick"


def enter(
    session: Session,
    officer_id: int,
    name: str,
    step: str,
    data: Mapping[str, Any],
    update_id: int,
) -> None:
    """Begin or go on in a dialogue about the escalation `escalation_id` of `data`.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError, HeldByOtherError, NotHeldError, EscalationClosedError: The
            officer does not hold it.
        StaleButtonError: Its answer is to be kept, and it has none.
    """
    require = get_answered if name in (KEEP, LINK) else holds.get_held
    require(session, officer_id, data["escalation_id"])
    dialogues.enter(session, officer_id, name, step, data, update_id)


def keep_shown(
    session: Session, officer_id: int, name: str, data: Mapping[str, Any], update_id: int
) -> int:
    """Keep what is shown until it is sent; return how many farmers would get it now.

    Raises:
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: As `enter`.
    """
    enter(session, officer_id, name, PREVIEW, data, update_id)
    return count_held(session, officer_id, data["escalation_id"])


def count_held(session: Session, officer_id: int, escalation_id: int) -> int:
    """Return how many farmers wait in an escalation that the officer holds.

    Raises:
        NotAllowedError, EscalationMissingError, HeldByOtherError, NotHeldError,
        EscalationClosedError: As `enter`.
    """
    holds.get_held(session, officer_id, escalation_id)
    # Who asked twice gets one answer.
    farmers = (
        select(Question.chat_id, Question.farmer_id)
        .join(Ask, Ask.question_id == Question.id)
        .where(Ask.escalation_id == escalation_id, holds.is_waiting())
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(farmers.subquery())) or 0


def send_shown(
    session: Session, officer_id: int, name: str, shown_by: int, update_id: int
) -> tuple[int, int]:
    """Send what a preview showed and leave the dialogue; return the escalation and its askers.

    A press that is handled again is told the same and sends nothing more.

    Args:
        session: The transaction.
        officer_id: Who pressed.
        name: `ANSWER`, `ENTRY` or `INQUIRY`.
        shown_by: The update that led to the preview.
        update_id: The press.

    Raises:
        NotAllowedError: The person is no officer.
        StaleButtonError: Nothing waits there to be sent.
        RequestError: As `bot.services.resolving`; the dialogue stays.
    """
    roles.require(session, officer_id, Role.OFFICER)
    known = resolving.find_sent(session, update_id)
    if known is not None:
        return known
    data = find_waiting(session, officer_id, name, PREVIEW, shown_by).data
    group = data["escalation_id"]
    match name:
        case "answer":
            media = Media(**data["media"]) if data.get("media") else None
            count = resolving.send_answer(
                session, officer_id, group, data["text"], media, update_id=update_id
            )
        case "use_entry":
            count = resolving.send_entry(
                session, officer_id, group, data["entry_id"], update_id=update_id
            )
        case _:
            count = resolving.ask_detail(
                session, officer_id, group, data["text"], data["ask_id"], update_id=update_id
            )
    dialogues.leave(session, officer_id)
    return group, count


def split_picked(session: Session, officer_id: int, begun_by: int) -> int:
    """Split off the asks that were picked and leave the dialogue; return the new escalation.

    Raises:
        NotAllowedError: The person is no officer.
        StaleButtonError: Nothing was picked there.
        RequestError: As `regrouping.split`; the dialogue stays.
    """
    roles.require(session, officer_id, Role.OFFICER)
    data = find_waiting(session, officer_id, SPLIT, PICK, begun_by).data
    new_id = regrouping.split(session, officer_id, data["escalation_id"], data["picked"])
    dialogues.leave(session, officer_id)
    return new_id
