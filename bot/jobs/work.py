"""What the jobs do: each calls services, and says in a few words what came of it."""

from bot.bootstrap import Services
from bot.services import job_runs, retention
from bot.services.job_runs import Occasion


async def purge(services: Services, occasion: Occasion) -> str | None:
    """Erase what has been kept for long enough, by the settings."""
    settings = services.settings
    periods = retention.Periods(settings.retention_days, settings.mail_days)
    done = await services.run(retention.purge, occasion.now, periods)
    runs = await services.run(job_runs.purge, occasion.now)
    return (
        f"forgot {done.questions} questions, {done.people} people; deleted {done.dialogues} "
        f"dialogues, {done.updates} updates, {done.messages} messages, {runs} runs"
    )
