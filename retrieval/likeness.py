"""Whether two questions ask the same, entry or no entry: by their vectors and their neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retrieval.decision import Match
from retrieval.phonetic import fold

#: Share of the vectors' cosine in the likeness; the rest is that of the neighbourhoods.
VECTOR_SHARE = 0.7
#: From this likeness on two questions ask the same. Of the pairs joined on the test split 93 % are
#: right while their entry is missing; of those that ask the same 52 % are found, of four scripts
#: (python -m benchmarks.grouping).
ALIKE = 0.6
#: Below this cosine the same neighbours do not make two questions alike.
_LEAST_COSINE = (ALIKE - (1 - VECTOR_SHARE)) / VECTOR_SHARE
#: So that the last neighbour counts a little too.
_LEAST_WEIGHT = 0.01


def pack(vector: NDArray[np.float32]) -> bytes:
    """Write a vector in one byte a dimension; its length is lost, its direction is kept."""
    largest = float(np.abs(vector).max(initial=0)) or 1.0
    return np.round(vector * (127 / largest)).astype(np.int8).tobytes()


def unpack(packed: bytes) -> NDArray[np.float32]:
    """Read what `pack` wrote, as a unit vector."""
    vector = np.frombuffer(packed, dtype=np.int8).astype(np.float32)
    return vector / (float(np.linalg.norm(vector)) or 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What is compared of a question.

    Attributes:
        sound: Its words as they sound, the same in every script.
        neighbours: How near each entry that retrieval found is, as a unit vector by key.
        vector: Its embedding; empty when none was kept.
        model_id: Whose embedding; those of two models have nothing in common.
    """

    sound: str
    neighbours: dict[str, float]
    vector: NDArray[np.float32]
    model_id: str | None

    @classmethod
    def of(
        cls, text: str, matches: Sequence[Match], vector: bytes | None, model_id: str | None
    ) -> Self:
        """Take the traits of a question from its text and what was kept of its search."""
        return cls(fold(text), _neighbours(matches), unpack(vector or b""), model_id)


def are_near(packed: bytes, others: Sequence[bytes]) -> list[bool]:
    """Say of each of many packed vectors whether the questions could be alike at all.

    Args:
        packed: The vector that is compared with all others.
        others: Vectors of the same model, packed; those too far away can be left unread.
    """
    if not others:
        return []
    vectors = np.frombuffer(b"".join(others), dtype=np.int8).reshape(len(others), -1)
    vectors = vectors.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ unpack(packed) / np.where(lengths, lengths, 1)
    return [bool(cosine >= _LEAST_COSINE) for cosine in cosines]


def likeness(first: Traits, second: Traits) -> float:
    """Return how alike two questions are: 1 for the same sound, 0 when nothing can be compared."""
    if first.sound and first.sound == second.sound:
        return 1.0
    if first.model_id != second.model_id or not len(first.vector) or not len(second.vector):
        return 0.0
    by_vector = float(first.vector @ second.vector)
    shared = first.neighbours.keys() & second.neighbours.keys()
    by_neighbours = sum(first.neighbours[key] * second.neighbours[key] for key in shared)
    return VECTOR_SHARE * by_vector + (1 - VECTOR_SHARE) * by_neighbours


def _neighbours(matches: Sequence[Match]) -> dict[str, float]:
    """Weigh entries by how much nearer they are than the last one found."""
    if not matches:
        return {}
    last = min(match.dense_score for match in matches)
    weights = {match.key: match.dense_score - last + _LEAST_WEIGHT for match in matches}
    length = float(np.linalg.norm(list(weights.values())))
    return {key: weight / length for key, weight in weights.items()}
