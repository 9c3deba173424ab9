"""Small real things for tests; each takes only what the test is about."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.knowledge import EntryDraft
from retrieval import IndexedEntry, Retriever
from retrieval.decision import Match, Thresholds
from retrieval.ranking import Fusion
from retrieval.testing import HashingEmbedder

BLAST = "ගොයමේ කොළ පාළු රෝගයට මොකද කරන්නේ"
UREA = "යූරියා දාන්නේ කවදද"
RATS = "මීයන් ගොයම කනවා"
GOATS = "එළුවන්ට දෙන කෑම"
THRESHOLDS = Thresholds(answer=0.7, suggest=0.35, margin=0.05)


def create_draft(key: str = "paddy.blast", **fields: Any) -> EntryDraft:
    """Build a valid draft; its phrasings follow from the key unless given."""
    defaults: dict[str, Any] = {
        "area": "paddy",
        "title": f"What about {key}?",
        "keywords": ("blast",),
        "answer": f"{key} ගැන උත්තරය. නිලධාරියාගෙන් අහන්න.",
        "phrasings": (f"{key} ගැන කියන්න",),
        "source": "Department of Agriculture",
        "grade": "A",
        "reviewed_on": date(2026, 11, 1),
    }
    return EntryDraft.model_validate({"key": key, **defaults, **fields})


def create_entry(key: str, *phrasings: str, title: str = "A title", **fields: Any) -> IndexedEntry:
    """Build what retrieval knows of an entry."""
    defaults: dict[str, Any] = {"keywords": (), "answer": "උත්තරය"}
    return IndexedEntry(key=key, title=title, phrasings=phrasings, **(defaults | fields))


def create_match(key: str, score: float) -> Match:
    """Build a match with nothing but a key and a score."""
    return Match(key, score, f"{key}?", score, score)


def create_retriever(*entries: IndexedEntry, **options: Any) -> Retriever:
    """Build a retriever over entries with the offline embedder."""
    retriever = Retriever(HashingEmbedder(), THRESHOLDS, Fusion(0.5), **options)
    retriever.load(entries)
    return retriever


def paddy_entries() -> list[IndexedEntry]:
    """Three entries whose questions share no words."""
    return [
        create_entry("paddy.blast", BLAST, "කොළවල දියමන්ති හැඩේ ලප", title="Rice blast"),
        create_entry("paddy.urea", UREA, "යූරියා වෙලාව", title="When to apply urea"),
        create_entry("paddy.rats", RATS, "මීයන්ගෙන් බේරෙන්නේ කොහොමද", title="Rats in paddy"),
    ]


class CountingEmbedder(HashingEmbedder):
    """Counts the texts that it embeds, and keeps the last."""

    count = 0
    last = ""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed as the parent does."""
        self.count += len(texts)
        self.last = texts[-1]
        return super().encode(texts)


def best_key(retriever: Retriever, text: str) -> str | None:
    """Return the first match's key."""
    matches = retriever.search([text])[0].matches
    return matches[0].key if matches else None
