"""Whether a file is still the one that was written."""

import hashlib
from mmap import ACCESS_READ, mmap
from pathlib import Path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex.

    All of it is read in one step that leaves Python to other threads.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    if path.stat().st_size:  # what is empty cannot be mapped
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            digest.update(content)
    return digest.hexdigest()
