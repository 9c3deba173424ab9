"""From rows found by either signal to entries, best first: all questions of a batch at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.decision import Match
from retrieval.texts import Texts

MATCH_COUNT = 10
#: How much of an entry's score is that of its second best phrasing: one likeness may be chance.
SECOND_SHARE = 0.2
#: The length of a question whose scores are left as they are: the usual one.
USUAL_WORDS = 6
#: Longer questions are taken to be as long as this.
LONG_WORDS = 12


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the two signals become one score; calibrated, and kept in the model's manifest.

    Attributes:
        dense_weight: Share of the cosine in the score, in [0, 1]; the rest is the lexical signal.
        length: How far scores are freed from the question's length, at least 0; 0 is not at all.
    """

    dense_weight: float
    length: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class RowTexts:
    """What is known of indexed rows but their places in the indexes.

    Attributes:
        keys: The entries' keys, each once, in order.
        owners: int32 (rows,), the number of each row's key; never falls.
        surfaces: Each row's text as the embedder reads it.
        shown: What to show for it.
        is_phrasing: bool (rows,), False for titles, keywords and answers.
    """

    keys: Sequence[str]
    owners: NDArray[np.int32]
    surfaces: Texts
    shown: Texts
    is_phrasing: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.owners)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Rows of one index found for a batch of questions, by question, then by row.

    Attributes:
        texts: Of the rows of that index.
        questions: int64 (found,), the question's place in the batch.
        rows: int64 (found,).
        dense: float32 (found,), cosines of the embeddings, in [-1, 1].
        lexical: float32 (found,), how alike they sound, in [0, 1].
    """

    texts: RowTexts
    questions: NDArray[np.int64]
    rows: NDArray[np.int64]
    dense: NDArray[np.float32]
    lexical: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows found for a batch of questions.

    Attributes:
        found: By each index; no entry has rows in two of them.
        vectors: The questions' embeddings, float32 (n, dim).
        words: How many words each question has, (n,).
    """

    found: Sequence[Found]
    vectors: NDArray[np.float32]
    words: Sequence[int]

    def without(self, surfaces: Sequence[str]) -> "Candidates":
        """Return them without the rows that read exactly as the question itself, one a question."""
        found = [_without(each, surfaces) for each in self.found]
        return Candidates(found, self.vectors, self.words)

    def rank(self, fusion: Fusion) -> list[tuple[Match, ...]]:
        """Fuse the scores of each row and the rows of each entry: at most `MATCH_COUNT` a question.

        An entry scores as its best row, moved a little (`SECOND_SHARE`) towards its second best
        phrasing; an entry without a second one is not moved. Equal scores rank by key.

        Somebody who tells more shares less of it with any phrasing: right entries of 4 words score
        0.79, those of 10 words 0.69, and wrong ones 0.47 whatever their length. With
        `fusion.length` a score becomes what a question of `USUAL_WORDS` would have had; the order
        stays.
        """
        matches: list[list[Match]] = [[] for _ in self.vectors]
        asked = (1 + np.minimum(self.words, LONG_WORDS)) / (1 + USUAL_WORDS)
        exponents = asked**-fusion.length
        for part in self.found:
            for question, match in _best_of_each(part, fusion.dense_weight, exponents):
                matches[question].append(match)
        return [
            tuple(sorted(each, key=lambda match: (-match.score, match.key))[:MATCH_COUNT])
            for each in matches
        ]


def _without(found: Found, surfaces: Sequence[str]) -> Found:
    pairs = zip(found.rows.tolist(), found.questions.tolist(), strict=True)
    other = np.array(
        [found.texts.surfaces[row] != surfaces[question] for row, question in pairs], dtype=np.bool_
    )
    return Found(
        found.texts,
        found.questions[other],
        found.rows[other],
        found.dense[other],
        found.lexical[other],
    )


def _best_of_each(
    found: Found, dense_weight: float, exponents: NDArray[np.float64]
) -> list[tuple[int, Match]]:
    """Return the best entries of each question, with the question's place in the batch.

    Args:
        found: Rows of one index.
        dense_weight: As in `Fusion`.
        exponents: What the scores of each question are raised to, (n,).
    """
    if not len(found.rows):
        return []
    fused = dense_weight * found.dense + (1 - dense_weight) * found.lexical
    owners = found.texts.owners[found.rows]
    group = found.questions * len(found.texts.keys) + owners
    begins = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    first, score = _score_groups(fused, found.texts.is_phrasing[found.rows], begins)
    asked = found.questions[first]
    score = np.copysign(np.abs(score) ** exponents[asked], score)
    order = np.lexsort((owners[first], -score, asked))
    place = np.arange(len(order)) - np.searchsorted(asked, asked)
    return [
        (int(asked[each]), _match(found, int(first[each]), float(score[each])))
        for each in order[place < MATCH_COUNT]
    ]


def _score_groups(
    fused: NDArray[np.float32], is_phrasing: NDArray[np.bool_], begins: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each group of rows the place of the best and the group's score."""
    best = np.maximum.reduceat(fused, begins)
    sizes = np.diff(np.append(begins, len(fused)))
    places = np.arange(len(fused))
    is_best = fused == np.repeat(best, sizes)
    first = np.minimum.reduceat(np.where(is_best, places, len(fused)), begins)
    others = np.where(is_phrasing, fused, -np.inf)
    others[first] = -np.inf
    second = np.maximum.reduceat(others, begins)
    second = np.where(np.isneginf(second), best, second)
    score = (1 - SECOND_SHARE) * best + SECOND_SHARE * second
    return first, score.astype(np.float32)


def _match(found: Found, place: int, score: float) -> Match:
    row = int(found.rows[place])
    return Match(
        key=found.texts.keys[int(found.texts.owners[row])],
        score=score,
        phrasing=found.texts.shown[row],
        dense_score=float(found.dense[place]),
        lexical_score=float(found.lexical[place]),
    )
