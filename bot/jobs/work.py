"""What the jobs do: each calls services, and says in a few words what came of it."""

from datetime import timedelta

from bot.bootstrap import Services
from bot.services import inbox, job_runs, outbox
from bot.services.job_runs import Occasion

#: Telegram may use an update's id again after a week, and repeats one for a day.
INBOX_KEPT = timedelta(days=3)
OUTBOX_KEPT = timedelta(days=7)


async def purge(services: Services, occasion: Occasion) -> str | None:
    """Delete what is handled, sent and old."""
    updates = await services.run(inbox.purge, occasion.now - INBOX_KEPT)
    messages = await services.run(outbox.purge, occasion.now - OUTBOX_KEPT)
    runs = await services.run(job_runs.purge, occasion.now)
    return f"deleted {updates} updates, {messages} messages, {runs} runs"
