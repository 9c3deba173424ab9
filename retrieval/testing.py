"""Stand-ins for tests: no model file, no download, the same vectors on every machine."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.lexical import grams


class HashingEmbedder:
    """Embeds a text by hashing the n-grams of its sound: alike texts get alike vectors."""

    def __init__(self, dim: int = 256) -> None:
        self.dim = dim
        self.model_id = f"hashing-{dim}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 (n, dim); a text without n-grams gets the first axis."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for gram, count in grams(text).items():
                digest = zlib.crc32(gram.encode("utf-8", "replace"))
                vectors[row, digest % self.dim] += count if digest & 1 << 20 else -count
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
        return np.asarray(vectors / lengths, dtype=np.float32)
