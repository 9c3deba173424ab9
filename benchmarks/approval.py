"""From an admin's approval to a farmer finding it: `python -m benchmarks.approval`."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from benchmarks.results import table, write_section
from bot.bootstrap import STARTER, Services, open_database
from bot.db.engine import transaction
from bot.db.models import Origin, Role, RoleGrant
from bot.i18n import Catalogue
from bot.intake.serving import REFRESH_SECONDS, keep_refreshed
from bot.knowledge import EntryDraft
from bot.services.curation import import_entries
from bot.services.knowledge_index import KnowledgeIndex
from bot.services.proposals import approve, propose_phrasing
from bot.settings import Settings
from retrieval import Retriever
from retrieval.embedder import Embedder, load_embedder
from retrieval.evaluation import read_cases
from retrieval.manifest import ModelManifest

SIZES = (10_000, 100_000)
PHRASINGS, APPROVALS = 20, 30
ADMIN, OFFICER = 1, 2
_FILLER = "filler"


class FillingEmbedder:
    """The shipped embedder, but filler texts get vectors by chance: they take no time to make."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._random = np.random.default_rng(1)
        self.model_id, self.dim = embedder.model_id, embedder.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, one a text, in order."""
        if not texts or not all(_FILLER in text for text in texts):
            return self._embedder.encode(texts)
        vectors = self._random.standard_normal((len(texts), self.dim), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def fill(session: Session, phrasings: int) -> None:
    """Store entries with so many phrasings in all, and two people."""
    for person, role in ((ADMIN, Role.ADMIN), (OFFICER, Role.OFFICER)):
        session.add(RoleGrant(telegram_user_id=person, role=role, granted_by="bench"))
    drafts = [
        EntryDraft(
            key=f"bench.n{number}",
            area="bench",
            title=f"{_FILLER} {number}",
            answer=f"{_FILLER} {number}",
            phrasings=tuple(f"{_FILLER} {number} {each}" for each in range(PHRASINGS)),
            source="bench",
            grade="none",
            reviewed_on=date(2026, 11, 1),
        )
        for number in range(phrasings // PHRASINGS)
    ]
    import_entries(session, drafts, Origin.IMPORT, "bench")


async def approve_one(services: Services, number: int) -> float:
    """Propose and approve a phrasing; return the seconds until a search finds it."""
    words = read_cases(STARTER / "eval" / "dev.jsonl")[number * 9].question
    entry_id = number * 7 + 1

    def propose(session: Session) -> int:
        pending = propose_phrasing(session, OFFICER, entry_id, words)
        if pending is None:
            raise ValueError("proposed before")
        return pending.proposal_id

    proposal_id = await services.run(propose)
    # The refresher is met at any point of its round.
    await asyncio.sleep(REFRESH_SECONDS * (1 + number / APPROVALS))
    begun = time.perf_counter()
    await services.run(approve, ADMIN, proposal_id)
    while True:
        (result,) = await asyncio.to_thread(services.index.search, [words])
        if any(match.phrasing == words for match in result.matches):
            return time.perf_counter() - begun
        await asyncio.sleep(0.005)


async def measure(services: Services) -> list[float]:
    """Approve one phrasing after another while the refresher runs as in `govi run`."""
    refresher = asyncio.create_task(keep_refreshed(services))
    waits = [await approve_one(services, number) for number in range(APPROVALS)]
    refresher.cancel()
    await asyncio.gather(refresher, return_exceptions=True)
    return waits


def run_size(phrasings: int, folder: Path) -> list[object]:
    """Measure a knowledge base of one size; return a line of the table."""
    settings = Settings(data_dir=folder)
    engine, sessions = open_database(settings)
    with transaction(sessions) as session:
        fill(session, phrasings)
    shipped = ModelManifest.load(settings.model_dir)
    embedder = FillingEmbedder(load_embedder(settings.model_dir))
    index = KnowledgeIndex(sessions, Retriever(embedder, shipped.thresholds, shipped.fusion))
    index.load()
    services = Services(settings, engine, sessions, index, Catalogue.load())
    waits = sorted(asyncio.run(measure(services)))
    services.close()
    return [
        f"{phrasings:,}", len(waits), f"{median(waits) * 1000:.0f}", f"{waits[-1] * 1000:.0f}",
    ]  # fmt: skip


def main() -> None:
    """Measure each size and write the table."""
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(run_size(size, Path(folder)))
    header = ["phrasings", "approvals", "median (ms)", "longest (ms)"]
    note = (
        "From the press of an admin to the first search that finds the new phrasing, in a running "
        f"bot: the commit, at most {REFRESH_SECONDS} s until the refresher looks, reading the "
        "changed entry, embedding its new text with the shipped model. Vectors of the other "
        "phrasings are random."
    )
    write_section("Approval", "make bench", f"{table(header, rows)}\n\n{note}")


if __name__ == "__main__":
    main()
