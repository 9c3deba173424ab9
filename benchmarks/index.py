"""HNSW beside exact search: `python -m benchmarks.index [--million]`."""

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import table, write_section
from benchmarks.stacks import memory_mb
from retrieval.index import ExactIndex, HnswIndex

DIM, QUERIES, NEIGHBOURS, CLUSTERS = 384, 500, 10, 2000


def draw(rows: int, seed: int) -> NDArray[np.float32]:
    """Draw unit vectors in loose clusters, as phrasings of entries lie."""
    centres = np.random.default_rng(1).standard_normal((CLUSTERS, DIM), dtype=np.float32)
    random = np.random.default_rng(seed)
    vectors = centres[random.integers(0, CLUSTERS, rows)]
    vectors += random.standard_normal((rows, DIM), dtype=np.float32) * np.float32(0.7)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def measure(rows: int) -> list[object]:
    """Build an index of `rows` vectors; return a line of the table."""
    vectors, queries = draw(rows, 2), draw(QUERIES, 3)
    before = memory_mb("VmRSS")
    begun = time.perf_counter()
    index = HnswIndex.build(vectors)
    built = time.perf_counter() - begun
    memory = memory_mb("VmRSS") - before
    exact = ExactIndex(vectors)
    truth = np.concatenate([exact.search(q[None], NEIGHBOURS)[0] for q in queries])
    times, found = [], []
    for query in queries:
        begun = time.perf_counter()
        found.append(index.search(query[None], NEIGHBOURS)[0][0])
        times.append(time.perf_counter() - begun)
    shared = [
        len(set(a) & set(b)) for a, b in zip(truth.tolist(), np.array(found).tolist(), strict=True)
    ]
    recall = sum(shared) / (QUERIES * NEIGHBOURS)
    p50 = np.median(times) * 1000
    return [f"{rows:,}", f"{recall:.4f}", f"{p50:.2f}", f"{built:.1f}", f"{memory:.0f}"]


def main() -> None:
    """Measure each size and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--million", action="store_true", help="also a million vectors")
    sizes = [10_000, 100_000, *([1_000_000] if parser.parse_args().million else [])]
    rows = [measure(size) for size in sizes]
    header = ["vectors", "recall@10 against exact", "p50 (ms)", "build (s)", "memory added (MB)"]
    note = f"{DIM} dimensions, {QUERIES} queries one at a time, clustered random vectors."
    write_section("Index", "make bench-index", f"{table(header, rows)}\n\n{note}")


if __name__ == "__main__":
    main()
