"""Rows that are searched together: vectors, graph and n-grams of a set of entries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.index import ExactIndex, HnswIndex
from retrieval.index.hnsw import SEARCH_BREADTH
from retrieval.lexical import LexicalIndex, Sounds, build_lexical
from retrieval.ranking import Found, RowTexts
from retrieval.singlish import Restorer
from retrieval.texts import Texts

#: Rows taken from each of the two signals before they are scored on both.
CANDIDATES = 64
_NOTHING = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """What retrieval knows of an entry: texts only.

    Attributes:
        key: Its stable key.
        title: English title, indexed like a phrasing.
        keywords: English keywords, indexed together as one more row.
        answer: Sinhala answer, indexed like a phrasing; its words also restore Singlish.
        phrasings: Known ways of asking, as people wrote them.
    """

    key: str
    title: str
    keywords: tuple[str, ...]
    answer: str
    phrasings: tuple[str, ...]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield (text to index, phrasing to show for it); other rows show the first phrasing."""
        for phrasing in self.phrasings:
            yield phrasing, phrasing
        shown = self.phrasings[0] if self.phrasings else self.title
        yield self.title, shown
        if self.keywords:
            yield ", ".join(self.keywords), shown
        yield self.answer, shown


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Questions by their sound: their words, and the rows nearest to each by that alone."""

    sounds: Sounds
    nearest: Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """An immutable set of rows with its two indexes.

    Attributes:
        vectors: float16 (rows, dim), to score rows by that were found by their sound. hnswlib has
            its own, in float32, to search; half of it is enough here: a cosine moves by 1e-4.
    """

    rows: RowTexts
    vectors: NDArray[np.float16]
    dense: ExactIndex | HnswIndex
    lexical: LexicalIndex

    def hear(
        self, surfaces: Sequence[str], alive: NDArray[np.bool_] | None, like: Sounds | None
    ) -> Heard:
        """Find the rows that sound most like each question; needs no vectors.

        Args:
            surfaces: The questions, restored.
            alive: Masks rows, bool (rows,).
            like: What another segment made of the same questions, to take the weights from.
        """
        sounds = self.lexical.hear(surfaces, like)
        nearest = [
            self.lexical.nearest(sounds, question, CANDIDATES, alive) if len(words) else _NOTHING
            for question, words in enumerate(sounds.questions)
        ]
        return Heard(sounds, nearest)

    def find(
        self, vectors: NDArray[np.float32], heard: Heard, alive: NDArray[np.bool_] | None
    ) -> Found:
        """Return the rows nearest to each question by either signal, scored on both.

        A question without words finds nothing.

        Args:
            vectors: The questions' vectors, float32 (n, dim).
            heard: What `hear` has made of the same questions.
            alive: Masks rows, bool (rows,).
        """
        outdated = 0 if alive is None else int(np.count_nonzero(~alive))
        by_vector, _ = self.dense.search(vectors, min(CANDIDATES + outdated, SEARCH_BREADTH))
        found = [
            _join(near, by_sound, alive)
            for near, by_sound in zip(by_vector, heard.nearest, strict=True)
        ]
        lexical = [
            self.lexical.scores(heard.sounds, question, rows) for question, rows in enumerate(found)
        ]
        questions = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
        dense = [
            self.vectors[rows].astype(np.float32) @ vector
            for rows, vector in zip(found, vectors, strict=True)
        ]
        return Found(
            self.rows,
            questions,
            np.concatenate(found),
            # Rounded vectors are a little longer or shorter than one.
            np.clip(np.concatenate(dense), -1, 1),
            np.clip(np.concatenate(lexical), 0, 1),
        )


def _join(
    by_vector: NDArray[np.int64], by_sound: NDArray[np.int64], alive: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    if not len(by_sound):
        return _NOTHING
    if alive is not None:
        by_vector, by_sound = by_vector[alive[by_vector]], by_sound[alive[by_sound]]
    # Not np.union1d, which imports all of numpy.ma.
    rows: NDArray[np.int64] = np.sort(np.concatenate((by_vector[:CANDIDATES], by_sound)))
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = rows[1:] != rows[:-1]
    unique: NDArray[np.int64] = rows[is_first]
    return unique


def list_rows(entries: Sequence[IndexedEntry], restorer: Restorer) -> RowTexts:
    """Return the rows of entries, in order of their keys, without texts that say nothing."""
    owners: list[int] = []
    texts: list[tuple[str, str]] = []
    is_phrasing: list[bool] = []
    ordered = sorted(entries, key=lambda entry: entry.key)
    for owner, entry in enumerate(ordered):
        for place, (text, shown) in enumerate(entry.texts()):
            if surface := restorer.restore(text):
                owners.append(owner)
                texts.append((surface, shown))
                is_phrasing.append(place < len(entry.phrasings))
    return RowTexts(
        keys=[entry.key for entry in ordered],
        owners=np.array(owners, dtype=np.int32),
        surfaces=Texts.of(surface for surface, _ in texts),
        shown=Texts.of(shown for _, shown in texts),
        is_phrasing=np.array(is_phrasing, dtype=np.bool_),
    )


def build_segment(
    rows: RowTexts,
    encode: Callable[[Sequence[str]], NDArray[np.float32]],
    known: Mapping[str, NDArray[np.floating]],
    like: LexicalIndex | None = None,
) -> Segment:
    """Embed and index rows; exact when they are an addition (`like`), HNSW otherwise.

    Args:
        rows: At least one row.
        encode: Texts to unit vectors, float32 (n, dim).
        known: Vectors that need not be computed again, by surface.
        like: The lexical index whose weights the new one takes over.
    """
    surfaces = list(rows.surfaces)
    unknown = sorted(set(surfaces) - known.keys(), key=len)
    fresh = dict(zip(unknown, encode(unknown), strict=True))
    vectors = np.stack([fresh[each] if each in fresh else known[each] for each in surfaces])
    lexical = build_lexical(surfaces, like)
    dense = ExactIndex(vectors) if like is not None else HnswIndex.build(vectors)
    return Segment(rows, vectors.astype(np.float16), dense, lexical)
