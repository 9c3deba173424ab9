"""The console's pages over a long question log: `python -m benchmarks.console`."""

import asyncio
import os
import random
import re
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import insert

from benchmarks.bulk import create_services
from benchmarks.results import table, write_section
from bot.bootstrap import STARTER, Services
from bot.console.app import create_app
from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import Question, QuestionState, Role, RoleGrant
from bot.services.signing_in import create_link, sign_in
from bot.services.texts import sound_of
from retrieval import detect_script
from retrieval.evaluation import read_cases

QUESTIONS, ROUNDS, DAYS, ADMIN = 100_000, 20, 90, 1
PAGES = {
    "queue": "/queue",
    "log, newest": "/questions",
    "log, common words": "/questions?q=kola+kaha",
    "log, words of no question": "/questions?q=zzyzx+plugh",
    "log, one area, not answered": "/questions?area=livestock&decision=fallback",
    "log, one old day": "/questions?since={day}&until={day}",
    "log, rated no use": "/questions?feedback=down",
    "one question": "/questions/5000",
    "overview, 30 days": "/overview?days=30",
    "overview, 90 days": "/overview?days=90",
    "knowledge": "/knowledge",
    "one entry": "/knowledge/1",
}


def fill(services: Services) -> None:
    """Store an admin and `QUESTIONS` questions of three months."""
    with transaction(services.sessions) as session:
        session.add(RoleGrant(telegram_user_id=ADMIN, role=Role.ADMIN, granted_by="benchmark"))
        rows = make_questions()
        for start in range(0, len(rows), 2_000):
            session.execute(insert(Question), rows[start : start + 2_000])
    services.index.load()


def make_questions() -> list[dict[str, Any]]:
    """Return rows of questions, spread evenly over `DAYS` days."""
    chance = random.Random(1)  # noqa: S311 - the same questions each time
    cases = read_cases(STARTER / "eval" / "test.jsonl")
    keys = sorted({case.key for case in cases if case.key})
    now = utc_now()
    states = {
        "answer": QuestionState.ANSWERED,
        "suggest": QuestionState.SUGGESTED,
        "fallback": QuestionState.UNANSWERED,
    }
    rows = []
    for number in range(QUESTIONS):
        case = chance.choice(cases)
        near = [case.key or chance.choice(keys), *chance.choices(keys, k=9)]
        decision = chance.choices(tuple(states), (70, 20, 10))[0]
        score = chance.random()
        rows.append(
            {
                "text": case.question, "folded": sound_of(case.question),
                "script": detect_script(case.question), "decision": decision,
                "state": states[decision], "score": score, "margin": 0.1, "nearest_key": near[0],
                "matches": [
                    {"key": key, "score": score, "phrasing": case.question, "dense_score": 0.5,
                     "lexical_score": 0.5}
                    for key in near
                ],
                "asked_at": now - timedelta(days=DAYS) * (1 - number / QUESTIONS),
                "channel": "telegram", "kind": "text", "is_edit": False,
            }
        )  # fmt: skip
    return rows


async def measure(services: Services) -> dict[str, tuple[float, float, int]]:
    """Return p50 and p95 in milliseconds, and kilobytes, of each page as it is made."""
    with transaction(services.sessions) as session:
        token = sign_in(session, create_link(session, ADMIN).token, "benchmark")
    day = (utc_now() - timedelta(days=DAYS - 5)).date().isoformat()
    figures = {}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(services)),
        base_url=services.settings.console,
        cookies={"govi": token},
    ) as client:
        for name, path in PAGES.items():
            times = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                page = await client.get(path.format(day=day))
                times.append((time.perf_counter() - started) * 1000)
                if page.status_code != httpx.codes.OK:
                    sys.exit(f"{path}: {page.status_code} {re.sub('<[^>]+>', '', page.text)[:200]}")
            p50, p95 = np.percentile(times, [50, 95])
            figures[name] = (float(p50), float(p95), len(page.content) // 1024)
    return figures


def main() -> None:
    """Measure, and write it into RESULTS.md."""
    with tempfile.TemporaryDirectory() as folder:
        services = create_services(Path(folder))
        fill(services)
        figures = asyncio.run(measure(services))
        services.close()
    rows = [(name, f"{p50:.0f}", f"{p95:.0f}", size) for name, (p50, p95, size) in figures.items()]
    text = (
        f"{QUESTIONS:,} questions of {DAYS} days, {ROUNDS} visits of each page, without a network "
        f"and a browser; the machine's load average was {os.getloadavg()[0]:.1f}.\n\n"
        + table(["page", "p50 (ms)", "p95 (ms)", "size (kB)"], rows)
    )
    write_section("Pages of the console", "python -m benchmarks.console", text)


if __name__ == "__main__":
    main()
