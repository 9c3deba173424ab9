"""How long handing out the next updates takes when very many wait; writes RESULTS.md.

`python -m benchmarks.leasing`
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker

from benchmarks.results import table, write_section
from bot.db.base import utc_now
from bot.db.engine import open_engine, transaction
from bot.db.migrate import upgrade
from bot.db.models import InboxStatus, ReceivedUpdate
from bot.services import inbox

WAITING = 100_000
LEASES, LIMIT = 30, 32

CASES: dict[str, Callable[[int], int]] = {
    "each from a chat of its own": lambda number: number,
    "from 1,000 chats in turn": lambda number: number % 1000,
    "10,000 from one chat, then the others": lambda number: max(number, 10_000),
    "all from one chat": lambda number: 1,
}


def measure(chat_of: Callable[[int], int], folder: Path) -> float:
    """Return the median time of a lease in milliseconds."""
    engine = open_engine(f"sqlite:///{folder / 'govi.sqlite3'}")
    upgrade(engine)
    sessions = sessionmaker(engine)
    now = utc_now()
    rows = [
        {
            "update_id": number,
            "chat_id": chat_of(number),
            "raw": {},
            "status": InboxStatus.RECEIVED,
            "attempts": 0,
            "received_at": now,
        }
        for number in range(WAITING)
    ]
    with transaction(sessions) as session:
        session.execute(insert(ReceivedUpdate), rows)
    times = []
    for _ in range(LEASES):
        with transaction(sessions) as session:
            begin = time.perf_counter()
            inbox.lease(session, LIMIT, 0)
            times.append(time.perf_counter() - begin)
    engine.dispose()
    return statistics.median(times) * 1000


def main() -> None:
    """Measure every case and write the section."""
    rows = []
    for name, chat_of in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            rows.append([name, f"{measure(chat_of, Path(folder)):.1f}"])
    text = table([f"{WAITING:,} updates waiting", "p50 (ms)"], rows)
    note = f"The time of one lease of up to {LIMIT} updates, one a chat; medians of {LEASES}."
    write_section("Leasing", "python -m benchmarks.leasing", f"{text}\n\n{note}")


if __name__ == "__main__":
    main()
