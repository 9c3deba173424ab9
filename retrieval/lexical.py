"""How alike two texts sound, word by word: the signal that needs no model.

Each word of a question looks for the word of a stored text that sounds most like it, so that a
word misspelt, shortened or with another ending still counts, and counts once. Rare words tell more
than usual ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from retrieval.phonetic import fold

N_GRAM_SIZES = (2, 3, 4)
#: How much of a score says that the row's words are in the question; the rest says that the
#: question's words are in the row.
ROW_SHARE = 0.2
#: Words of a question that are compared: about as many as the embedder reads.
MOST_WORDS = 64
#: Words compared in one step; bounds the memory that it takes.
_WORDS_AT_ONCE = 4


def grams(text: str) -> Counter[str]:
    """Count the n-grams of each folded word, its edges marked by spaces."""
    return Counter(gram for word in fold(text).split() for gram in _word_grams(word))


def _word_grams(word: str) -> Iterator[str]:
    word = f" {word} "
    for size in N_GRAM_SIZES:
        for start in range(max(1, len(word) - size + 1)):
            yield word[start : start + size]


def _words(text: str) -> list[str]:
    return fold(text).split()


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """The words of a batch of questions, compared with every word of an index.

    Attributes:
        questions: The numbers of each question's words, in order.
        likeness: float32 (words, words of the index), cosines of their n-grams, in [0, 1].
        weights: float32 (words,), how much each word tells.
    """

    questions: Sequence[NDArray[np.int64]]
    likeness: NDArray[np.float32]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LexicalIndex:
    """Rows as lists of words, and words as n-grams; immutable.

    Attributes:
        words: Folded word -> its number.
        word_weights: float32 (words,), smoothed inverse document frequency, at least 1.
        grams: n-gram -> its number.
        gram_weights: float32 (grams,), as `word_weights`.
        starts: int64 (grams + 1,), where the postings of each n-gram begin.
        holders: int32 (postings,), the words that hold an n-gram.
        shares: float32 (postings,), its share in each of them; a word's shares have unit length.
        row_words: int32, the words of all rows, end to end; every row has at least one.
        row_starts: int64 (rows + 1,), where each row begins there.
        row_lengths: float32 (rows,), Euclidean length of the weights of a row's words.
    """

    words: Mapping[str, int]
    word_weights: NDArray[np.float32]
    grams: Mapping[str, int]
    gram_weights: NDArray[np.float32]
    starts: NDArray[np.int64]
    holders: NDArray[np.int32]
    shares: NDArray[np.float32]
    row_words: NDArray[np.int32]
    row_starts: NDArray[np.int64]
    row_lengths: NDArray[np.float32]

    def hear(self, texts: Sequence[str], like: Sounds | None = None) -> Sounds:
        """Compare the words of questions with those of this index.

        Args:
            texts: The questions.
            like: What another index made of the same questions, to take the weights from.
        """
        spoken = [_words(text)[:MOST_WORDS] for text in texts]
        numbers = _number(word for words in spoken for word in words)
        likeness = np.empty((len(numbers), len(self.words)), dtype=np.float32)
        words = list(numbers)
        for start in range(0, len(words), _WORDS_AT_ONCE):
            some = words[start : start + _WORDS_AT_ONCE]
            likeness[start : start + len(some)] = self._compare(some)
        questions = [np.array([numbers[word] for word in each], dtype=np.int64) for each in spoken]
        weights = like.weights if like else self._weigh(words, likeness)
        return Sounds(questions, likeness, weights)

    def _compare(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosines of words with every word of the index, (words, words of the index)."""
        counts = [Counter(_word_grams(word)) for word in words]
        asker = np.repeat(np.arange(len(words)), [len(row) for row in counts])
        column = np.array([self.grams.get(gram, -1) for row in counts for gram in row])
        number = np.array([n for row in counts for n in row.values()], dtype=np.float32)
        # The last weight is that of n-grams which the index lacks.
        weight = number * np.append(self.gram_weights, _rarest(self.gram_weights))[column]
        weight /= np.sqrt(np.bincount(asker, np.square(weight)))[asker]
        is_known = column >= 0
        asker, weight = asker[is_known], weight[is_known]
        places, counted = _spans(self.starts, column[is_known])
        cell = np.repeat(asker * len(self.words), counted) + self.holders[places]
        share = np.repeat(weight, counted) * self.shares[places]
        cosines = np.bincount(cell, share, len(words) * len(self.words))
        return cosines.reshape(len(words), len(self.words)).astype(np.float32)

    def _weigh(self, words: Sequence[str], likeness: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weigh words; an unknown one lies between the word most like it and the rarest."""
        nearest = likeness.argmax(axis=1)
        likest = np.minimum(likeness[np.arange(len(words)), nearest], 1)
        weights: NDArray[np.float32] = likest * self.word_weights[nearest]
        weights += (1 - likest) * np.float32(_rarest(self.word_weights))
        for row, word in enumerate(words):
            if (number := self.words.get(word)) is not None:
                weights[row] = self.word_weights[number]
        return weights

    def nearest(
        self, sounds: Sounds, question: int, k: int, alive: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Return the k rows that promise the best scores, unordered; `alive` masks rows.

        They are found by a sum that is quicker than the score, over the words of each row: how
        strongly any word of the question sounds in it.
        """
        words = sounds.questions[question]
        heard = (sounds.weights[words, None] * sounds.likeness[words]).max(axis=0)
        heard *= self.word_weights
        sums = np.add.reduceat(heard[self.row_words], self.row_starts[:-1])
        sums /= self.row_lengths
        if alive is not None:
            sums[~alive] = -1
        k = min(k, len(sums))
        nearest: NDArray[np.int64] = np.argpartition(sums, len(sums) - k)[len(sums) - k :]
        return nearest

    def scores(self, sounds: Sounds, question: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return how alike a question and rows are, float32 (rows,), in [0, 1]."""
        words = sounds.questions[question]
        if not len(rows) or not len(words):
            return np.zeros(len(rows), dtype=np.float32)
        places, counted = _spans(self.row_starts, rows)
        begins = np.cumsum(counted) - counted
        found = self.row_words[places]
        likeness = sounds.likeness[words[:, None], found]
        weights = sounds.weights[words]
        asked = weights @ np.maximum.reduceat(likeness, begins, axis=1) / weights.sum()
        own = self.word_weights[found]
        held = np.add.reduceat(likeness.max(axis=0) * own, begins) / np.add.reduceat(own, begins)
        scores: NDArray[np.float32] = (1 - ROW_SHARE) * asked + ROW_SHARE * held
        return scores


def _spans(
    starts: NDArray[np.int64], numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of some spans, end to end, and the length of each."""
    first = starts[numbers]
    counted = starts[numbers + 1] - first
    begins = np.cumsum(counted) - counted
    return np.arange(counted.sum()) + np.repeat(first - begins, counted), counted


def _number(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _rarest(weights: NDArray[np.float32]) -> float:
    return float(weights.max(initial=1.0))


def build_lexical(texts: Sequence[str], like: LexicalIndex | None = None) -> LexicalIndex:
    """Index texts, one row each in the order given.

    Args:
        texts: What to index.
        like: Take the weights of words and n-grams from this index, so that the scores of a few
            added rows compare with its own; what it has not seen weighs as its rarest.
    """
    rows = [_words(text) or [""] for text in texts]
    words = _number(word for row in rows for word in row)
    counts = [Counter(_word_grams(word)) for word in words]
    # The weights of n-grams that only questions hold are taken over too.
    columns = _number(chain(like.grams if like else (), (g for row in counts for g in row)))
    if like is None:
        held = dict(zip(words, counts, strict=True))
        word_weights = _rarity(rows, words)
        gram_weights = _rarity([[g for word in row for g in held[word]] for row in rows], columns)
    else:
        word_weights = _taken_over(words, like.words, like.word_weights)
        gram_weights = np.full(len(columns), _rarest(like.gram_weights), dtype=np.float32)
        gram_weights[: len(like.grams)] = like.gram_weights
    starts, holders, shares = _invert(counts, columns, gram_weights)
    row_words = np.array([words[word] for row in rows for word in row], dtype=np.int32)
    row_starts = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    squares = np.square(word_weights)[row_words]
    return LexicalIndex(
        words=words,
        word_weights=word_weights,
        grams=columns,
        gram_weights=gram_weights,
        starts=starts,
        holders=holders,
        shares=shares,
        row_words=row_words,
        row_starts=row_starts,
        row_lengths=np.sqrt(np.add.reduceat(squares, row_starts[:-1])).astype(np.float32),
    )


def _rarity(rows: Sequence[Sequence[str]], names: Mapping[str, int]) -> NDArray[np.float32]:
    """Weigh each name: the fewer rows hold it, the more."""
    frequency = Counter(name for row in rows for name in set(row))
    holding = np.array([frequency[name] for name in names], dtype=np.float32)
    return (np.log((1 + len(rows)) / (1 + holding)) + 1).astype(np.float32)


def _taken_over(
    names: Mapping[str, int], known: Mapping[str, int], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    taken = np.full(len(names), _rarest(weights), dtype=np.float32)
    for name in names.keys() & known.keys():
        taken[names[name]] = weights[known[name]]
    return taken


def _invert(
    counts: Sequence[Counter[str]], columns: Mapping[str, int], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the postings of the n-grams of words: starts, holders, shares."""
    column = np.array([columns[gram] for row in counts for gram in row], dtype=np.int64)
    holder = np.repeat(np.arange(len(counts)), [len(row) for row in counts])
    number = np.array([n for row in counts for n in row.values()], dtype=np.float32)
    weighted = number * weights[column]
    lengths = np.sqrt(np.bincount(holder, np.square(weighted), len(counts)))
    order = np.argsort(column, kind="stable")
    starts = np.searchsorted(column[order], np.arange(len(columns) + 1))
    shares = (weighted / lengths[holder])[order].astype(np.float32)
    return starts.astype(np.int64), holder[order].astype(np.int32), shares
