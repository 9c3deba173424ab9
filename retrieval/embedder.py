"""Texts to unit vectors, through ONNX Runtime when serving, or through torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelError
from retrieval.manifest import ONNX_FILE, TOKENIZER_FILE, ModelManifest

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

# Small batches waste least on padding and stay in the processor's cache: batches of 4 take as
# much processor time as batches of 8 and 20 % less than batches of 16; they take 4 MB less memory
# than batches of 8, and 60 MB less than batches of 32.
BATCH_SIZE = 4
_WINDOW = 512
VECTOR_OUTPUT = "sentence_embedding"
PAD_TOKEN = "<pad>"  # noqa: S105 - a token of the tokenizer, no secret
_LOG_ERRORS_ONLY = 3


class Embedder(Protocol):
    """What retrieval needs of a model."""

    model_id: str
    dim: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 (n, dim), in the order of the texts.

        Any string is accepted, the empty one too; lone surrogates become "?". Texts are taken
        as they come: normalising is the caller's. No texts give an array (0, dim).
        """
        ...


def load_embedder(model_dir: Path, runtime: str = "onnx", threads: int = 0) -> Embedder:
    """Open a model directory.

    Args:
        model_dir: Directory with `govi.json`.
        runtime: "onnx" (small and fast) or "torch" (the extra [train]).
        threads: Threads of one encoding; 0 leaves the choice to the runtime.

    Raises:
        ModelError: The directory is incomplete or damaged, or the runtime is unknown or not
            installed.
    """
    if runtime == "onnx":
        return OnnxEmbedder(model_dir, threads)
    if runtime == "torch":
        return TorchEmbedder(model_dir, threads)
    msg = f"no embedder runtime {runtime!r}; there are: onnx, torch"
    raise ModelError(msg)


class OnnxEmbedder:
    """Runs `onnx/model.onnx`, which pools and normalises by itself; safe to share by threads.

    The weights beside it stay mapped: their file may be replaced meanwhile, not written over.
    """

    def __init__(self, model_dir: Path, threads: int = 0) -> None:
        """Verify and open a model directory.

        Raises:
            ModelMissingError: A file is missing.
            ModelMismatchError: A file is damaged, or belongs to another model.
            ModelError: ONNX Runtime or the tokenizer refuses it.
        """
        manifest = ModelManifest.load(model_dir)
        manifest.verify(model_dir)
        self.model_id = manifest.model_id
        self.dim = manifest.dim
        self._prompt = manifest.prompt
        self._tokenizer = _open_tokenizer(model_dir / TOKENIZER_FILE, manifest.max_tokens)
        self._padding = self._tokenizer.token_to_id(PAD_TOKEN)
        self._session = _open_session(model_dir / ONNX_FILE, threads)
        _check_output(self._session, manifest, model_dir)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 (n, dim); see `Embedder.encode`."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW):
            window = texts[start : start + _WINDOW]
            vectors[start : start + len(window)] = self._encode_window(window)
        return vectors

    def _encode_window(self, texts: Sequence[str]) -> NDArray[np.float32]:
        asked = [self._prompt + _without_surrogates(text) for text in texts]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(asked)]
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        # Like lengths share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda row: len(tokens[row]))
        for start in range(0, len(order), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            vectors[rows] = self._encode_batch([tokens[row] for row in rows])
        return vectors

    def _encode_batch(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        ids = np.full((len(tokens), max(map(len, tokens))), self._padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask}
        vectors: NDArray[np.float32] = self._session.run([VECTOR_OUTPUT], inputs)[0]
        return vectors


class TorchEmbedder:
    """Runs the same weights through sentence-transformers, in float32; slow to start."""

    def __init__(self, model_dir: Path, threads: int = 0) -> None:
        """Verify and open a model directory.

        Raises:
            ModelError: As `OnnxEmbedder`, or the extra [train] is not installed.
        """
        manifest = ModelManifest.load(model_dir)
        manifest.verify(model_dir)
        self.model_id = f"{manifest.model_id}-torch"
        self.dim = manifest.dim
        self._prompt = manifest.prompt
        self._model = _open_torch(model_dir, threads)
        self._model.max_seq_length = manifest.max_tokens

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 (n, dim); see `Embedder.encode`."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        vectors: NDArray[np.float32] = self._model.encode(
            [self._prompt + _without_surrogates(text) for text in texts],
            batch_size=BATCH_SIZE,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return vectors


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _open_tokenizer(path: Path, max_tokens: int) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.enable_truncation(max_tokens)
        tokenizer.no_padding()
    except Exception as exc:  # the library raises nothing narrower
        msg = f"{path} is not a usable tokenizer: {exc}"
        raise ModelError(msg) from exc
    if tokenizer.token_to_id(PAD_TOKEN) is None:
        msg = f"{path} has no {PAD_TOKEN} token; run: govi train"
        raise ModelError(msg)
    return tokenizer


def _open_session(path: Path, threads: int) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_ERRORS_ONLY
    # Threads that wait actively burn a second core on a machine that has other work: with two
    # threads and two busy cores an encoding took 2.3 times the processor time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Both would keep the memory of the largest batch ever seen.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime's own exceptions share no narrower base
        msg = f"ONNX Runtime {onnxruntime.__version__} cannot open {path}: {exc}"
        raise ModelError(msg) from exc


def _check_output(session: "InferenceSession", manifest: ModelManifest, model_dir: Path) -> None:
    shapes = {output.name: output.shape for output in session.get_outputs()}
    width = shapes.get(VECTOR_OUTPUT, [None])[-1]
    if width != manifest.dim:
        msg = (
            f"{model_dir / ONNX_FILE} gives {VECTOR_OUTPUT} of width {width}, the manifest says "
            f"{manifest.dim}; run: govi train"
        )
        raise ModelError(msg)


def _open_torch(model_dir: Path, threads: int) -> Any:
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        from retrieval.training.govi_transformer import GoviTransformer
    except ImportError as exc:
        msg = f"the torch runtime needs the extra [train]: {exc}"
        raise ModelError(msg) from exc
    if threads:
        torch.set_num_threads(threads)
    try:
        # Put together here, so that no code inside the model directory is run.
        transformer = GoviTransformer.load(str(model_dir), local_files_only=True)
    except Exception as exc:  # onnx, tokenizers and torch raise what they like
        msg = f"torch cannot open {model_dir}: {exc}"
        raise ModelError(msg) from exc
    pooling = Pooling(transformer.get_embedding_dimension(), "mean")
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")
