"""The shipped model through ONNX Runtime and through torch."""

from pathlib import Path

import numpy as np
import pytest

from bot.bootstrap import STARTER
from retrieval.embedder import load_embedder
from retrieval.evaluation import read_cases
from retrieval.normalize import normalize
from tests.retrieval.test_embedder import ODD_TEXTS

MODEL = Path(__file__).resolve().parents[2] / "retrieval" / "model"


@pytest.mark.train
def test_both_runtimes_give_the_same_vectors() -> None:
    """Cosine at least 0.99 for every one of 120 test questions of all groups, and for odd texts."""
    cases = read_cases(STARTER / "eval" / "test.jsonl")
    texts = [*ODD_TEXTS, *(normalize(case.question) for case in cases[:: len(cases) // 120])]
    onnx, torch = (load_embedder(MODEL, runtime) for runtime in ("onnx", "torch"))

    cosines = np.einsum("nd,nd->n", onnx.encode(texts), torch.encode(texts))

    assert cosines.min() >= 0.99
    assert torch.encode([]).shape == onnx.encode([]).shape
