"""From a farmer's message to the reply, over HTTP: `python -m benchmarks.end_to_end`."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from statistics import quantiles

from benchmarks.results import table, write_section
from benchmarks.serving import FOLDER, prepare
from bot.settings import ROOT
from bot.testing.bot_api import BotApi

FARMERS, QUESTIONS_EACH = 40, 10


async def ask_all(api: BotApi, questions: list[str]) -> tuple[float, list[float]]:
    """Let every farmer ask one question after another; return the time taken and each wait."""

    async def farmer(number: int) -> list[float]:
        person, waits = api.user(1000 + number), []
        for turn in range(QUESTIONS_EACH):
            sent = person.sends(questions[(number * QUESTIONS_EACH + turn) % len(questions)])
            begun = time.perf_counter()
            await api.reply_to(sent, timeout_seconds=120)
            waits.append(time.perf_counter() - begun)
        return waits

    begun = time.perf_counter()
    waits = await asyncio.gather(*(farmer(number) for number in range(FARMERS)))
    return time.perf_counter() - begun, [wait for own in waits for wait in own]


def main() -> None:
    """Run `govi run` against the stand-in Bot API and let farmers ask side by side."""
    prepare(FOLDER)
    questions = json.loads((FOLDER / "questions.json").read_text("utf-8"))
    with BotApi() as api:
        env = {"BOT_TOKEN": api.token, "TELEGRAM_API_URL": api.url, "LOG_LEVEL": "WARNING"}
        env |= {"DATA_DIR": str(FOLDER / "govi")}
        govi = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=os.environ | env
        )
        try:
            asyncio.run(api.until(lambda: bool(api.calls("setMyCommands")), 60))
            seconds, waits = asyncio.run(ask_all(api, questions))
        finally:
            govi.send_signal(signal.SIGTERM)
            govi.wait(60)
    rate = FARMERS * QUESTIONS_EACH / seconds
    cuts = quantiles(waits, n=20)
    rows = [[FARMERS, len(waits), f"{rate:.1f}", f"{cuts[9] * 1000:.0f}", f"{cuts[18] * 1000:.0f}"]]
    header = ["farmers at once", "questions", "answered/s", "p50 (ms)", "p95 (ms)"]
    note = (
        "The stand-in Bot API of `bot.testing.bot_api` and `govi run` share the machine. Each "
        "answer is one committed inbox row, one committed question and one sendMessage; the rate "
        "is held near 30/s by Telegram's overall limit, which the rate limiter keeps."
    )
    write_section("End to end", "make bench", f"{table(header, rows)}\n\n{note}")


if __name__ == "__main__":
    main()
