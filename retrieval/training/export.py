"""From a float32 sentence-transformers directory to the small one that is served and shipped."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.decision import Thresholds
from retrieval.errors import ModelError
from retrieval.manifest import (
    DATA_FILE,
    MANIFEST_FILE,
    MAX_TOKENS,
    NEEDED_FILES,
    ONNX_FILE,
    TOKENIZER_FILE,
    ModelManifest,
    digest_file,
)
from retrieval.normalize import NORMALIZER_VERSION
from retrieval.ranking import Fusion
from retrieval.training import govi_transformer
from retrieval.training.base import encoder_of, open_model, tokenizer_of
from retrieval.training.graph import EncoderSizes, Precision, build_graph, move_weights
from retrieval.training.model_card import write_card, write_notices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sentence_transformers import SentenceTransformer
    from transformers import BertModel

# Placeholders until `govi train` has calibrated; nothing clears them by chance.
UNCALIBRATED = Thresholds(answer=0.9, suggest=0.75, margin=0.02)
DEFAULT_FUSION = Fusion(dense_weight=0.5)
_MODULES = (
    ("", f"{govi_transformer.__name__.rpartition('.')[2]}.GoviTransformer"),
    ("1_Pooling", "sentence_transformers.sentence_transformer.modules.pooling.Pooling"),
    ("2_Normalize", "sentence_transformers.base.modules.normalize.Normalize"),
)


def export_model(
    model_dir: Path,
    out: Path,
    *,
    name: str = "govi-e5",
    precision: Precision = "int8",
    settings: Mapping[str, Any] | None = None,
) -> ModelManifest:
    """Write a model directory that serves through ONNX Runtime alone.

    Args:
        model_dir: A sentence-transformers directory with a BertModel and mean pooling.
        out: Directory to write; a model that is there is replaced once this one is whole.
        name: First part of the `model_id`.
        precision: "int8" to ship, "fp32" to compare with.
        settings: Further fields of `ModelManifest`, such as `thresholds` and `prompt`.

    Returns:
        The manifest, as written to `out`.

    Raises:
        ModelError: The encoder is not a BertModel, or `out` holds anything else than a model.
    """
    require_replaceable(out)
    model = open_model(model_dir, device="cpu")
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        manifest = _write_model(model, precision, aside, {"name": name, **(settings or {})})
        if out.exists():
            # Never written over: a running Govi may have the old weights mapped.
            shutil.rmtree(out)
        aside.chmod(0o755)  # a temporary folder is for its maker alone
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def require_replaceable(out: Path) -> None:
    """Look whether `export_model` may write here: it removes everything that it finds.

    Raises:
        ModelError: The directory holds other files, and no model that was exported.
    """
    if out.exists() and any(out.iterdir()) and not (out / MANIFEST_FILE).exists():
        raise ModelError(f"{out} is neither empty nor an exported model; name another directory")


def _write_model(
    model: SentenceTransformer, precision: Precision, out: Path, settings: Mapping[str, Any]
) -> ModelManifest:
    encoder = encoder_of(model)
    (out / ONNX_FILE).parent.mkdir()
    _write_graph(encoder, precision, out)
    tokenizer_of(model).save(str(out / TOKENIZER_FILE), pretty=False)
    manifest = _manifest(out, encoder.config.hidden_size, settings)
    _write_layout(encoder, manifest.prompt, out)
    manifest.write(out)
    write_notices(out)
    write_card(out, manifest)
    return manifest


def _write_graph(encoder: BertModel, precision: Precision, out: Path) -> None:
    """Write the graph, and its weights beside it."""
    config = encoder.config
    sizes = EncoderSizes(
        hidden=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        epsilon=config.layer_norm_eps,
    )
    weights = {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}
    model = build_graph(weights, sizes, precision)
    (out / DATA_FILE).write_bytes(move_weights(model, Path(DATA_FILE).name))
    (out / ONNX_FILE).write_bytes(model.SerializeToString(deterministic=True))


def _manifest(out: Path, dim: int, settings: Mapping[str, Any]) -> ModelManifest:
    defaults: dict[str, Any] = {
        "normalizer_version": NORMALIZER_VERSION,
        "thresholds": UNCALIBRATED,
        "fusion": DEFAULT_FUSION,
    }
    return ModelManifest(
        dim=dim,
        max_tokens=MAX_TOKENS,
        sha256={file: digest_file(out / file) for file in NEEDED_FILES},
        **{**defaults, **settings},
    )


def _write_layout(encoder: BertModel, prompt: str, out: Path) -> None:
    """Write the small files by which sentence-transformers opens the directory."""
    for path, _ in _MODULES:
        (out / path).mkdir(exist_ok=True)
    config = json.loads(encoder.config.to_json_string(use_diff=True))
    _write_json(out / "config.json", config)
    _write_json(
        out / "modules.json",
        [
            {"idx": idx, "name": str(idx), "path": path, "type": kind}
            for idx, (path, kind) in enumerate(_MODULES)
        ],
    )
    pooling = {"embedding_dimension": encoder.config.hidden_size, "pooling_mode": "mean"}
    _write_json(out / "1_Pooling" / "config.json", {**pooling, "include_prompt": True})
    _write_json(out / "2_Normalize" / "config.json", {})
    _write_json(
        out / "config_sentence_transformers.json",
        {
            "model_type": "SentenceTransformer",
            "similarity_fn_name": "cosine",
            "prompts": {"query": prompt},
            "default_prompt_name": "query",
        },
    )
    module = "govi_transformer.py"
    source = resources.files("retrieval.training").joinpath(module).read_text("utf-8")
    (out / module).write_text(source, "utf-8")


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
