"""What the jobs do: each calls services, and says in a few words what came of it."""

from datetime import timedelta

from bot.bootstrap import Services
from bot.jobs.copying import delete_unwanted
from bot.local_time import local_date
from bot.services import (
    announcing,
    digests,
    expiring,
    job_runs,
    releasing,
    reminding,
    retention,
    tips,
    weekly,
)
from bot.services.job_runs import Occasion
from bot.tips import Tip, due_between, load_tips

#: Farmers that a tip is owed to in one transaction; questions are answered between two of them.
TIP_BATCH = 50
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


async def post_digest(services: Services, occasion: Occasion) -> str | None:
    """Owe officers the morning's digest, of what is new since the last one."""
    since = max(occasion.since or occasion.due_at - _DAY, occasion.due_at - _WEEK)
    count = await services.run(digests.post_digest, since, occasion.due_at)
    return f"to {count} officers" if count else None


async def remind(services: Services, occasion: Occasion) -> str | None:
    """Owe officers reminders of what waits or is held for too long."""
    after = timedelta(hours=services.settings.reminder_hours)
    count = await services.run(reminding.remind, occasion.now, after)
    return f"to {count} officers" if count else None


async def flag_expired(services: Services, occasion: Occasion) -> str | None:
    """Owe admins the entries that have expired."""
    since = local_date(occasion.since) if occasion.since else None
    count = await services.run(expiring.post_expired, since, local_date(occasion.due_at))
    return f"{count} entries" if count else None


async def post_week(services: Services, occasion: Occasion) -> str | None:
    """Owe admins the summary of last week."""
    threshold = services.index.retriever.thresholds.suggest
    count = await services.run(weekly.post_week, occasion.due_at, threshold)
    return f"to {count} admins" if count else None


async def post_tips(services: Services, occasion: Occasion) -> str | None:
    """Owe farmers who want them the tips of this week."""
    today = local_date(occasion.due_at)
    told = [
        await _post_tip(services, tip, occasion)
        for tip in due_between(load_tips(), today - _WEEK, today)
    ]
    return "; ".join(told) or None


async def _post_tip(services: Services, tip: Tip, occasion: Occasion) -> str:
    day = local_date(occasion.due_at)
    entry_id = await services.read(tips.find_tip, tip.entry_key, day)
    if entry_id is None:
        return f"{tip.entry_key} is not fit to be sent"
    count = 0
    after: int | None = 0
    while after is not None:
        posted, after = await services.run(
            tips.post_tip, entry_id, tip.season, day, after, TIP_BATCH
        )
        count += posted
    return f"{tip.entry_key} to {count} farmers"


async def purge(services: Services, occasion: Occasion) -> str | None:
    """Erase what has been kept for long enough, by the settings."""
    settings = services.settings
    periods = retention.Periods(settings.retention_days, settings.mail_days)
    done = await services.run(retention.purge, occasion.now, periods)
    runs = await services.run(job_runs.purge, occasion.now)
    copies = await delete_unwanted(services)
    return (
        f"forgot {done.questions} questions, {done.people} people; deleted {done.dialogues} "
        f"dialogues, {done.updates} updates, {done.messages} messages, {runs} runs, "
        f"{copies} copies"
    )


async def announce(services: Services, occasion: Occasion) -> str | None:
    """Tell officers what is new in the queue, by the settings."""
    settings = services.settings
    rules = announcing.Rules(
        settings.announce_minutes,
        settings.quiet_hours,
        settings.officers_chat_id,
        settings.officers_topics,
    )
    count = await services.run(announcing.announce, occasion.now, rules)
    return f"{count} messages" if count else None


async def release_stale(services: Services, occasion: Occasion) -> str | None:
    """Give back to the queue what officers have held for too long."""
    older_than = occasion.now - timedelta(hours=services.settings.hold_hours)
    count = await services.run(releasing.release_stale, older_than)
    return f"{count} escalations" if count else None
