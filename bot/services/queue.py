"""The officers' queue: what waits, who holds what, and what was said about it."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Entry,
    Escalation,
    EscalationState,
    Note,
    Question,
    QuestionState,
    Role,
)
from bot.paging import count_pages, nearest_page
from bot.services import audit, holds, roles
from bot.services.finding import Found, find_near
from bot.services.grouping import rank_alike
from bot.services.media import Media, kind_of, list_media, media_of
from bot.services.notices import tell_urgent
from retrieval import Match

PAGE_SIZE = 6
NEAR_COUNT, ALIKE_COUNT = 5, 3


class EscalationLine(NamedTuple):
    """An escalation as the queue shows it.

    Attributes:
        text: The words of its first asker; what came without any is of a `kind`, such as "photo".
        area: That of the nearest entry; None when nothing was near.
        asker_count: Askers who still wait.
        since: When the first of them asked.
        holder: Name of the officer who holds it, if any; `is_mine` when that is who looks.
    """

    escalation_id: int
    text: str
    kind: str
    area: str | None
    is_urgent: bool
    asker_count: int
    since: datetime
    holder: str | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class AreaCount:
    """How many escalations wait in an area; None is the area of those near nothing."""

    area: str | None
    count: int


class QueuePage(NamedTuple):
    """One page of the queue.

    Attributes:
        page: Its number, from 0; the last one when a later one was asked for.
        pages: How many there are, at least 1.
        total: Escalations on all of them.
        areas: What waits by area, whatever the page shows; most first.
    """

    lines: tuple[EscalationLine, ...]
    page: int
    pages: int
    total: int
    areas: tuple[AreaCount, ...]


class AskLine(NamedTuple):
    """One asker's question, who stays unnamed.

    Attributes:
        number: Stands for the asker inside this escalation, from 1.
        kind: "text", "photo", "voice" and so on.
        media: What was sent with it, or later in addition.
        is_waiting: Whether an answer is still owed; False once one was given.
    """

    ask_id: int
    number: int
    text: str
    kind: str
    media: tuple[Media, ...]
    reason: str
    joined_at: datetime
    is_waiting: bool


class NoteLine(NamedTuple):
    """One thing said.

    Attributes:
        kind: "detail" from a farmer; "inquiry", "answer" or "decline" from an officer.
        number: The asker whose conversation it belongs to; None for what went to all.
        officer: Name of the officer who said it; None for a farmer.
        entry_key: The entry whose answer was used, if one was.
        media: The photo or recording that it was said with, if any.
    """

    kind: str
    text: str
    number: int | None
    officer: str | None
    entry_key: str | None
    written_at: datetime
    media: Media | None


class EscalationView(NamedTuple):
    """All that an officer needs to answer an escalation.

    Attributes:
        asks: Those not taken back, oldest first; of hundreds show the first few.
        notes: Oldest first.
        near: Published entries that retrieval found for the first asker's words, nearest first.
    """

    escalation_id: int
    text: str
    area: str | None
    state: EscalationState
    is_urgent: bool
    since: datetime
    holder: str | None
    is_mine: bool
    asks: tuple[AskLine, ...]
    notes: tuple[NoteLine, ...]
    near: tuple[Found, ...]

    @property
    def kind(self) -> str:
        """What the first asker sent, if `text` is empty."""
        return self.asks[0].kind if self.asks else "text"

    @property
    def asker_count(self) -> int:
        """Askers who still wait."""
        return sum(ask.is_waiting for ask in self.asks)


def list_queue(
    session: Session,
    officer_id: int,
    area: str | None = None,
    page: int = 0,
    *,
    size: int = PAGE_SIZE,
) -> QueuePage:
    """Return a page of what waits: urgent first, then by askers, then by age.

    Args:
        session: The transaction; nothing is written.
        officer_id: Telegram user id of who looks.
        area: Only this area; "" for those near nothing, None for all.
        page: From 0.
        size: Escalations on a page.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, officer_id, Role.OFFICER)
    areas = _count_areas(session)
    wanted = [each for each in areas if area is None or (each.area or "") == area]
    total = sum(each.count for each in wanted)
    page = nearest_page(page, total, size)
    rows = session.execute(_queue(area).offset(page * size).limit(size))
    lines = tuple(_line(session, officer_id, *row) for row in rows)
    return QueuePage(lines, page, count_pages(total, size), total, areas)


def peek(session: Session, officer_id: int, escalation_id: int) -> str:
    """Return what is another when anything about an escalation is: to look whether it changed.

    It shows nothing of the escalation, so that looking is not recorded. "" for one that is not.

    Raises:
        NotAllowedError: The person is no officer.
    """
    roles.require(session, officer_id, Role.OFFICER)
    group = session.get(Escalation, escalation_id)
    if group is None:
        return ""
    words = select(Ask.id, Question.text).join(Ask.question).where(
        Ask.escalation_id == escalation_id, holds.is_waiting()
    )  # fmt: skip
    rows = session.execute(words.order_by(Ask.id)).all()
    asked = zlib.crc32(repr(rows).encode())  # some leave, some mend their words
    last_note = select(func.max(Note.id)).where(Note.escalation_id == escalation_id)
    facts = group.state.value, group.claimed_by, asked, session.scalar(last_note)
    return "-".join(str(fact or 0) for fact in facts)


def list_alike(session: Session, officer_id: int, escalation_id: int) -> list[EscalationLine]:
    """Return open escalations that look like one, most alike first, but for those others hold.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
    """
    roles.require(session, officer_id, Role.OFFICER)
    waiting = holds.list_waiting(session, holds.get_escalation(session, escalation_id))
    if not waiting:
        return []
    alike = rank_alike(session, waiting[0].question, ALIKE_COUNT + 1)
    rows = session.execute(_queue(None).where(Escalation.id.in_(alike)))
    lines = {row[0].id: _line(session, officer_id, *row) for row in rows}
    free = [lines[each] for each in alike if each in lines and each != escalation_id]
    return [line for line in free if line.is_mine or line.holder is None][:ALIKE_COUNT]


def read_escalation(session: Session, officer_id: int, escalation_id: int) -> EscalationView:
    """Return an escalation in any state; that it was read is recorded. Does not commit.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
    """
    roles.require(session, officer_id, Role.OFFICER)
    group = holds.get_escalation(session, escalation_id)
    audit.record(session, officer_id, "read escalation", f"escalation {escalation_id}")
    return _view(session, officer_id, group)


def claim(session: Session, officer_id: int, escalation_id: int) -> EscalationView:
    """Take an escalation out of the queue to answer it; harmless when it is held already.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
        HeldByOtherError: Another officer was first.
        EscalationClosedError: Nobody waits in it any more.
    """
    return _view(session, officer_id, holds.claim(session, officer_id, escalation_id))


def release(session: Session, officer_id: int, escalation_id: int) -> None:
    """Give an escalation back to the queue; of an urgent one every officer hears again.

    Raises:
        NotAllowedError: The person is no officer.
        EscalationMissingError: There is none of this number.
        HeldByOtherError: Another officer holds it.
        NotHeldError: Nobody does.
        EscalationClosedError: It is closed already.
    """
    group = holds.leave(session, officer_id, escalation_id, EscalationState.OPEN)
    audit.record(session, officer_id, "release escalation", f"escalation {escalation_id}")
    if group.is_urgent:
        tell_urgent(session, group)


def _queue(area: str | None) -> Select[Escalation, int]:
    askers = func.count(Ask.id)
    statement = (
        select(Escalation, askers)
        .join(Escalation.asks)
        .join(Ask.question)
        .where(Escalation.state.in_(holds.OPEN), holds.is_waiting())
        .group_by(Escalation.id)
        .order_by(Escalation.is_urgent.desc(), askers.desc(), Escalation.id)
    )
    if area is None:
        return statement
    return statement.where(Escalation.area == area if area else Escalation.area.is_(None))


def _count_areas(session: Session) -> tuple[AreaCount, ...]:
    count = func.count()
    rows = session.execute(
        select(Escalation.area, count)
        .where(Escalation.state.in_(holds.OPEN))
        .group_by(Escalation.area)
        .order_by(count.desc(), Escalation.area)
    )
    return tuple(AreaCount(area, number) for area, number in rows)


def _holder(session: Session, group: Escalation) -> str | None:
    return None if group.claimed_by is None else roles.name_of(session, group.claimed_by)


def _line(session: Session, officer_id: int, group: Escalation, count: int) -> EscalationLine:
    return EscalationLine(
        escalation_id=group.id,
        text=group.text,
        kind=kind_of(session, group.id, group.text),
        area=group.area,
        is_urgent=group.is_urgent,
        asker_count=count,
        since=group.created_at,
        holder=_holder(session, group),
        is_mine=group.claimed_by == officer_id,
    )


def _view(session: Session, officer_id: int, group: Escalation) -> EscalationView:
    rows = session.execute(
        select(Ask, Question).join(Ask.question).where(Ask.escalation_id == group.id)
        .order_by(Ask.id)
    ).all()  # fmt: skip
    numbers = {ask.id: number for number, (ask, _) in enumerate(rows, 1)}
    present = [(ask, question) for ask, question in rows if ask.withdrawn_at is None]
    return EscalationView(
        escalation_id=group.id,
        text=group.text,
        area=group.area,
        state=group.state,
        is_urgent=group.is_urgent,
        since=group.created_at,
        holder=_holder(session, group),
        is_mine=group.claimed_by == officer_id,
        asks=tuple(_ask_line(ask, question, numbers[ask.id]) for ask, question in present),
        notes=_list_notes(session, group, numbers),
        near=_find_near(session, officer_id, [question for _, question in present]),
    )


def _ask_line(ask: Ask, question: Question, number: int) -> AskLine:
    return AskLine(
        ask_id=ask.id,
        number=number,
        text=question.text,
        kind=question.kind,
        media=list_media(question),
        reason=ask.reason,
        joined_at=ask.joined_at,
        is_waiting=question.state is QuestionState.UNANSWERED,
    )


def _list_notes(
    session: Session, group: Escalation, numbers: dict[int, int]
) -> tuple[NoteLine, ...]:
    rows = session.execute(
        select(Note, Entry.key)
        .outerjoin(Entry, Note.entry_id == Entry.id)
        .where(Note.escalation_id == group.id)
        .order_by(Note.id)
    )
    return tuple(
        NoteLine(
            kind=note.kind,
            text=note.text,
            number=numbers.get(note.ask_id or 0),
            officer=None if note.officer_id is None else roles.name_of(session, note.officer_id),
            entry_key=key,
            written_at=note.written_at,
            media=media_of(note),
        )
        for note, key in rows
    )


def _find_near(session: Session, officer_id: int, asked: Sequence[Question]) -> tuple[Found, ...]:
    if not asked:
        return ()
    matches = [Match(**match) for match in asked[0].matches]
    return tuple(find_near(session, officer_id, matches)[:NEAR_COUNT])
