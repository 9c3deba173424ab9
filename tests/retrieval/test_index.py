"""HNSW against its exact twin."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.errors import SnapshotError
from retrieval.index import ExactIndex, HnswIndex


def unit_vectors(rows: int, dim: int = 32, seed: int = 7) -> NDArray[np.float32]:
    """Random directions."""
    vectors = np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def test_every_vector_finds_itself() -> None:
    """Self recall is complete."""
    vectors = unit_vectors(500)

    rows, scores = HnswIndex.build(vectors).search(vectors, 1)

    assert rows[:, 0].tolist() == list(range(500))
    assert scores[:, 0] == pytest.approx(1, abs=1e-5)


def test_hnsw_agrees_with_exact_search() -> None:
    """Recall@10 against brute force is at least 0.99 on 2 000 random vectors."""
    vectors, queries = unit_vectors(2000), unit_vectors(100, seed=8)

    truth, _ = ExactIndex(vectors).search(queries, 10)
    found, _ = HnswIndex.build(vectors).search(queries, 10)

    shared = [len(set(a) & set(b)) for a, b in zip(truth.tolist(), found.tolist(), strict=True)]
    assert sum(shared) / 1000 >= 0.99


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("kind", [ExactIndex, HnswIndex.build])
def test_asking_for_more_than_there_is_gives_what_there_is(rows: int, kind: object) -> None:
    """K larger than the index is no error."""
    assert callable(kind)
    found, scores = kind(unit_vectors(rows)).search(unit_vectors(2, seed=9), 10)

    assert found.shape == scores.shape == (2, rows)


def test_a_saved_graph_gives_the_same_neighbours(tmp_path: Path) -> None:
    """Saving and loading changes no result."""
    vectors, queries = unit_vectors(300), unit_vectors(20, seed=9)
    built = HnswIndex.build(vectors)
    built.save(tmp_path / "graph.bin")

    loaded = HnswIndex.load(tmp_path / "graph.bin", vectors)

    assert (loaded.search(queries, 5)[0] == built.search(queries, 5)[0]).all()


def test_a_graph_that_a_full_disk_cut_short_is_an_error() -> None:
    """Its file would be refused at every start."""
    index = HnswIndex.build(unit_vectors(30))

    with pytest.raises(OSError, match="No space left"):
        index.save(Path("/dev/full"))


def test_a_graph_of_another_size_is_refused(tmp_path: Path) -> None:
    """The graph must hold as many rows as there are vectors."""
    HnswIndex.build(unit_vectors(30)).save(tmp_path / "graph.bin")

    with pytest.raises(SnapshotError, match="holds 30 rows, not 31"):
        HnswIndex.load(tmp_path / "graph.bin", unit_vectors(31))
