"""Tips to many farmers while others ask: `python -m benchmarks.bulk`."""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from sqlalchemy.orm import sessionmaker
from telegram import Bot

from benchmarks.results import table, write_section
from bot.bootstrap import STARTER, Services
from bot.db.base import utc_now
from bot.db.engine import open_engine, transaction
from bot.db.migrate import upgrade
from bot.db.models import Lane, Origin
from bot.delivery.pacing import OVERALL, OVERALL_SECONDS, Pacer
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.i18n import Catalogue
from bot.jobs.work import TIP_BATCH
from bot.knowledge_files import read_knowledge
from bot.local_time import local_date
from bot.services import outbox, tips
from bot.services.curation import import_entries
from bot.services.farmers import Asker
from bot.services.knowledge_index import KnowledgeIndex
from bot.settings import Settings
from bot.testing.bot_api import BotApi, Call
from retrieval import Retriever
from retrieval.decision import Thresholds
from retrieval.ranking import Fusion
from retrieval.testing import HashingEmbedder

FARMERS, ASKERS = 600, 20
FIRST_FARMER, FIRST_ASKER = 10_000, 90_000
TIP = "season.maha"


class NotingPacer(Pacer):
    """Knows afterwards when each message was let go."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def note(self, chat_id: int) -> None:
        """Count a message."""
        self.times.append(time.monotonic())
        super().note(chat_id)

    def show_busiest(self) -> str:
        """Say how many messages went within the time of Telegram's overall limit, at most."""
        counts = [
            sum(0 <= at - first < OVERALL_SECONDS for at in self.times) for first in self.times
        ]
        return f"{max(counts)} (limit {OVERALL})"


def create_services(folder: Path) -> Services:
    """Return services over the starter knowledge that search nothing."""
    settings = Settings(data_dir=folder)
    # Not the configured database, whatever the environment says.
    engine = open_engine(f"sqlite:///{folder / 'bulk.sqlite3'}")
    upgrade(engine)
    sessions = sessionmaker(engine, expire_on_commit=False)
    with transaction(sessions) as session:
        import_entries(session, read_knowledge(STARTER), Origin.STARTER, "benchmark")
    retriever = Retriever(HashingEmbedder(), Thresholds(0.7, 0.35, 0.05), Fusion(0.5))
    index = KnowledgeIndex(sessions, retriever)
    return Services(settings, engine, sessions, index, Catalogue.load())


async def owe_tips(services: Services) -> float:
    """Owe every farmer a tip, in batches as the job does; return the longest batch in seconds."""
    entry_id = await services.read(tips.find_tip, TIP, local_date(utc_now()))
    if entry_id is None:
        raise SystemExit(f"{TIP} is not fit to be a tip")
    longest = 0.0
    after: int | None = 0
    while after is not None:
        begun = time.perf_counter()
        today = local_date(utc_now())
        _, after = await services.run(tips.post_tip, entry_id, "maha", today, after, TIP_BATCH)
        longest = max(longest, time.perf_counter() - begun)
    return longest


async def reply_meanwhile(services: Services, sender: Sender) -> dict[int, float]:
    """Owe a reply every half second, as if somebody had asked; return when each was owed."""
    owed: dict[int, float] = {}
    for chat_id in range(FIRST_ASKER, FIRST_ASKER + ASKERS):
        await asyncio.sleep(0.5)
        owed[chat_id] = time.monotonic()
        data = {"decision": "smalltalk", "kind": "greeting"}
        await services.run(outbox.post, chat_id, "remark", data, lane=Lane.REPLY)
        sender.wake()
    return owed


async def measure(api: BotApi, services: Services) -> list[object]:
    """Send everything; return the table's one row."""
    for number in range(FARMERS):
        api.user(FIRST_FARMER + number).sends("/start")
        asker = Asker(FIRST_FARMER + number, FIRST_FARMER + number)
        await services.run(tips.choose_tips, asker, are_wanted=True, now=utc_now())
    for number in range(ASKERS):
        api.user(FIRST_ASKER + number).sends("/start")
    longest_batch = await owe_tips(services)
    async with Bot(api.token, base_url=f"{api.url}/bot") as bot:
        pacer = NotingPacer()
        sender = Sender(Wire(bot, pacer), services)
        sending = asyncio.create_task(sender.run())
        owed = await reply_meanwhile(services, sender)
        sender.finish()
        await sending
    waits = _waits(api.calls("sendMessage"), owed)
    return _row(api.calls("sendMessage"), pacer, waits, longest_batch)


def _waits(calls: Sequence[Call], owed: Mapping[int, float]) -> list[float]:
    at = {int(call.parameters["chat_id"]): call.at for call in calls}
    return [at[chat_id] - moment for chat_id, moment in owed.items()]


def _row(
    calls: Sequence[Call], pacer: NotingPacer, waits: Sequence[float], longest_batch: float
) -> list[object]:
    times = pacer.times
    return [
        len(calls) - len(waits),
        f"{len(times) / (times[-1] - times[0]):.1f}",
        pacer.show_busiest(),
        sum(call.status == 429 for call in calls),
        f"{median(waits) * 1000:.0f}",
        f"{max(waits) * 1000:.0f}",
        f"{longest_batch * 1000:.0f}",
    ]


def main() -> None:
    """Measure, and write the section."""
    with tempfile.TemporaryDirectory() as folder, BotApi() as api:
        services = create_services(Path(folder))
        row = asyncio.run(measure(api, services))
        services.close()
    header = ["tips", "messages/s", "busiest second", "refused (429)", "reply p50 (ms)"]
    header += ["reply, longest (ms)", f"{TIP_BATCH} tips owed, longest (ms)"]
    note = (
        f"{FARMERS} tips are owed at once; meanwhile {ASKERS} other people are owed a reply, one "
        "every half second. The sender, the database and the stand-in Bot API share one process. "
        "The last column is how long a question may have to wait for the job that owes tips."
    )
    write_section("Bulk sending", "make bench", f"{table(header, [row])}\n\n{note}")


if __name__ == "__main__":
    main()
