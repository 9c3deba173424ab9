"""Segments on disk: a cache named by everything it depends on, verified before it is believed."""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.array_file import read_arrays, write_arrays
from retrieval.digest import sha256
from retrieval.errors import SnapshotError
from retrieval.index import HnswIndex
from retrieval.lexical import LexicalIndex
from retrieval.ranking import RowTexts
from retrieval.segment import IndexedEntry, Segment
from retrieval.singlish import Restorer
from retrieval.texts import Texts

#: The code that decides which rows, words and sounds a text has, and how they are kept.
READERS = tuple(
    Path(__file__).parent / module
    for module in (
        "normalize.py", "phonetic.py", "singlish.py", "lexical.py", "segment.py", "texts.py",
        "array_file.py", "snapshot.py", "index/hnsw.py",
    )
)  # fmt: skip
_FILES = ("arrays.bin", "graph.bin")
#: Fields of `LexicalIndex` that are arrays as they stand.
_LEXICAL = (
    "word_weights", "gram_weights", "starts", "holders", "shares", "row_words", "row_starts",
    "row_lengths",
)  # fmt: skip

_ASIDE = ".writing-"
#: Seconds after which nobody writes a snapshot any more.
_LONGEST_WRITING = 3600.0

#: What reading a damaged snapshot may raise.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What is kept between runs: the index, and the lexicon that restored its surfaces."""

    segment: Segment
    restorer: Restorer


def snapshot_name(entries: Sequence[IndexedEntry], model_id: str) -> str:
    """Name the snapshot of these entries under this model: 32 hex digits.

    Anything that would change a row or a vector changes the name, so an index built from other
    knowledge, by another model or by a release that reads texts otherwise is never found.
    """
    digest = hashlib.sha256(f"{model_id}\n".encode())
    for reader in READERS:
        digest.update(reader.read_bytes())
    for entry in entries:
        counts = f"{len(entry.keywords)} {len(entry.phrasings)}"
        texts = (counts, entry.key, entry.title, entry.answer, *entry.keywords, *entry.phrasings)
        digest.update("\0".join((*texts, "")).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def save_snapshot(folder: Path, name: str, snapshot: Snapshot, model_id: str) -> None:
    """Write a snapshot aside, then move it into place; older snapshots are removed.

    Args:
        folder: Where snapshots are kept.
        name: What `snapshot_name` says.
        snapshot: What is kept.
        model_id: Whose vectors it holds.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=folder))
    try:
        _write(aside, snapshot, model_id)
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _sync(folder)
    for other in folder.iterdir():
        if other.name != name and other.is_dir() and not _is_being_written(other):
            shutil.rmtree(other, ignore_errors=True)


def _is_being_written(folder: Path) -> bool:
    """Whether another process may still be writing here; one that died has left an older one."""
    if not folder.name.startswith(_ASIDE):
        return False
    with contextlib.suppress(OSError):
        return time.time() - folder.stat().st_mtime < _LONGEST_WRITING
    return False


def _write(folder: Path, snapshot: Snapshot, model_id: str) -> None:
    dense = snapshot.segment.dense
    if not isinstance(dense, HnswIndex):
        raise TypeError("only a segment with a graph is worth saving")
    dense.save(folder / "graph.bin")
    write_arrays(folder / "arrays.bin", _as_arrays(snapshot))
    digests = {name: sha256(folder / name) for name in _FILES}
    manifest = {"sha256": digests, "vectors_of": model_id}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def load_snapshot(folder: Path, name: str) -> Snapshot | None:
    """Load a snapshot; None when there is none of this name.

    Raises:
        SnapshotError: It is there but damaged: every file is compared with what was written.
    """
    place = folder / name
    if not place.is_dir():
        return None
    try:
        with ThreadPoolExecutor(1) as beside:
            # What can only be nonsense is read meanwhile; what could crash waits.
            verification = beside.submit(_verify, place, _read_manifest(place))
            try:
                return _read(place, verification.result)
            finally:
                verification.result()  # whatever reading says of a damaged file, this says why
    except _UNREADABLE as error:
        raise SnapshotError(f"{place} cannot be read: {error!r}") from error


def load_vectors(folder: Path, model_id: str) -> dict[str, NDArray[np.float16]]:
    """Return the vectors of an earlier snapshot by their surfaces; {} if none is of this model.

    What has not changed since then need not be embedded again.
    """
    for place in folder.glob("[!.]*"):
        try:
            manifest = _read_manifest(place)
            if manifest.get("vectors_of") == model_id:
                _verify(place, manifest)
                arrays = read_arrays(place / "arrays.bin")
                surfaces = Texts(arrays["surfaces.letters"], arrays["surfaces.ends"])
                return dict(zip(surfaces, arrays["vectors"], strict=True))
        except (SnapshotError, *_UNREADABLE) as error:
            logger.info("earlier snapshot not used", extra={"reason": repr(error)})
    return {}


def _read_manifest(place: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((place / "manifest.json").read_text("utf-8"))
    return manifest


def _verify(place: Path, manifest: dict[str, Any]) -> None:
    with ThreadPoolExecutor(len(_FILES)) as readers:
        found = readers.map(sha256, [place / file for file in _FILES])
    for file, digest in zip(_FILES, found, strict=True):
        if digest != manifest["sha256"][file]:
            raise SnapshotError(f"{place / file} is not the file that was written")


def _as_arrays(snapshot: Snapshot) -> dict[str, NDArray[Any]]:
    segment, restorer = snapshot.segment, snapshot.restorer
    rows, lexical = segment.rows, segment.lexical
    texts: dict[str, Iterable[str]] = {
        "keys": rows.keys,
        "surfaces": rows.surfaces,
        "shown": rows.shown,
        "words": lexical.words,
        "grams": lexical.grams,
        # In the order of the sounds, by which words of one sound are told apart.
        "lexicon": restorer.sounds,
        "sounds": restorer.sounds.values(),
        "english": sorted(restorer.english),
    }
    arrays: dict[str, NDArray[Any]] = {
        "vectors": segment.vectors,
        "owners": rows.owners,
        "is_phrasing": rows.is_phrasing,
        "counts": np.array([restorer.counts[w] for w in restorer.sounds], dtype=np.int32),
    }
    arrays |= {name: getattr(lexical, name) for name in _LEXICAL}
    for name, values in texts.items():
        kept = Texts.of(values)
        arrays |= {f"{name}.letters": kept.letters, f"{name}.ends": kept.ends}
    return arrays


def _read(place: Path, verify: Callable[[], None]) -> Snapshot:
    arrays = read_arrays(place / "arrays.bin")

    def texts(name: str) -> Texts:
        return Texts(arrays[f"{name}.letters"], arrays[f"{name}.ends"])

    vectors, owners = arrays["vectors"], arrays["owners"]
    if len(vectors) != len(owners):
        raise SnapshotError(f"{place} holds {len(vectors)} vectors for {len(owners)} rows")
    rows = RowTexts(
        list(texts("keys")), owners, texts("surfaces"), texts("shown"), arrays["is_phrasing"]
    )
    lexical = LexicalIndex(
        words=_numbered(texts("words")),
        grams=_numbered(texts("grams")),
        **{name: arrays[name] for name in _LEXICAL},
    )
    lexicon = list(texts("lexicon"))
    restorer = Restorer(
        dict(zip(lexicon, arrays["counts"].tolist(), strict=True)),
        dict(zip(lexicon, texts("sounds"), strict=True)),
        texts("english"),
    )
    verify()
    dense = HnswIndex.load(place / "graph.bin", vectors)
    return Snapshot(Segment(rows, vectors, dense, lexical), restorer)


def _numbered(names: Texts) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _sync(path: Path) -> None:
    """Ask the operating system to put a file or folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
