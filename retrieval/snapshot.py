"""Segments on disk: a cache named by everything it depends on, verified before it is believed."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.errors import SnapshotError
from retrieval.index import HnswIndex
from retrieval.lexical import LexicalIndex
from retrieval.normalize import NORMALIZER_VERSION
from retrieval.segment import IndexedEntry, Row, Segment
from retrieval.singlish import Restorer

FORMAT_VERSION = 2
_FILES = ("rows.json", "lexicon.json", "vectors.npy", "graph.bin", "lexical.npz")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What is kept between runs: the index, and the lexicon that restored its surfaces."""

    segment: Segment
    restorer: Restorer


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


def save_snapshot(folder: Path, name: str, snapshot: Snapshot) -> None:
    """Write a snapshot aside, then move it into place; older snapshots are removed.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        _write(aside, snapshot)
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _sync(folder)
    for other in folder.iterdir():
        if other.name != name and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)


def _write(folder: Path, snapshot: Snapshot) -> None:
    segment = snapshot.segment
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
    rows = [[row.key, row.surface, row.shown] for row in segment.rows]
    (folder / "rows.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    lexicon = json.dumps(snapshot.restorer.as_json(), ensure_ascii=False)
    (folder / "lexicon.json").write_text(lexicon, "utf-8")
    digests = {name: _sha256(folder / name) for name in _FILES}
    (folder / "manifest.json").write_text(json.dumps({"sha256": digests}), "utf-8")
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def load_snapshot(folder: Path, name: str) -> Snapshot | None:
    """Load a snapshot; None when there is none of this name.

    Raises:
        SnapshotError: It is there but damaged: every file is checked before it is opened.
    """
    place = folder / name
    if not place.is_dir():
        return None
    try:
        digests = json.loads((place / "manifest.json").read_text("utf-8"))["sha256"]
        for file in _FILES:
            if _sha256(place / file) != digests[file]:
                raise SnapshotError(f"{place / file} is not the file that was written")
        return _read(place)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{place} cannot be read: {error!r}") from error


def _read(place: Path) -> Snapshot:
    rows = [Row(*fields) for fields in json.loads((place / "rows.json").read_text("utf-8"))]
    vectors = np.load(place / "vectors.npy")
    if len(vectors) != len(rows):
        raise SnapshotError(f"{place} holds {len(vectors)} vectors for {len(rows)} rows")
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
    dense = HnswIndex.load(place / "graph.bin", vectors)
    restorer = Restorer(**json.loads((place / "lexicon.json").read_text("utf-8")))
    return Snapshot(Segment(rows, vectors, dense, lexical), restorer)


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
