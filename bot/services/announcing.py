"""Telling officers what waits: seldom enough to be read, and never at night."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from bot.db.models import Ask, Escalation, EscalationState, Role
from bot.local_time import COLOMBO
from bot.services import holds, outbox
from bot.services.media import kind_of
from bot.services.telling import tell_all

KIND = "announcement"


@dataclass(frozen=True, slots=True)
class Rules:
    """When and where officers are told; the settings say so.

    Attributes:
        minutes: Least time between two messages to one chat.
        quiet_hours: First hour of silence and the first after it, in Sri Lanka; None for none.
        chat_id: The officers' group; None tells each officer in private.
        topics: Forum topic of an area in that group; other areas go to its main topic.
    """

    minutes: int
    quiet_hours: tuple[int, int] | None = None
    chat_id: int | None = None
    topics: Mapping[str, int] = field(default_factory=dict)

    def is_quiet(self, now: datetime) -> bool:
        """Whether officers are asleep.

        >>> from datetime import UTC
        >>> Rules(15, (20, 6)).is_quiet(datetime(2026, 11, 25, 23, 0, tzinfo=UTC))  # 4.30 am
        True
        """
        if self.quiet_hours is None:
            return False
        first, after = self.quiet_hours
        hour = now.astimezone(COLOMBO).hour
        return first <= hour < after if first <= after else not after <= hour < first

    def topic_of(self, area: str | None) -> int | None:
        """Return the forum topic in which an area is told of; None is the main one."""
        return self.topics.get(area or "")


class Announced(NamedTuple):
    """An escalation as an announcement lists it.

    Attributes:
        text: The words of its first asker; what came without any is of a `kind`, such as "photo".
        asker_count: Those who still wait.
    """

    escalation_id: int
    text: str
    asker_count: int
    is_urgent: bool
    kind: str


def announce(session: Session, now: datetime, rules: Rules) -> int:
    """Owe officers a message about what is new in the queue; does not commit.

    What comes too soon after the last message, or at night, is told with the next one. An urgent
    escalation is told in the officers' group at once; in private every officer knows it already.

    Returns:
        How many messages are owed.
    """
    fresh = session.scalars(
        select(Escalation)
        .where(Escalation.state == EscalationState.OPEN, Escalation.announced_at.is_(None))
        .order_by(Escalation.is_urgent.desc(), Escalation.id)
    ).all()
    if rules.chat_id is None:
        return _tell_each(session, now, rules, fresh)
    return _tell_group(session, now, rules, rules.chat_id, fresh)


def read_announced(session: Session, escalation_ids: Sequence[int]) -> list[Announced]:
    """Return those of the announced escalations that nobody has taken up yet."""
    rows = session.execute(
        select(Escalation.id, Escalation.text, func.count(Ask.id), Escalation.is_urgent)
        .join(Escalation.asks)
        .join(Ask.question)
        .where(
            Escalation.id.in_(escalation_ids),
            Escalation.state == EscalationState.OPEN,
            holds.is_waiting(),
        )
        .group_by(Escalation.id)
        .order_by(Escalation.is_urgent.desc(), Escalation.id)
    )
    return [Announced(*row, kind_of(session, row.id, row.text)) for row in rows]


def _tell_each(session: Session, now: datetime, rules: Rules, fresh: Sequence[Escalation]) -> int:
    plain = [group for group in fresh if not group.is_urgent]
    _mark(session, now, [group for group in fresh if group.is_urgent])
    if not plain or rules.is_quiet(now):
        return 0
    if _list_told(session, now, rules, Escalation.is_urgent.is_(False)):
        return 0
    told = tell_all(session, Role.OFFICER, KIND, _listing(plain))
    if told:
        _mark(session, now, plain)
    return told


def _tell_group(
    session: Session, now: datetime, rules: Rules, chat_id: int, fresh: Sequence[Escalation]
) -> int:
    by_topic: dict[int | None, list[Escalation]] = {}
    for group in fresh:
        by_topic.setdefault(rules.topic_of(group.area), []).append(group)
    told_topics = {rules.topic_of(area) for area in _list_told(session, now, rules)}
    told = 0
    for topic_id, groups in by_topic.items():
        is_urgent = any(group.is_urgent for group in groups)
        must_wait = rules.is_quiet(now) or topic_id in told_topics
        if must_wait and not is_urgent:
            continue
        outbox.post(session, chat_id, KIND, _listing(groups), topic_id=topic_id)
        _mark(session, now, groups)
        told += 1
    return told


def _list_told(
    session: Session, now: datetime, rules: Rules, *which: ColumnElement[bool]
) -> set[str | None]:
    """Return the areas of what was told so lately that the next message has to wait.

    What is marked as told in the future was so by a clock gone wrong.
    """
    since = now - timedelta(minutes=rules.minutes)
    told = select(Escalation.area).where(
        Escalation.announced_at > since, Escalation.announced_at <= now, *which
    )
    return set(session.scalars(told))


def _listing(groups: Sequence[Escalation]) -> dict[str, Any]:
    return {"escalation_ids": [group.id for group in groups]}


def _mark(session: Session, now: datetime, groups: Sequence[Escalation]) -> None:
    ids = [group.id for group in groups]
    session.execute(update(Escalation).where(Escalation.id.in_(ids)).values(announced_at=now))
