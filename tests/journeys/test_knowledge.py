"""The knowledge base changes while Govi serves."""

import asyncio
import os
import sys
from pathlib import Path

from bot.i18n import Catalogue
from bot.knowledge_files import write_knowledge
from bot.settings import ROOT
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.factories import create_draft
from tests.journeys.serving import DRAFTS, Govi

GOATS = "එළුවන්ට දෙන කෑම මොනවද"
GOATS_ANSWER = "තණකොළ සහ ග්ලිරිසීඩියා කොළ දෙන්න."


async def test_what_is_imported_is_answered_without_a_restart(
    api: BotApi, govi: Govi, farmer: Person, tmp_path: Path
) -> None:
    """`govi import`, a process of its own, teaches the one that serves."""
    before = await api.reply_to(farmer.sends(GOATS))
    file = tmp_path / "goats.csv"
    write_knowledge(file, [create_draft("goat.feed", phrasings=(GOATS,), answer=GOATS_ANSWER)])

    assert "1 added" in await govi_command(govi, "import", str(file))

    await api.until(lambda: len(govi.services.index.retriever) == len(DRAFTS) + 1)
    after = await api.reply_to(farmer.sends(GOATS))
    assert Catalogue.load().text("ask.kept", number=1) in before.text
    assert after.text == GOATS_ANSWER


async def govi_command(govi: Govi, *arguments: str) -> str:
    """Run a command on Govi's own database; return what it said on standard output."""
    settings = govi.services.settings
    own = {"PYTHONPATH": str(ROOT), "DATABASE_URL": settings.database}
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=settings.data_dir,  # away from a developer's own .env
        env=os.environ | own,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await command.communicate()
    return said.decode()
