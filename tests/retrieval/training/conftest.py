"""A BERT of two layers and a tokenizer of letters: everything that training does, in seconds."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

LETTERS = [chr(code) for code in range(0x0D82, 0x0DF4)] + list(
    string.ascii_lowercase + "?.,0123456789"
)
WORDS = ["▁ගොයම්", "▁කොළ", "▁rice", "▁blast", "▁weeds", "漢字", "▁слово"]


def tiny_pieces():
    """Letters and a few words, after the four special pieces."""
    common = [("▁", -2.0), *((word, -3.0) for word in WORDS)]
    letters = [(letter, -6.0 - at / 100) for at, letter in enumerate(LETTERS)]
    return [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *common, *letters]


def create_model(out, layers=2):
    """Write a model directory of random weights, the same in every run."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel

    from retrieval.training.base import assemble, save_model, unigram_tokenizer

    torch.manual_seed(7)
    pieces = tiny_pieces()
    config = BertConfig(
        vocab_size=len(pieces) + 3,
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
        pad_token_id=1,
        initializer_range=0.2,
    )
    encoder = BertModel(config).eval()
    with TemporaryDirectory() as parts:
        save_model(assemble(encoder, unigram_tokenizer(pieces), Path(parts)), out)
    return out


@pytest.fixture(scope="session")
def tiny_model_dir(tmp_path_factory):
    """A model of two layers."""
    return create_model(tmp_path_factory.mktemp("tiny"))
