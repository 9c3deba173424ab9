"""Dropping of what serving can do without: 230,000 pieces of vocabulary, every other layer."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from retrieval.errors import ModelError
from retrieval.manifest import MAX_TOKENS
from retrieval.training.base import (
    SPECIAL_PIECES,
    assemble,
    encoder_of,
    open_model,
    save_model,
    tokenizer_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenizers import Tokenizer
    from transformers import BertModel

WORD_START = "▁"
# With this share the int8 model directory stays under 31 MB.
DEFAULT_ASCII_PIECES = 12_000
_BLOCKS = ((0x0B80, 0x0BFF), (0x0D80, 0x0DFF))


def prune_vocabulary(
    model_dir: Path,
    out: Path,
    ascii_pieces: int = DEFAULT_ASCII_PIECES,
    keep_texts: Iterable[str] = (),
) -> int:
    """Write a copy of a model that knows Sinhala, Tamil, some Latin, digits and signs only.

    A text whose pieces are all kept gets the same vector as before: the best segmentation of
    a Unigram tokenizer stays the best when only other pieces go. Positions beyond 128 go too.

    Args:
        model_dir: A sentence-transformers directory with a BertModel and a Unigram tokenizer.
        out: Directory to write.
        ascii_pieces: How many of the most frequent ASCII pieces stay.
        keep_texts: Texts whose every piece stays, however rare.

    Returns:
        The number of pieces kept.

    Raises:
        ModelError: The tokenizer is not Unigram, the encoder not a BertModel, or `out` holds a
            model that serves.
    """
    model = open_model(model_dir, device="cpu")
    tokenizer = tokenizer_of(model)
    pieces = _unigram_pieces(tokenizer)
    kept = _kept_rows(pieces, ascii_pieces, _rows_used(tokenizer, keep_texts))
    encoder = encoder_of(model)
    _shrink(encoder, kept)
    with TemporaryDirectory() as workplace:
        smaller = _with_pieces(tokenizer, pieces, kept)
        save_model(assemble(encoder, smaller, Path(workplace)), out)
    return len(kept)


def drop_layers(model_dir: Path, out: Path, layers: int) -> tuple[int, ...]:
    """Write a copy of a model with fewer layers, taken evenly and always first and last.

    The copy needs training again; from a trained model it then comes close to the whole one.

    Args:
        model_dir: A sentence-transformers directory with a BertModel.
        out: Directory to write.
        layers: How many layers stay, at least 2.

    Returns:
        The numbers of the layers kept.

    Raises:
        ModelError: The model has fewer layers, or its encoder is not a BertModel.
    """
    import torch

    model = open_model(model_dir, device="cpu")
    encoder = encoder_of(model)
    whole = encoder.config.num_hidden_layers
    if not 2 <= layers <= whole:
        msg = f"{model_dir} has {whole} layers; between 2 and {whole} can stay, not {layers}"
        raise ModelError(msg)
    kept = tuple(round(place * (whole - 1) / (layers - 1)) for place in range(layers))
    encoder.encoder.layer = torch.nn.ModuleList([encoder.encoder.layer[row] for row in kept])
    encoder.config.num_hidden_layers = layers
    save_model(model, out)
    return kept


def is_kept_script(piece: str) -> bool:
    """Tell whether a piece is Sinhala or Tamil, or a single digit, sign or emoji."""
    text = piece.removeprefix(WORD_START)
    if any(low <= ord(char) <= high for char in text for low, high in _BLOCKS):
        return True
    return not text or (len(text) == 1 and unicodedata.category(text)[0] in "NPSZ")


def _unigram_pieces(tokenizer: Tokenizer) -> list[tuple[str, float]]:
    layout = json.loads(tokenizer.to_str())["model"]
    if layout["type"] != "Unigram":
        msg = f"the tokenizer is {layout['type']}; only Unigram can be pruned"
        raise ModelError(msg)
    return [(piece, score) for piece, score in layout["vocab"]]


def _rows_used(tokenizer: Tokenizer, texts: Iterable[str]) -> set[int]:
    return {row for encoding in tokenizer.encode_batch(list(texts)) for row in encoding.ids}


def _kept_rows(pieces: list[tuple[str, float]], ascii_pieces: int, used: set[int]) -> list[int]:
    """Choose rows in their old order; a piece's log probability is its frequency."""
    latin = [row for row, (piece, _) in enumerate(pieces) if _is_ascii(piece)]
    latin.sort(key=lambda row: -pieces[row][1])
    chosen = set(latin[:ascii_pieces]) | used | set(range(len(SPECIAL_PIECES)))
    chosen |= {row for row, (piece, _) in enumerate(pieces) if is_kept_script(piece)}
    return sorted(row for row in chosen if row < len(pieces) and pieces[row][0] != "<mask>")


def _is_ascii(piece: str) -> bool:
    return piece.removeprefix(WORD_START).isascii() and piece not in {*SPECIAL_PIECES, "<mask>"}


def _shrink(encoder: BertModel, rows: list[int]) -> None:
    """Keep the given word rows and the first 128 positions, in place."""
    import torch

    embeddings = encoder.embeddings
    words = torch.nn.Embedding(len(rows), encoder.config.hidden_size, encoder.config.pad_token_id)
    positions = torch.nn.Embedding(MAX_TOKENS, encoder.config.hidden_size)
    with torch.no_grad():
        words.weight.copy_(embeddings.word_embeddings.weight[rows])
        positions.weight.copy_(embeddings.position_embeddings.weight[:MAX_TOKENS])
    embeddings.word_embeddings, embeddings.position_embeddings = words, positions
    encoder.config.vocab_size = len(rows)
    encoder.config.max_position_embeddings = MAX_TOKENS


def _with_pieces(
    tokenizer: Tokenizer, pieces: list[tuple[str, float]], rows: list[int]
) -> Tokenizer:
    """Rebuild a tokenizer around fewer pieces; normalisation and templates stay."""
    from tokenizers import Tokenizer

    layout: dict[str, Any] = json.loads(tokenizer.to_str())
    # Six digits tell every score apart and halve the file.
    layout["model"]["vocab"] = [[pieces[row][0], round(pieces[row][1], 6)] for row in rows]
    known = {piece: row for row, (piece, _) in enumerate(layout["model"]["vocab"])}
    layout["added_tokens"] = [
        {**token, "id": known[token["content"]]}
        for token in layout["added_tokens"]
        if token["content"] in known
    ]
    return Tokenizer.from_str(json.dumps(layout))
