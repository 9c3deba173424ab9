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
from bot.i18n import Catalogue
from bot.i18n.moments import say_age
from bot.i18n.sent import say_sent
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
from bot.tip_keyboards import stop_keyboard

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Told apart by who does not tell red from green, too.
_ANSWERED, _SUGGESTED, _UNANSWERED = "#009E73", "#E69F00", "#0072B2"
_MOST_EXPIRED = 15
_EXCERPT = 120

logger = logging.getLogger(__name__)


def _read_digest(session: "Session", message: LeasedMessage) -> Digest | None:
    since, day = message.data["since"], message.data["day"]
    return read_digest(
        session, message.chat_id, datetime.fromisoformat(since), date.fromisoformat(day)
    )


def _render_digest(catalogue: Catalogue, letter: Letter) -> Rendered | None:
    digest: Digest | None = letter.found
    if digest is None:
        return None
    heading = catalogue.text("digest.heading", letter.language, date=letter.data["day"])
    counts = catalogue.text(
        "digest.counts", letter.language, new=digest.new_count, waiting=digest.group_count
    )
    parts = [
        f"{heading}\n{counts}",
        _say_groups(catalogue, letter.language, "digest.oldest", digest.oldest),
        _say_groups(catalogue, letter.language, "digest.frequent", digest.frequent),
        catalogue.text("digest.queue", letter.language),
    ]
    return _with_chart(catalogue, letter.language, digest.days, parts)


def _read_week(session: "Session", message: LeasedMessage) -> Week | None:
    first, threshold = message.data["first"], message.data["suggest_threshold"]
    return read_week(session, message.chat_id, date.fromisoformat(first), threshold)


def _render_week(catalogue: Catalogue, letter: Letter) -> Rendered | None:
    week: Week | None = letter.found
    if week is None:
        return None
    last = week.days[-1].day
    parts = [
        catalogue.text("weekly.heading", letter.language, first=week.first, last=last),
        _say_figures(catalogue, letter.language, week.figures, week.before),
        _say_subjects(catalogue, letter.language, week.subjects),
    ]
    return _with_chart(catalogue, letter.language, week.days, parts)


def _read_reminder(session: "Session", message: LeasedMessage) -> Reminder | None:
    return read_reminder(session, message.chat_id, message.data["held"], message.data["free"])


def _render_reminder(catalogue: Catalogue, letter: Letter) -> Rendered | None:
    reminder: Reminder | None = letter.found
    if reminder is None or not (reminder.held or reminder.free):
        return None
    parts = [
        _say_groups(catalogue, letter.language, "reminder.held", reminder.held),
        _say_groups(catalogue, letter.language, "reminder.free", reminder.free),
        catalogue.text("digest.queue", letter.language),
    ]
    return render_text(_join(parts))


def _read_expired(session: "Session", message: LeasedMessage) -> list[Expired]:
    today = local_date(utc_now())
    return read_expired(session, message.chat_id, message.data["entries"], today)


def _render_expired(catalogue: Catalogue, letter: Letter) -> Rendered | None:
    entries: list[Expired] = letter.found
    if not entries:
        return None
    lines = [
        catalogue.text(
            "expired.line", letter.language, entry=e.key, title=e.title, date=e.valid_until
        )
        for e in entries[:_MOST_EXPIRED]
    ]
    if len(entries) > _MOST_EXPIRED:
        more = len(entries) - _MOST_EXPIRED
        lines.append(catalogue.text("curate.more", letter.language, count=more))
    heading = catalogue.text("expired.heading", letter.language, count=len(entries))
    what_next = catalogue.text("expired.what_next", letter.language)
    return render_text(_join([heading, "\n".join(lines), what_next]))


def _read_tip(session: "Session", message: LeasedMessage) -> TipText | None:
    return read_tip(session, message.chat_id, message.data["entry_id"], local_date(utc_now()))


def _render_tip(catalogue: Catalogue, letter: Letter) -> Rendered | None:
    tip: TipText | None = letter.found
    if tip is None:
        return None
    heading = catalogue.text(f"tip.heading.{letter.data['season']}", letter.language)
    source = catalogue.text("tip.source", letter.language, source=tip.source)
    keyboard = stop_keyboard(catalogue, letter.language)
    return render_text(_join([f"{heading}\n{tip.question}", tip.answer, source]), keyboard)


def _render_failed(catalogue: Catalogue, letter: Letter) -> Rendered:
    return render_text(catalogue.text("job.failed", letter.language, **letter.data))


def _say_groups(
    catalogue: Catalogue, language: str, heading: str, groups: Sequence[Waiting]
) -> str:
    if not groups:
        return ""
    lines = [
        catalogue.text(
            "digest.line",
            language,
            number=group.escalation_id,
            text=say_sent(catalogue, language, group.text, group.kind),
            age=say_age(catalogue, language, group.since),
            count=group.asker_count,
        )
        for group in groups
    ]
    return "\n".join([catalogue.text(heading, language), *lines])


def _say_figures(catalogue: Catalogue, language: str, now: Figures, before: Figures) -> str:
    lines = [
        catalogue.text(
            "weekly.figures",
            language,
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
        lines.append(catalogue.text("weekly.rated", language, helpful=helpful, rated=now.rated))
    if now.median_seconds is not None:
        hours, minutes = divmod(round(now.median_seconds / 60), 60)
        span = catalogue.text("curate.stats.span", language, hours=hours, minutes=minutes)
        lines.append(catalogue.text("weekly.median", language, median=span))
    return "\n".join(lines)


def _say_subjects(catalogue: Catalogue, language: str, subjects: Sequence[Subject]) -> str:
    if not subjects:
        return ""
    lines = [f"{each.count} × {each.example[:_EXCERPT]}" for each in subjects]
    return "\n".join([catalogue.text("curate.stats.subjects", language), *lines])


def _with_chart(
    catalogue: Catalogue, language: str, days: Sequence[DayCount], parts: Sequence[str]
) -> Rendered:
    if not any(day.total for day in days):
        return render_text(_join(parts))
    return render_photo(partial(_draw, _chart(catalogue, language, days)), _join(parts))


def _chart(catalogue: Catalogue, language: str, days: Sequence[DayCount]) -> Chart:
    labels = tuple(
        catalogue.text(f"chart.day.{day.day.weekday()}", language, day=day.day.day) for day in days
    )
    series = (
        Series(
            catalogue.text("chart.answered", language),
            _ANSWERED,
            tuple(day.answered for day in days),
        ),
        Series(
            catalogue.text("chart.suggested", language),
            _SUGGESTED,
            tuple(day.suggested for day in days),
        ),
        Series(
            catalogue.text("chart.unanswered", language),
            _UNANSWERED,
            tuple(day.unanswered for day in days),
        ),
    )
    return Chart(catalogue.text("chart.title", language), labels, series)


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
