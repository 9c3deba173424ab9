"""How well farmers are served, by day, area, script and officer: what charts are drawn from."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.models import Entry, Escalation, EscalationState, Note, Question, Role
from bot.local_time import local_date
from bot.services import roles
from bot.services.statistics import (
    DECISIONS,
    DayCount,
    DecisionCounts,
    Figures,
    Subject,
    count_days,
    count_figures,
    is_counted,
    list_unanswered_subjects,
    list_waits,
    start_of_span,
)

#: Spans that can be asked for.
SPANS = (7, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(DecisionCounts):
    """Questions of one kind; `name` is None for "near nothing"."""

    name: str | None


class Load(NamedTuple):
    """What one officer did, and holds now."""

    name: str
    answers: int
    declines: int
    inquiries: int
    held: int


class Overview(NamedTuple):
    """One span of days, today among them.

    Attributes:
        days: Oldest first.
        p90_seconds: Nine in ten officers' answers came within this time; None without any.
        areas: Of the entry that answered or came nearest, most asked first; so are `scripts`.
        officers: Busiest first.
        subjects: What most could not be answered.
    """

    figures: Figures
    days: tuple[DayCount, ...]
    p90_seconds: float | None
    areas: tuple[Share, ...]
    scripts: tuple[Share, ...]
    officers: tuple[Load, ...]
    subjects: tuple[Subject, ...]


def read_overview(
    session: Session, admin_id: int, now: datetime, days: int, suggest_threshold: float
) -> Overview:
    """Return the figures of the last days; days are those of Sri Lanka. Writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, admin_id, Role.ADMIN)
    since = start_of_span(days, now)
    waits = list_waits(session, since, now)
    return Overview(
        figures=count_figures(session, days, now),
        days=tuple(count_days(session, local_date(now), days)),
        p90_seconds=_p90(waits),
        areas=_by_area(session, since),
        scripts=_by_script(session, since),
        officers=_loads(session, since),
        subjects=tuple(list_unanswered_subjects(session, admin_id, now, suggest_threshold, days)),
    )


def _p90(waits: Sequence[float]) -> float | None:
    """Return what nine in ten stay within.

    >>> _p90([1.0])
    1.0
    >>> _p90([float(number) for number in range(1, 11)])
    9.1
    """
    if len(waits) < 2:
        return waits[0] if waits else None
    return round(statistics.quantiles(waits, n=10, method="inclusive")[-1], 3)


def _by_area(session: Session, since: datetime) -> tuple[Share, ...]:
    rows = session.execute(
        select(Question.entry_id, Question.nearest_key, Question.decision, func.count())
        .where(Question.asked_at >= since, is_counted())
        .group_by(Question.entry_id, Question.nearest_key, Question.decision)
    ).all()
    entries = session.execute(select(Entry.id, Entry.key, Entry.area)).all()
    by_id = {row.id: row.area for row in entries}
    by_key = {row.key: row.area for row in entries}
    return _shares(
        (by_id.get(entry_id) or by_key.get(key), decision, count)
        for entry_id, key, decision, count in rows
    )


def _by_script(session: Session, since: datetime) -> tuple[Share, ...]:
    rows = session.execute(
        select(Question.script, Question.decision, func.count())
        .where(Question.asked_at >= since, is_counted())
        .group_by(Question.script, Question.decision)
    )
    return _shares((script, decision, count) for script, decision, count in rows)


def _shares(rows: Iterable[tuple[str | None, str, int]]) -> tuple[Share, ...]:
    counts: defaultdict[str | None, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(DECISIONS, 0)
    )
    for name, decision, count in rows:
        counts[name][decision] += count
    shares = [Share(*by_decision.values(), name=name) for name, by_decision in counts.items()]
    return tuple(sorted(shares, key=lambda share: (-share.total, share.name or "")))


def _loads(session: Session, since: datetime) -> tuple[Load, ...]:
    done: defaultdict[int, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(Note.officer_id, Note.kind, func.count())
        .where(Note.written_at >= since, Note.officer_id.is_not(None))
        .group_by(Note.officer_id, Note.kind)
    )
    for officer_id, kind, count in rows:
        done[officer_id or 0][kind] = count
    holding = session.execute(
        select(Escalation.claimed_by, func.count())
        .where(Escalation.state == EscalationState.CLAIMED)
        .group_by(Escalation.claimed_by)
    )
    held = {officer_id: count for officer_id, count in holding}  # noqa: C416 - dict() loses types
    people = {*done, *(each for each in held if each is not None)}
    people |= {*roles.list_holders(session, Role.OFFICER)}
    loads = [
        Load(
            name=roles.name_of(session, person),
            answers=done[person].get("answer", 0),
            declines=done[person].get("decline", 0),
            inquiries=done[person].get("inquiry", 0),
            held=held.get(person, 0),
        )
        for person in people
    ]
    return tuple(sorted(loads, key=lambda load: (-load.answers, -load.held, load.name)))
