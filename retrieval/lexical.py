"""Character n-grams of the sound fold, weighted by TF-IDF: the signal that needs no model."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.phonetic import fold

N_GRAM_SIZES = (2, 3, 4)


def grams(text: str) -> Counter[str]:
    """Count the n-grams of each folded word, its edges marked by spaces."""
    return Counter(gram for word in fold(text).split() for gram in _word_grams(f" {word} "))


def _word_grams(word: str) -> Iterator[str]:
    for size in N_GRAM_SIZES:
        for start in range(max(1, len(word) - size + 1)):
            yield word[start : start + size]


@dataclass(frozen=True, slots=True, eq=False)
class LexicalIndex:
    """An inverted index of unit-length TF-IDF rows; immutable.

    Attributes:
        vocabulary: n-gram -> column.
        idf: float32 (columns,), smoothed inverse document frequency, at least 1.
        starts: int64 (columns + 1,), where each column's postings begin.
        rows: int32 (postings,), the rows that hold a column.
        weights: float32 (postings,), their weights.
        size: Number of rows.
    """

    vocabulary: Mapping[str, int]
    idf: NDArray[np.float32]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    size: int

    def scores(self, text: str) -> NDArray[np.float32]:
        """Return the cosine of a text with every row, float32 (size,), in [0, 1]."""
        counts = grams(text)
        unseen = max(float(self.idf.max(initial=1.0)), 1.0)
        weighted = {gram: _damp(n) * self._idf(gram, unseen) for gram, n in counts.items()}
        length = float(np.sqrt(sum(w * w for w in weighted.values())))
        total = np.zeros(self.size, dtype=np.float32)
        for gram, weight in weighted.items():
            column = self.vocabulary.get(gram)
            if column is not None:
                span = slice(self.starts[column], self.starts[column + 1])
                total[self.rows[span]] += self.weights[span] * np.float32(weight / length)
        return total

    def _idf(self, gram: str, unseen: float) -> float:
        column = self.vocabulary.get(gram)
        return unseen if column is None else float(self.idf[column])


def _damp(count: int) -> float:
    return 1.0 + float(np.log(count))


def build_lexical(texts: Sequence[str], like: LexicalIndex | None = None) -> LexicalIndex:
    """Index texts, one row each in the order given.

    Args:
        texts: What to index.
        like: Take the n-gram weights from this index, so that the scores of a few added rows
            compare with its own; n-grams it has not seen weigh as its rarest.
    """
    counted = [grams(text) for text in texts]
    frequency = Counter(gram for row in counted for gram in row)
    vocabulary = {gram: column for column, gram in enumerate(frequency)}
    if like is None:
        documents = np.array(list(frequency.values()), dtype=np.float32)
        idf = np.log((1 + len(texts)) / (1 + documents)) + 1
    else:
        unseen = float(like.idf.max(initial=1.0))
        idf = np.array([like._idf(gram, unseen) for gram in vocabulary])
    return _invert(counted, vocabulary, idf.astype(np.float32))


def _invert(
    counted: Sequence[Counter[str]], vocabulary: dict[str, int], idf: NDArray[np.float32]
) -> LexicalIndex:
    columns: list[int] = []
    rows: list[int] = []
    weights: list[float] = []
    for row, counts in enumerate(counted):
        weighted = {vocabulary[g]: _damp(n) * float(idf[vocabulary[g]]) for g, n in counts.items()}
        length = float(np.sqrt(sum(w * w for w in weighted.values()))) or 1.0
        columns.extend(weighted)
        rows.extend([row] * len(weighted))
        weights.extend(weight / length for weight in weighted.values())
    order = np.argsort(np.array(columns, dtype=np.int64), kind="stable")
    starts = np.searchsorted(np.array(columns, dtype=np.int64)[order], np.arange(len(idf) + 1))
    return LexicalIndex(
        vocabulary=vocabulary,
        idf=idf,
        starts=starts.astype(np.int64),
        rows=np.array(rows, dtype=np.int32)[order],
        weights=np.array(weights, dtype=np.float32)[order],
        size=len(counted),
    )
