"""From a farmer's words to the closest entries and a decision."""

import logging
import threading
import time
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.decision import Decision, Match, Thresholds, decide
from retrieval.embedder import Embedder, load_embedder
from retrieval.errors import ModelMismatchError, SnapshotError
from retrieval.likeness import pack
from retrieval.manifest import ModelManifest
from retrieval.normalize import NORMALIZER_VERSION, Script, detect_script
from retrieval.ranking import Candidates, Fusion
from retrieval.segment import Heard, IndexedEntry, Segment, build_segment, list_rows
from retrieval.singlish import Restorer
from retrieval.snapshot import (
    Snapshot,
    load_snapshot,
    load_vectors,
    save_snapshot,
    snapshot_name,
)

#: Texts embedded between two calls of a progress function.
_PROGRESS_STEP = 64
#: Questions that are compared with the index in one go; bounds the memory that it takes.
_SEARCH_STEP = 16

Progress = Callable[[int, int], None]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What retrieval makes of one question.

    Attributes:
        matches: At most `ranking.MATCH_COUNT` entries, best first.
        seconds: Wall time of the search, shared equally by the questions of one batch.
        vector: The question's embedding as `retrieval.likeness` packs it; empty without words.
    """

    script: Script
    matches: tuple[Match, ...]
    decision: Decision
    seconds: float
    model_id: str
    vector: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Everything a search reads; replaced whole, never changed."""

    entries: dict[str, IndexedEntry]
    restorer: Restorer
    main: Segment | None
    alive: NDArray[np.bool_] | None = None
    changed: dict[str, IndexedEntry] = field(default_factory=dict)
    delta: Segment | None = None

    def hear(self, surfaces: Sequence[str]) -> list[Heard]:
        """Return what each part of the index makes of the questions' sound."""
        heard: list[Heard] = []
        for segment, alive in self.parts():
            heard.append(segment.hear(surfaces, alive, heard[0].sounds if heard else None))
        return heard

    def find(
        self, surfaces: Sequence[str], vectors: NDArray[np.float32], heard: Sequence[Heard]
    ) -> Candidates:
        """Return what the main index and what has changed since hold near to questions."""
        words = [len(surface.split()) for surface in surfaces]
        parts = zip(self.parts(), heard, strict=True)
        found = [segment.find(vectors, each, alive) for (segment, alive), each in parts]
        return Candidates(found, vectors, words)

    def parts(self) -> Iterator[tuple[Segment, NDArray[np.bool_] | None]]:
        """Yield each index, and which of its rows are not out of date; None when all are not."""
        if self.main is not None:
            yield self.main, self.alive
        if self.delta is not None:
            yield self.delta, None


class Retriever:
    """Searches entries by meaning and by sound.

    Searches may run in any number of threads while `load`, `change` or `compact` runs in another:
    they read one immutable state, which the writers replace in a single step.
    """

    def __init__(
        self,
        embedder: Embedder,
        thresholds: Thresholds,
        fusion: Fusion,
        snapshot_dir: Path | None = None,
    ) -> None:
        """Make a retriever without entries.

        Args:
            embedder: Turns texts into unit vectors.
            thresholds: When to answer and when to suggest.
            fusion: How scores are made.
            snapshot_dir: Where to keep the index between runs; None keeps it in memory only.
        """
        self.thresholds = thresholds
        self._embedder = embedder
        self.fusion = fusion
        self._snapshot_dir = snapshot_dir
        self._state = _State({}, Restorer({}, {}, ()), None)
        self._writing = threading.Lock()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="hearing")

    @classmethod
    def open(
        cls,
        model_dir: Path,
        snapshot_dir: Path | None = None,
        runtime: str = "onnx",
        threads: int = 0,
    ) -> "Retriever":
        """Open a model directory with the thresholds that belong to it.

        Raises:
            ModelError: The directory is incomplete, damaged or of a kind that Govi cannot read.
        """
        manifest = ModelManifest.load(model_dir)
        if manifest.normalizer_version != NORMALIZER_VERSION:
            raise ModelMismatchError(
                f"{model_dir} was trained on texts of normaliser {manifest.normalizer_version}, "
                f"this release has {NORMALIZER_VERSION}; run: govi train"
            )
        embedder = load_embedder(model_dir, runtime, threads)
        return cls(embedder, manifest.thresholds, manifest.fusion, snapshot_dir)

    def tuned(
        self, thresholds: Thresholds | None = None, fusion: Fusion | None = None
    ) -> "Retriever":
        """Return a retriever with other settings over the entries that this one holds now."""
        twin = Retriever(
            self._embedder,
            thresholds or self.thresholds,
            fusion or self.fusion,
        )
        twin._state = self._state
        return twin

    @property
    def model_id(self) -> str:
        """The embedder's identity, stored with every question."""
        return self._embedder.model_id

    def __len__(self) -> int:
        return len(self._state.entries)

    def load(self, entries: Iterable[IndexedEntry], progress: Progress | None = None) -> None:
        """Replace all entries, from a verified snapshot where there is one, else by embedding."""
        with self._writing:
            self._state = self._open(_by_key(entries), progress)

    def change(self, entries: Iterable[IndexedEntry], removed: Iterable[str] = ()) -> None:
        """Add or replace entries and take others out; searchable when this returns.

        Only new texts are embedded: the large index stays, a small exact one beside it grows
        until `compact` joins them.
        """
        fresh = {entry.key: entry for entry in entries}
        with self._writing:
            self._state = self._changed(self._state, fresh, set(removed) - fresh.keys())

    @property
    def needs_compacting(self) -> bool:
        """Whether enough has changed that one fresh index would serve better.

        Rows that are out of date stay in the graph, in the way of those behind them. What is added
        takes over the weights and the lexicon of the index: of a small one too little to go by.
        """
        state = self._state
        if state.main is None:
            return False
        added = len(state.delta.rows) if state.delta else 0
        outdated = 0 if state.alive is None else int(np.count_nonzero(~state.alive))
        rows = len(state.main.rows)
        return max(added, outdated) > max(min(500, rows), rows // 10)

    def compact(self, progress: Progress | None = None) -> None:
        """Build one index of all entries; searches and changes go on meanwhile on the old one."""
        present = self._state.entries
        compacted = self._open(_by_key(present.values()), progress)
        with self._writing:
            current = self._state.entries
            fresh = {key: entry for key, entry in current.items() if present.get(key) != entry}
            gone = present.keys() - current.keys()
            if fresh or gone:
                compacted = self._changed(compacted, fresh, gone)
            self._state = compacted

    def search(self, texts: Sequence[str], is_stored: bool = False) -> list[SearchResult]:
        """Find the closest entries for each text and decide, one result a text, in order.

        Any string is accepted; one without letters or digits has no matches.

        Args:
            texts: What is asked.
            is_stored: Leave out the rows that read exactly as the text does, to see what a stored
                phrasing would lead to if nobody had written it down.
        """
        started = time.perf_counter()
        found = [
            pair
            for step in self.find(texts, is_stored)
            for pair in zip(step.rank(self.fusion), step.vectors, strict=True)
        ]
        seconds = (time.perf_counter() - started) / max(len(texts), 1)
        return [
            SearchResult(
                script=detect_script(text),
                matches=matches,
                decision=decide(matches, self.thresholds),
                seconds=seconds,
                model_id=self.model_id,
                vector=pack(vector) if matches else b"",
            )
            for text, (matches, vector) in zip(texts, found, strict=True)
        ]

    def find(self, texts: Sequence[str], is_stored: bool = False) -> list[Candidates]:
        """Return for a few texts at a time, in order, the rows that either signal finds."""
        steps = range(0, len(texts), _SEARCH_STEP)
        return [self._find_step(texts[start : start + _SEARCH_STEP], is_stored) for start in steps]

    def _find_step(self, texts: Sequence[str], is_stored: bool) -> Candidates:
        state = self._state
        surfaces = [state.restorer.restore(text) for text in texts]
        # While the embedder works, another processor compares words.
        heard = self._beside.submit(state.hear, surfaces)
        vectors = self._embedder.encode(surfaces)
        candidates = state.find(surfaces, vectors, heard.result())
        return candidates.without(surfaces) if is_stored else candidates

    def _open(self, ordered: Sequence[IndexedEntry], progress: Progress | None) -> _State:
        """Return a state of entries in order of their keys, from its snapshot if it has one."""
        entries = {entry.key: entry for entry in ordered}
        name = snapshot_name(ordered, self.model_id)
        saved = self._load_saved(name)
        if saved is not None:
            return _State(entries, saved.restorer, saved.segment)
        restorer = restorer_of(ordered)
        rows = list_rows(ordered, restorer)
        if not len(rows):
            return _State(entries, restorer, None)
        segment = build_segment(
            rows, lambda texts: self._encode_in_steps(texts, progress), self._known_vectors()
        )
        self._save(name, Snapshot(segment, restorer))
        return _State(entries, restorer, segment)

    def _changed(
        self, state: _State, fresh: Mapping[str, IndexedEntry], gone: Collection[str]
    ) -> _State:
        """Return a state with other entries, by key, and without some."""
        entries = {k: e for k, e in {**state.entries, **fresh}.items() if k not in gone}
        if state.main is None:  # nothing that they could stand beside
            return self._open(_by_key(entries.values()), None)
        changed = {k: e for k, e in {**state.changed, **fresh}.items() if k not in gone}
        alive = ~_rows_of(state.main, {*fresh, *gone})
        return replace(
            state,
            entries=entries,
            changed=changed,
            alive=alive if state.alive is None else alive & state.alive,
            delta=self._build_delta(state, state.main, changed),
        )

    def _known_vectors(self) -> dict[str, NDArray[np.float16]]:
        state = self._state
        if state.main is None and self._snapshot_dir is not None:
            return load_vectors(self._snapshot_dir, self.model_id)
        return {
            surface: vector
            for segment, _ in state.parts()
            for surface, vector in zip(segment.rows.surfaces, segment.vectors, strict=True)
        }

    def _encode_in_steps(
        self, texts: Sequence[str], progress: Progress | None
    ) -> NDArray[np.float32]:
        vectors = [np.empty((0, self._embedder.dim), dtype=np.float32)]
        for start in range(0, len(texts), _PROGRESS_STEP):
            vectors.append(self._embedder.encode(texts[start : start + _PROGRESS_STEP]))
            if progress:
                progress(min(start + _PROGRESS_STEP, len(texts)), len(texts))
        return np.concatenate(vectors)

    def _build_delta(
        self, state: _State, main: Segment, changed: Mapping[str, IndexedEntry]
    ) -> Segment | None:
        rows = list_rows(list(changed.values()), state.restorer)
        if not len(rows):
            return None
        known = {
            segment.rows.surfaces[row]: segment.vectors[row]
            for segment, _ in state.parts()
            for row in np.flatnonzero(_rows_of(segment, changed)).tolist()
        }
        return build_segment(rows, self._embedder.encode, known, like=main.lexical)

    def _load_saved(self, name: str) -> Snapshot | None:
        if self._snapshot_dir is None:
            return None
        try:
            return load_snapshot(self._snapshot_dir, name)
        except SnapshotError as error:
            logger.warning("index snapshot refused, rebuilding", extra={"reason": str(error)})
            return None

    def _save(self, name: str, snapshot: Snapshot) -> None:
        if self._snapshot_dir is None:
            return
        try:
            save_snapshot(self._snapshot_dir, name, snapshot, self.model_id)
        except OSError as error:
            logger.warning("index snapshot not kept", extra={"reason": str(error)})


def restorer_of(entries: Sequence[IndexedEntry]) -> Restorer:
    """Make the lexicon that restores Singlish from the words of entries."""
    sinhala = (text for entry in entries for text in (*entry.phrasings, entry.answer))
    titles = (entry.title for entry in entries)
    keywords = (keyword for entry in entries for keyword in entry.keywords)
    return Restorer.from_texts(sinhala, titles, keywords)


def _by_key(entries: Iterable[IndexedEntry]) -> list[IndexedEntry]:
    return sorted(entries, key=lambda entry: entry.key)


def _rows_of(segment: Segment, keys: Container[str]) -> NDArray[np.bool_]:
    """Tell which rows belong to one of these entries, bool (rows,)."""
    return np.array([key in keys for key in segment.rows.keys], dtype=np.bool_)[segment.rows.owners]
