import json

import numpy as np
import pytest

from retrieval.errors import ModelError
from retrieval.training.prune import drop_layers, is_kept_script, prune_vocabulary
from tests.retrieval.training.conftest import create_model

pytestmark = pytest.mark.train


def encode(model_dir, texts):
    """Vectors of a sentence-transformers directory."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_dir), device="cpu")
    return model.encode(texts, show_progress_bar=False)


def vocabulary(model_dir):
    """Pieces of a directory's tokenizer."""
    layout = json.loads((model_dir / "tokenizer.json").read_text("utf-8"))
    return {piece for piece, _ in layout["model"]["vocab"]}


def test_kept_text_keeps_its_vector(tiny_model_dir, tmp_path):
    """Pruning is invisible to Sinhala, digits and frequent Latin."""
    texts = ["ගොයම් කොළ කහ", "rice blast 12?", "", "ක්‍රමය"]

    prune_vocabulary(tiny_model_dir, tmp_path, ascii_pieces=100)

    assert encode(tmp_path, texts) == pytest.approx(encode(tiny_model_dir, texts), abs=1e-6)


def test_other_scripts_and_rare_latin_go(tiny_model_dir, tmp_path):
    """Only the most frequent ASCII pieces stay."""
    kept = prune_vocabulary(tiny_model_dir, tmp_path, ascii_pieces=4)

    words = vocabulary(tmp_path)
    assert "漢字" not in words
    assert "▁слово" not in words
    assert {"▁rice", "▁blast", "▁weeds"} <= words
    assert "z" not in words
    assert kept == len(words)


def test_pieces_of_given_texts_stay_however_rare(tiny_model_dir, tmp_path):
    """The knowledge base's own words are safe."""
    prune_vocabulary(tiny_model_dir, tmp_path, ascii_pieces=0, keep_texts=["zebra"])

    assert set("zebra") <= vocabulary(tmp_path)


def test_positions_beyond_the_longest_text_go(tiny_model_dir, tmp_path):
    """Rows that no text can reach are not shipped."""
    prune_vocabulary(tiny_model_dir, tmp_path)

    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert config["max_position_embeddings"] == 128
    assert np.isfinite(encode(tmp_path, ["ක " * 500])).all()


def test_a_tokenizer_of_another_kind_is_refused():
    """The error names the kind found."""
    from tokenizers import Tokenizer, models

    from retrieval.training.prune import _unigram_pieces

    with pytest.raises(ModelError, match="BPE"):
        _unigram_pieces(Tokenizer(models.BPE()))


@pytest.mark.parametrize("piece", ["▁", "▁ගොයම්", "ව", "நெல்", "7", "▁?", "😀", "%"])
def test_local_scripts_digits_and_signs_are_kept(piece):
    """What farmers type beside Latin letters."""
    assert is_kept_script(piece)


@pytest.mark.parametrize("piece", ["a", "▁rice", "漢", "я", "..."])
def test_other_pieces_are_not_kept_for_their_script(piece):
    """Latin is kept by frequency instead."""
    assert not is_kept_script(piece)


def test_layers_are_dropped_evenly(tmp_path):
    """First and last stay, and the copy opens with as many."""
    from sentence_transformers import SentenceTransformer

    whole = create_model(tmp_path / "whole", layers=5)

    assert drop_layers(whole, tmp_path / "half", 3) == (0, 2, 4)
    assert len(SentenceTransformer(str(tmp_path / "half"))[0].auto_model.encoder.layer) == 3


@pytest.mark.parametrize("layers", [1, 3])
def test_layers_that_are_not_there_cannot_stay(tiny_model_dir, tmp_path, layers):
    """The error says how many there are."""
    with pytest.raises(ModelError, match="has 2 layers"):
        drop_layers(tiny_model_dir, tmp_path / "out", layers)
