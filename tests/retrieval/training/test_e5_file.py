import struct

import numpy as np
import pytest

from retrieval.errors import ModelError
from retrieval.training.e5_file import E5File

PIECES = [("<s>", 0.0), ("▁ගොයම්", -3.5), ("a", -4.0)]


def tensor_record(name, dtype, count, offset, size):
    """One entry of the tensor directory."""
    return (
        struct.pack("<H", len(name))
        + name.encode()
        + struct.pack("<BIQQ", dtype, count, offset, size)
    )


def write_file(path):
    """Write a file of one layer's worth of nothing: two tensors, one of each type."""
    texts = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, texts)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 2, 64, 3, 128, 2, 1e-12, 32)
    head += struct.pack("<5i", len(PIECES), 0, 2, 1, 3) + struct.pack("<Q", offsets[-1])
    head += struct.pack("<4I", *offsets) + struct.pack("<3f", *(score for _, score in PIECES))
    head += b"".join(texts) + struct.pack("<iI", 1, 5) + b"12345"
    floats = np.array([1.5, -2.0], "<f4").tobytes()
    block = np.float16(0.5).tobytes() + bytes(range(16))
    names = [("plain", 0, 2, floats), ("packed", 1, 32, block)]
    start = len(head) + 4 + sum(len(tensor_record(n, 0, 0, 0, 0)) for n, *_ in names)
    directory, body = struct.pack("<i", len(names)), b""
    for name, dtype, count, raw in names:
        directory += tensor_record(name, dtype, count, start + len(body), len(raw))
        body += raw
    path.write_bytes(head + directory + body)
    return path


def test_shape_and_pieces_are_read(tmp_path):
    """Sizes and the tokenizer's table come out as written."""
    unpacked = E5File.read(write_file(tmp_path / "weights.bin"))

    assert (unpacked.shape.hidden, unpacked.shape.positions) == (32, 128)
    assert unpacked.shape.epsilon == pytest.approx(1e-12)
    assert unpacked.pieces == PIECES


def test_both_kinds_of_tensors_are_unpacked(tmp_path):
    """Low nibbles come first, and eight stands for zero."""
    tensors = E5File.read(write_file(tmp_path / "weights.bin")).tensors

    assert tensors["plain"].tolist() == [1.5, -2.0]
    low, high = tensors["packed"][:16], tensors["packed"][16:]
    assert low.tolist() == [(n - 8) * 0.5 for n in range(16)]
    assert high.tolist() == [-4.0] * 16


@pytest.mark.parametrize("cut", [0, 3, 30, 150, -1, -18])
def test_a_truncated_file_is_refused(tmp_path, cut):
    """The error names the file."""
    path = write_file(tmp_path / "weights.bin")
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(ModelError, match=r"weights\.bin"):
        E5File.read(path)


def test_a_missing_file_is_a_model_error(tmp_path):
    """No OSError comes through."""
    with pytest.raises(ModelError):
        E5File.read(tmp_path / "nothing.bin")
