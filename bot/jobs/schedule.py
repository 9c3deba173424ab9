"""Every job, and when it is due: the one place that lists them.

A run that cannot begin when it is due begins late, as soon as a process serves; one that would be
later than `lateness` is skipped. Either is on record, see `bot.services.job_runs`. So that nothing
is lost when a run is broken off and repeated, each job is safe to run twice.
"""

from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import NamedTuple

from bot.bootstrap import Services
from bot.jobs import backups, copying, work
from bot.jobs.times import Daily, Every, Hourly, Weekly, When
from bot.services.job_runs import Occasion

_HOUR = timedelta(hours=1)
_MONDAY, _THURSDAY = 0, 3


class Job(NamedTuple):
    """One piece of scheduled work.

    Attributes:
        name: Under which its runs are on record; never given to another job.
        when: Its due times.
        lateness: How late a run may begin and still be of use.
        run: Does it; returns what was done in a few words, or None if there was nothing to do.
    """

    name: str
    when: When
    lateness: timedelta
    run: Callable[[Services, Occasion], Awaitable[str | None]]


#: Times of day are Sri Lanka's.
JOBS = (
    Job("backup", Daily(time(1, 30)), 20 * _HOUR, backups.back_up),
    Job("purge", Daily(time(2, 40)), 20 * _HOUR, work.purge),
    Job("digest", Daily(time(6, 30)), 4 * _HOUR, work.post_digest),
    Job("expired", Daily(time(7, 0)), 12 * _HOUR, work.flag_expired),
    Job("reminders", Hourly(8, 18), 1 * _HOUR, work.remind),
    Job("weekly", Weekly(_MONDAY, time(7, 15)), 48 * _HOUR, work.post_week),
    Job("tips", Weekly(_THURSDAY, time(16, 30)), 24 * _HOUR, work.post_tips),
    Job("announce", Every(timedelta(minutes=1)), _HOUR, work.announce),
    Job("copy_media", Every(timedelta(minutes=5)), _HOUR, copying.copy_media),
    Job("release_stale", Every(timedelta(minutes=10)), _HOUR, work.release_stale),
)
