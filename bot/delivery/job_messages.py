"""What scheduled work tells officers, admins, and farmers who asked for tips."""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from bot import charts
from bot.charts import Chart, ChartError, Series
from bot.db.base import utc_now
from bot.delivery.kinds import Kind, Letter
from bot.excerpts import excerpt
from bot.i18n import Words
from bot.i18n.moments import say_age, say_span
from bot.i18n.sent import say_sent
from bot.keyboards.tips import stop_keyboard
from bot.local_time import local_date
from bot.rendering import Rendered, render_photo, render_text
from bot.services.digests import Digest, read_digest
from bot.services.expiring import Expired, read_expired
from bot.services.outbox import LeasedMessage
from bot.services.reminding import Reminder, read_reminder
from bot.services.statistics import DayCount, Figures, Subject
from bot.services.tips import TipText, read_tip
from bot.services.waiting import Waiting
from bot.services.weekly import Week, read_week

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Told apart by who does not tell red from green, too.
_ANSWERED, _SUGGESTED, _UNANSWERED = "#009E73", "#E69F00", "#0072B2"
_MOST_EXPIRED = 15
_EXCERPT, _LINE = 120, 80

logger = logging.getLogger(__name__)


def _read_digest(session: "Session", message: LeasedMessage) -> Digest | None:
    since, day = message.data["since"], message.data["day"]
    return read_digest(
        session, message.chat_id, datetime.fromisoformat(since), date.fromisoformat(day)
    )


def _render_digest(letter: Letter) -> Rendered:
    digest: Digest = letter.found
    heading = letter.text("digest.heading", date=letter.data["day"])
    counts = letter.text("digest.counts", new=digest.new_count, waiting=digest.waiting_count)
    parts = [
        f"{heading}\n{counts}",
        _say_waiting(letter.words, "digest.oldest", digest.oldest),
        _say_waiting(letter.words, "digest.frequent", digest.frequent),
        letter.text("digest.queue"),
    ]
    return _with_chart(letter.words, digest.days, parts)


def _read_week(session: "Session", message: LeasedMessage) -> Week | None:
    first, threshold = message.data["first"], message.data["suggest_threshold"]
    return read_week(session, message.chat_id, date.fromisoformat(first), threshold)


def _render_week(letter: Letter) -> Rendered:
    week: Week = letter.found
    last = week.days[-1].day
    parts = [
        letter.text("weekly.heading", first=week.first, last=last),
        _say_figures(letter.words, week.figures, week.before),
        _say_subjects(letter.words, week.subjects),
    ]
    return _with_chart(letter.words, week.days, parts)


def _read_reminder(session: "Session", message: LeasedMessage) -> Reminder | None:
    return read_reminder(session, message.chat_id, message.data["held"], message.data["free"])


def _render_reminder(letter: Letter) -> Rendered | None:
    reminder: Reminder = letter.found
    if not (reminder.held or reminder.free):
        return None
    parts = [
        _say_waiting(letter.words, "reminder.held", reminder.held),
        _say_waiting(letter.words, "reminder.free", reminder.free),
        letter.text("digest.queue"),
    ]
    return render_text(_join(parts))


def _read_expired(session: "Session", message: LeasedMessage) -> list[Expired]:
    today = local_date(utc_now())
    return read_expired(session, message.chat_id, message.data["entries"], today)


def _render_expired(letter: Letter) -> Rendered | None:
    entries: list[Expired] = letter.found
    if not entries:
        return None
    lines = [
        letter.text("expired.line", entry=e.key, title=e.title, date=e.valid_until)
        for e in entries[:_MOST_EXPIRED]
    ]
    if len(entries) > _MOST_EXPIRED:
        more = len(entries) - _MOST_EXPIRED
        lines.append(letter.text("curate.more", count=more))
    heading = letter.text("expired.heading", count=len(entries))
    what_next = letter.text("expired.what_next")
    return render_text(_join([heading, "\n".join(lines), what_next]))


def _read_tip(session: "Session", message: LeasedMessage) -> TipText | None:
    return read_tip(session, message.chat_id, message.data["entry_id"], local_date(utc_now()))


def _render_tip(letter: Letter) -> Rendered:
    tip: TipText = letter.found
    heading = letter.text(f"tip.heading.{letter.data['season']}")
    source = letter.text("tip.source", source=tip.source)
    keyboard = stop_keyboard(letter.words)
    return render_text(_join([f"{heading}\n{tip.question}", tip.answer, source]), keyboard)


def _render_failed(letter: Letter) -> Rendered:
    return render_text(letter.text("job.failed", **letter.data))


def _say_waiting(words: Words, heading: str, groups: Sequence[Waiting]) -> str:
    if not groups:
        return ""
    lines = [
        words.text(
            "digest.line",
            number=group.escalation_id,
            text=say_sent(words, excerpt(group.text, _LINE), group.kind),
            age=say_age(words, group.since),
            count=group.asker_count,
        )
        for group in groups
    ]
    return "\n".join([words.text(heading), *lines])


def _say_figures(words: Words, now: Figures, before: Figures) -> str:
    lines = [
        words.text(
            "weekly.figures",
            questions=now.questions,
            questions_before=before.questions,
            answered=now.answered,
            suggested=now.suggested,
            unanswered=now.unanswered,
            unanswered_before=before.unanswered,
            resolved=now.resolved,
        )
    ]
    if now.rated:
        helpful = f"{now.helpful / now.rated:.0%}"
        lines.append(words.text("weekly.rated", helpful=helpful, rated=now.rated))
    if now.median_seconds is not None:
        span = say_span(words, now.median_seconds)
        lines.append(words.text("weekly.median", median=span))
    return "\n".join(lines)


def _say_subjects(words: Words, subjects: Sequence[Subject]) -> str:
    if not subjects:
        return ""
    lines = [f"{each.count} × {excerpt(each.example, _EXCERPT)}" for each in subjects]
    return "\n".join([words.text("curate.stats.subjects"), *lines])


def _with_chart(words: Words, days: Sequence[DayCount], parts: Sequence[str]) -> Rendered:
    if not any(day.total for day in days):
        return render_text(_join(parts))
    return render_photo(partial(_draw, _chart(words, days)), _join(parts))


def _chart(words: Words, days: Sequence[DayCount]) -> Chart:
    labels = tuple(words.text(f"chart.day.{day.day.weekday()}", day=day.day.day) for day in days)
    series = (
        Series(
            words.text("chart.answered"),
            _ANSWERED,
            tuple(day.answered for day in days),
        ),
        Series(
            words.text("chart.suggested"),
            _SUGGESTED,
            tuple(day.suggested for day in days),
        ),
        Series(
            words.text("chart.unanswered"),
            _UNANSWERED,
            tuple(day.unanswered for day in days),
        ),
    )
    return Chart(words.text("chart.title"), labels, series)


def _draw(chart: Chart) -> bytes | None:
    """Return the picture, or None when it cannot be drawn: the words matter more."""
    try:
        return charts.draw(chart)
    except ChartError:
        logger.exception("chart not drawn")
        return None


def _join(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


KINDS: dict[str, Kind] = {
    "digest": Kind(_render_digest, _read_digest),
    "weekly": Kind(_render_week, _read_week),
    "reminder": Kind(_render_reminder, _read_reminder),
    "expired": Kind(_render_expired, _read_expired),
    "job_failed": Kind(_render_failed),
    "tip": Kind(_render_tip, _read_tip),
}
