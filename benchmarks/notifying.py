"""An officer's answer to 500 farmers who asked the same: `python -m benchmarks.notifying`."""

import asyncio
import tempfile
import time
from pathlib import Path

from sqlalchemy.orm import Session
from telegram import Bot

from benchmarks.bulk import NotingPacer, create_services
from benchmarks.results import table, write_section
from bot.bootstrap import Services
from bot.db.models import Ask, Escalation, Question, QuestionState, Role, RoleGrant
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.services.farmers import Asker, get_farmer
from bot.services.queue import claim
from bot.services.resolving import send_answer
from bot.testing.bot_api import BotApi

ASKERS, FIRST, OFFICER = 500, 10_000, 1
TEXT = "කුරුඳු පොත්ත සුදු වෙනවා"
ANSWER = "ඉර එළියේ දවසක් වේලන්න. සුදු කෑලි අයින් කරන්න."


def gather(session: Session, under: list[int]) -> int:
    """Let everyone wait in one escalation, each under their own message; return its id."""
    session.add(RoleGrant(telegram_user_id=OFFICER, role=Role.OFFICER, granted_by="benchmark"))
    group = Escalation(text=TEXT)
    for number, message_id in enumerate(under):
        asker = Asker(FIRST + number, FIRST + number)
        question = Question(
            farmer=get_farmer(session, asker),
            chat_id=asker.chat_id,
            message_id=message_id,
            text=TEXT,
            script="sinhala",
            decision="fallback",
            state=QuestionState.UNANSWERED,
            matches=[],
        )
        group.asks.append(Ask(question=question, reason="fallback"))
    session.add(group)
    session.flush()
    claim(session, OFFICER, group.id)
    return group.id


async def measure(api: BotApi, services: Services) -> list[object]:
    """Answer everyone; return the table's one row."""
    under = [api.user(FIRST + number).sends(TEXT).message_id for number in range(ASKERS)]
    number = await services.run(gather, under)
    begun = time.perf_counter()
    await services.run(send_answer, OFFICER, number, ANSWER)
    owed = time.perf_counter() - begun
    async with Bot(api.token, base_url=f"{api.url}/bot") as bot:
        pacer = NotingPacer()
        sender = Sender(Wire(bot, pacer), services)
        sender.finish()
        await sender.run()
    calls = api.calls("sendMessage")
    told = {int(call.parameters["chat_id"]) for call in calls if call.status == 200}
    return [
        f"{len(told)} of {ASKERS}",
        len(calls) - len(told),
        f"{owed:.2f}",
        f"{pacer.times[-1] - pacer.times[0]:.1f}",
        pacer.show_busiest(),
        sum(call.status == 429 for call in calls),
    ]


def main() -> None:
    """Measure, and write the section."""
    with tempfile.TemporaryDirectory() as folder, BotApi() as api:
        services = create_services(Path(folder))
        row = asyncio.run(measure(api, services))
        services.close()
    header = ["farmers told", "told twice", "owed in (s)", "sent in (s)", "busiest second"]
    header += ["refused (429)"]
    note = (
        "One answer, owed to every asker in one transaction and sent under each one's own message. "
        "The sender, the database and the stand-in Bot API share one process."
    )
    write_section("500 askers", "make bench", f"{table(header, [row])}\n\n{note}")


if __name__ == "__main__":
    main()
