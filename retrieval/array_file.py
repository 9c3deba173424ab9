"""NumPy arrays in one file, mapped into memory rather than read: safe to share, quick to open."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 64
_LENGTH = np.dtype("<u8")


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays after a JSON header that says where each lies."""
    header: dict[str, tuple[str, tuple[int, ...], int]] = {}
    end = 0
    for name, array in arrays.items():
        header[name] = (array.dtype.str, array.shape, end)
        end = _aligned(end + array.nbytes)
    coded = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(np.array(len(coded), dtype=_LENGTH).tobytes() + coded)
        start = _aligned(_LENGTH.itemsize + len(coded))
        for name, array in arrays.items():
            file.seek(start + header[name][2])
            file.write(np.ascontiguousarray(array).data)
        file.truncate(start + end)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Map the arrays of a file, read-only; the file may be unlinked meanwhile, but not changed.

    Raises:
        OSError: The file cannot be opened.
        ValueError: It is not a file that `write_arrays` has written.
    """
    content = np.memmap(path, dtype=np.uint8, mode="r")
    begin = _LENGTH.itemsize
    size = int(content[:begin].view(_LENGTH)[0])
    header = json.loads(content[begin : begin + size].tobytes())
    start = _aligned(begin + size)
    return {
        name: _array(content, np.dtype(kind), shape, start + offset)
        for name, (kind, shape, offset) in header.items()
    }


def _array(
    content: NDArray[np.uint8], kind: np.dtype[Any], shape: list[int], start: int
) -> NDArray[Any]:
    size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
    # A plain array over the map: subclasses of arrays are slow at every step.
    return np.asarray(content[start : start + size]).view(kind).reshape(shape)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
