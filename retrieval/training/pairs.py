"""Rows of training text: which question should lie near which other text, and far from which."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from retrieval.errors import RetrievalError
from retrieval.lexical import grams
from retrieval.segment import IndexedEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

PairKind = Literal["question_answer", "question_question", "question_title", "question_gloss"]
Near = dict[str, list[str]]


class TrainingDataError(RetrievalError):
    """The training entries cannot make a batch."""


def as_stranger(number: int, question: str) -> IndexedEntry:
    """Return a question that no entry answers as an entry of its own: near to nothing else."""
    return IndexedEntry(f"off_topic.{number}", "", (), "", (question,))


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two texts of one entry that belong together, and texts of other entries that do not."""

    key: str
    kind: PairKind
    question: str
    positive: str
    negatives: tuple[str, ...] = ()


class PairDrawer:
    """Draws one epoch of rows after another; the same seed draws the same rows."""

    def __init__(
        self,
        entries: Sequence[IndexedEntry],
        kinds: Sequence[PairKind],
        *,
        seed: int,
        glosses: Mapping[str, str] | None = None,
        near: Mapping[str, Sequence[str]] | None = None,
        hard_negatives: int = 0,
        augment: Callable[[str], Sequence[str]] | None = None,
        augment_share: float = 0.0,
    ) -> None:
        """Prepare to draw.

        Args:
            entries: At least two.
            kinds: Each kind adds one row a phrasing, where the entry has such a text. The
                partner of a lone phrasing is the phrasing itself, perhaps typed another way.
            seed: Decides partners, negatives and variants.
            glosses: English of some phrasings, by phrasing.
            near: Keys of the entries nearest to each, nearest first; needed for negatives.
            hard_negatives: How many texts of near entries a row carries.
            augment: Gives other ways of typing a text; an empty answer keeps the text.
            augment_share: Share of Sinhala questions that are replaced by a variant.

        Raises:
            TrainingDataError: Fewer than two entries, or negatives asked for without `near`.
        """
        self._entries = {entry.key: entry for entry in entries if entry.phrasings}
        if len(self._entries) < 2:
            msg = f"training needs two entries with phrasings; there are {len(self._entries)}"
            raise TrainingDataError(msg)
        if hard_negatives and not near:
            msg = "hard negatives need the near entries of each entry"
            raise TrainingDataError(msg)
        self._kinds = kinds
        self._glosses = glosses or {}
        self._near = near or {}
        self._hard_negatives = hard_negatives
        self._augment = augment
        self._augment_share = augment_share
        self._random = random.Random(seed)  # noqa: S311 - not a secret

    def draw_epoch(self) -> list[PairRow]:
        """Return every row of the next epoch, by kind; partners and variants are drawn anew."""
        return [row for kind in self._kinds for row in self._rows(kind)]

    def _rows(self, kind: PairKind) -> Iterator[PairRow]:
        for entry in self._entries.values():
            for phrasing in entry.phrasings:
                positive = self._positive(kind, entry, phrasing)
                if positive is None:
                    continue
                negatives = tuple(self._negatives(kind, entry.key))
                question = self._vary(phrasing)
                yield PairRow(entry.key, kind, question, positive, negatives)

    def _positive(self, kind: PairKind, entry: IndexedEntry, phrasing: str) -> str | None:
        if kind == "question_answer":
            return entry.answer or None
        if kind == "question_title":
            return entry.title or None
        if kind == "question_gloss":
            return self._glosses.get(phrasing)
        others = [other for other in entry.phrasings if other != phrasing]
        return self._vary(self._random.choice(others or [phrasing]))

    def _negatives(self, kind: PairKind, key: str) -> Iterator[str]:
        known = [other for other in self._near.get(key, ()) if other in self._entries]
        keys = self._random.sample(known, min(self._hard_negatives, len(known)))
        while len(keys) < self._hard_negatives:
            keys.append(self._random.choice([k for k in self._entries if k != key]))
        for other in keys:
            yield self._typical_text(kind, self._entries[other])

    def _typical_text(self, kind: PairKind, entry: IndexedEntry) -> str:
        if kind == "question_answer":
            return entry.answer
        if kind == "question_question":
            return self._random.choice(entry.phrasings)
        return entry.title

    def _vary(self, text: str) -> str:
        if self._augment is None or self._random.random() >= self._augment_share:
            return text
        variants = self._augment(text)
        return self._random.choice(variants) if variants else text


def plan_batches(
    rows: Sequence[PairRow],
    batch_size: int,
    *,
    seed: int,
    no_duplicates: bool = False,
    near: Mapping[str, Sequence[str]] | None = None,
) -> list[list[int]]:
    """Divide rows into shuffled batches; a batch holds rows of one kind only.

    Args:
        rows: One epoch.
        batch_size: Rows a batch, at most. A rest of one row is left out: it has no negatives.
        seed: Decides the shuffle.
        no_duplicates: Whether a batch may hold an entry once only. Rows that no longer fit
            anywhere form smaller batches at the end.
        near: With `no_duplicates`: rows of near entries are put side by side, so that a
            batch's own rows are its hard negatives.

    Returns:
        Positions in `rows`, batch by batch.
    """
    rng = random.Random(seed)  # noqa: S311 - not a secret
    batches: list[list[int]] = []
    for kind in dict.fromkeys(row.kind for row in rows):
        positions = [at for at, row in enumerate(rows) if row.kind == kind]
        rng.shuffle(positions)
        if no_duplicates and near:
            positions = _walk_near(rows, positions, near, rng)
        if no_duplicates:
            batches += _deal(rows, positions, batch_size)
        else:
            batches += [
                positions[at : at + batch_size] for at in range(0, len(positions), batch_size)
            ]
    batches = [batch for batch in batches if len(batch) > 1]
    rng.shuffle(batches)
    return batches


def _deal(rows: Sequence[PairRow], positions: Sequence[int], batch_size: int) -> list[list[int]]:
    """Put each row into the first open batch that does not hold its entry."""
    open_batches: list[tuple[list[int], set[str]]] = []
    full: list[list[int]] = []
    for at in positions:
        key = rows[at].key
        slot = next((slot for slot in open_batches if key not in slot[1]), None)
        if slot is None:
            slot = ([], set())
            open_batches.append(slot)
        slot[0].append(at)
        slot[1].add(key)
        if len(slot[0]) == batch_size:
            full.append(slot[0])
            open_batches.remove(slot)
    return full + [batch for batch, _ in open_batches]


def _walk_near(
    rows: Sequence[PairRow],
    positions: Sequence[int],
    near: Mapping[str, Sequence[str]],
    rng: random.Random,
) -> list[int]:
    """Order rows so that each is followed, where one is left, by a row of a near entry."""
    left: dict[str, list[int]] = {}
    for at in positions:
        left.setdefault(rows[at].key, []).append(at)
    ordered: list[int] = []
    key = ""
    while left:
        choices = [other for other in near.get(key, ()) if other in left]
        key = rng.choice(choices) if choices else rng.choice(list(left))
        ordered.append(left[key].pop())
        if not left[key]:
            del left[key]
    return ordered


def find_near_entries(entries: Sequence[IndexedEntry], count: int = 8) -> Near:
    """Find the entries whose phrasings sound most alike, nearest first, by key.

    Uses the sound n-grams of retrieval.lexical, weighted by rarity: before training they tell
    Sinhala subjects apart better than the model does.
    """
    profiles = _profiles(entries)
    alike = profiles @ profiles.T
    np.fill_diagonal(alike, -1.0)
    nearest = np.argsort(-alike, axis=1)[:, : min(count, len(entries) - 1)]
    return {
        entry.key: [entries[at].key for at in row]
        for entry, row in zip(entries, nearest, strict=True)
    }


def _profiles(entries: Sequence[IndexedEntry]) -> NDArray[np.float32]:
    counts: list[Counter[str]] = []
    for entry in entries:
        total: Counter[str] = Counter()
        for phrasing in entry.phrasings:
            total.update(grams(phrasing))
        counts.append(total)
    seen_in = Counter(gram for total in counts for gram in total)
    shared = [gram for gram, entries_with in seen_in.items() if entries_with > 1]
    column = {gram: at for at, gram in enumerate(shared)}
    profiles = np.zeros((len(entries), len(column)), dtype=np.float32)
    for row, total in enumerate(counts):
        for gram, times in total.items():
            if gram in column:
                rarity = np.log(len(entries) / seen_in[gram])
                profiles[row, column[gram]] = np.sqrt(times) * rarity
    norms: NDArray[np.float32] = np.linalg.norm(profiles, axis=1, keepdims=True).clip(min=1e-9)
    return profiles / norms
