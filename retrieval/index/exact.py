"""Brute force in NumPy: the oracle for tests, and the faster choice for a few thousand rows."""

import numpy as np
from numpy.typing import NDArray


class ExactIndex:
    """All similarities, every time. Immutable, so any number of threads may search."""

    def __init__(self, vectors: NDArray[np.floating]) -> None:
        """Keep unit vectors, float32 or float16 (rows, dim); not copied."""
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def search(
        self, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return rows and cosines, each (n, min(k, rows)), best first, ties by row."""
        k = min(k, len(self))
        scores = queries @ self._vectors.T
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return order.astype(np.int64), np.take_along_axis(scores, order, axis=1)
