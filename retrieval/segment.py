"""Rows that are searched together: vectors, graph and n-grams of a set of entries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.index import ExactIndex, HnswIndex
from retrieval.lexical import LexicalIndex, build_lexical
from retrieval.singlish import Restorer

#: Rows taken from each of the two signals before they are scored on both.
CANDIDATES = 128


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """What retrieval knows of an entry: texts only.

    Attributes:
        key: Its stable key.
        title: English title, indexed like a phrasing.
        keywords: English keywords, indexed together as one more row.
        answer: Sinhala answer; only its words are used, to restore Singlish.
        phrasings: Known ways of asking, as people wrote them.
    """

    key: str
    title: str
    keywords: tuple[str, ...]
    answer: str
    phrasings: tuple[str, ...]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield (text to index, phrasing to show for it); English rows show the first phrasing."""
        shown = self.phrasings[0] if self.phrasings else self.title
        for phrasing in self.phrasings:
            yield phrasing, phrasing
        yield self.title, shown
        if self.keywords:
            yield ", ".join(self.keywords), shown


@dataclass(frozen=True, slots=True)
class Row:
    """One indexed text: its entry, the text as the embedder reads it, and what to show for it."""

    key: str
    surface: str
    shown: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row found for a question, scored on both signals."""

    row: Row
    dense_score: float
    lexical_score: float


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """An immutable set of rows with its two indexes."""

    rows: Sequence[Row]
    vectors: NDArray[np.float32]
    dense: ExactIndex | HnswIndex
    lexical: LexicalIndex

    def candidates(
        self, vector: NDArray[np.float32], surface: str, alive: NDArray[np.bool_] | None
    ) -> Iterator[Candidate]:
        """Yield the rows nearest by either signal, scored on both; `alive` masks rows (n,)."""
        lexical = self.lexical.scores(surface)
        by_vector, _ = self.dense.search(vector[None, :], CANDIDATES)
        by_letters = np.argpartition(-lexical, min(CANDIDATES, len(lexical)) - 1)[:CANDIDATES]
        found = np.unique(np.concatenate([by_vector[0], by_letters]))
        if alive is not None:
            found = found[alive[found]]
        cosines = self.vectors[found] @ vector
        for row, cosine in zip(found.tolist(), cosines.tolist(), strict=True):
            yield Candidate(self.rows[row], cosine, float(lexical[row]))


def list_rows(entries: Sequence[IndexedEntry], restorer: Restorer) -> list[Row]:
    """Return the rows of entries, in order, without texts that normalise to nothing."""
    rows = (
        Row(entry.key, restorer.restore(text), shown)
        for entry in entries
        for text, shown in entry.texts()
    )
    return [row for row in rows if row.surface]


def build_segment(
    rows: Sequence[Row],
    encode: Callable[[Sequence[str]], NDArray[np.float32]],
    known: Mapping[str, NDArray[np.float32]],
    like: LexicalIndex | None = None,
) -> Segment:
    """Embed and index rows; exact when they are an addition (`like`), HNSW otherwise.

    Args:
        rows: At least one row.
        encode: Texts to unit vectors, float32 (n, dim).
        known: Vectors that need not be computed again, by surface.
        like: The lexical index whose weights the new one takes over.
    """
    unknown = sorted({row.surface for row in rows} - known.keys(), key=len)
    fresh = dict(zip(unknown, encode(unknown), strict=True))
    vectors = np.stack(
        [fresh[row.surface] if row.surface in fresh else known[row.surface] for row in rows]
    )
    lexical = build_lexical([row.surface for row in rows], like)
    dense = ExactIndex(vectors) if like is not None else HnswIndex.build(vectors)
    return Segment(rows, vectors, dense, lexical)
