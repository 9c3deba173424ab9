"""The shipped model through ONNX Runtime and through torch."""

from pathlib import Path

import numpy as np
import pytest

from bot.bootstrap import STARTER
from retrieval.embedder import load_embedder
from retrieval.evaluation import read_cases
from retrieval.normalize import normalize

MODEL = Path(__file__).resolve().parents[2] / "retrieval" / "model"


@pytest.mark.train
def test_both_runtimes_give_the_same_vectors_on_evaluation_texts() -> None:
    """Cosine at least 0.99 for every one of 120 test questions of all groups."""
    cases = read_cases(STARTER / "eval" / "test.jsonl")
    texts = [normalize(case.question) for case in cases[:: len(cases) // 120]]

    onnx, torch = (load_embedder(MODEL, runtime).encode(texts) for runtime in ("onnx", "torch"))

    assert np.einsum("nd,nd->n", onnx, torch).min() >= 0.99
