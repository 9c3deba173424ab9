"""Segments on disk: a cache named by everything it depends on, verified before it is believed."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from retrieval.errors import SnapshotError
from retrieval.index import HnswIndex
from retrieval.lexical import LexicalIndex
from retrieval.normalize import NORMALIZER_VERSION
from retrieval.segment import IndexedEntry, Row, Segment

FORMAT_VERSION = 1
_FILES = ("vectors.npy", "graph.bin", "lexical.npz")

logger = logging.getLogger(__name__)


def snapshot_name(entries: Sequence[IndexedEntry], model_id: str) -> str:
    """Name the snapshot of these entries under this model: 32 hex digits.

    Anything that would change a row or a vector changes the name, so an index built from other
    knowledge, by another model or by another normaliser is never found.
    """
    digest = hashlib.sha256()
    for part in (FORMAT_VERSION, NORMALIZER_VERSION, model_id):
        digest.update(f"{part}\n".encode())
    for entry in entries:
        fields = [entry.key, entry.title, entry.keywords, entry.answer, entry.phrasings]
        digest.update(json.dumps(fields).encode())
    return digest.hexdigest()[:32]


def save_snapshot(folder: Path, name: str, segment: Segment) -> None:
    """Write a segment aside, then move it into place; older snapshots are removed.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        _write(aside, segment)
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _sync(folder)
    for other in folder.iterdir():
        if other.name != name and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)


def _write(folder: Path, segment: Segment) -> None:
    lexical = segment.lexical
    np.save(folder / "vectors.npy", segment.vectors)
    if not isinstance(segment.dense, HnswIndex):
        raise TypeError("only a segment with a graph is worth saving")
    segment.dense.save(folder / "graph.bin")
    np.savez(
        folder / "lexical.npz",
        vocabulary=np.frombuffer("\n".join(lexical.vocabulary).encode(), dtype=np.uint8),
        idf=lexical.idf,
        starts=lexical.starts,
        rows=lexical.rows,
        weights=lexical.weights,
    )
    manifest = {
        "rows": len(segment.rows),
        "dim": segment.vectors.shape[1],
        "surfaces": [row.surface for row in segment.rows],
        "sha256": {name: _sha256(folder / name) for name in _FILES},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def load_snapshot(folder: Path, name: str, entries: Iterable[IndexedEntry]) -> Segment | None:
    """Load the snapshot of these entries; None when there is none.

    Raises:
        SnapshotError: It is there but damaged: every file is checked before it is opened.
    """
    place = folder / name
    if not place.is_dir():
        return None
    try:
        manifest = json.loads((place / "manifest.json").read_text("utf-8"))
        for file, expected in manifest["sha256"].items():
            if file in _FILES and _sha256(place / file) != expected:
                raise SnapshotError(f"{place / file} is not the file that was written")
        return _read(place, manifest, entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{place} cannot be read: {error!r}") from error


def _read(place: Path, manifest: dict[str, object], entries: Iterable[IndexedEntry]) -> Segment:
    surfaces = manifest["surfaces"]
    assert isinstance(surfaces, list)
    owners = [(entry.key, shown) for entry in entries for _, shown in entry.texts()]
    if len(owners) != len(surfaces):
        raise SnapshotError(f"{place} holds {len(surfaces)} rows, the entries have {len(owners)}")
    rows = [
        Row(key, surface, shown)
        for (key, shown), surface in zip(owners, surfaces, strict=True)
    ]
    vectors = np.load(place / "vectors.npy")
    if vectors.shape != (len(rows), manifest["dim"]):
        raise SnapshotError(f"{place} holds vectors {vectors.shape} for {len(rows)} rows")
    with np.load(place / "lexical.npz") as arrays:
        vocabulary = arrays["vocabulary"].tobytes().decode().split("\n")
        lexical = LexicalIndex(
            vocabulary={gram: column for column, gram in enumerate(vocabulary)},
            idf=arrays["idf"],
            starts=arrays["starts"],
            rows=arrays["rows"],
            weights=arrays["weights"],
            size=len(rows),
        )
    return Segment(rows, vectors, HnswIndex.load(place / "graph.bin", vectors), lexical)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Ask the operating system to put a file or folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
