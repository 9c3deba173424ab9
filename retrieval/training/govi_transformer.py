"""Opens an int8 ONNX encoder in torch float32, as a module of sentence-transformers.

A copy of this file travels in the model directory, whose only weights are `onnx/model.onnx` and
the larger arrays beside it, in `onnx/model.onnx_data`:
`SentenceTransformer(model_dir, trust_remote_code=True)` finds the class there. It therefore
imports nothing of Govi. It needs the package `onnx`.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from onnx.external_data_helper import ExternalDataInfo, uses_external_data
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

ONNX_FILE = "onnx/model.onnx"
DATA_FILE = "onnx/model.onnx_data"
MAX_TOKENS = 128
STACKED = "query+key+value"


class GoviTransformer(InputModule):  # type: ignore[misc]  # the library is not typed
    """A BertModel whose weights are read from the ONNX file, and its tokenizer."""

    def __init__(self, encoder: BertModel, tokenizer: Tokenizer) -> None:
        """Take an encoder and its tokenizer; truncation and padding are set here."""
        super().__init__()
        self.auto_model = encoder
        self.tokenizer = tokenizer
        self.max_seq_length = MAX_TOKENS
        padding = encoder.config.pad_token_id
        tokenizer.enable_padding(pad_id=padding, pad_token=tokenizer.id_to_token(padding))

    @property
    def max_seq_length(self) -> int:
        """Texts are cut after as many tokens."""
        return self._max_seq_length

    @max_seq_length.setter
    def max_seq_length(self, tokens: int) -> None:
        self._max_seq_length = tokens
        self.tokenizer.enable_truncation(tokens)

    def get_embedding_dimension(self) -> int:
        """Return the width of a token's vector."""
        return int(self.auto_model.config.hidden_size)

    def preprocess(
        self, inputs: Sequence[str], prompt: str | None = None, **_: Any
    ) -> dict[str, torch.Tensor]:
        """Tokenise texts, padded to the longest, into `input_ids` and `attention_mask`."""
        encodings = self.tokenizer.encode_batch([(prompt or "") + text for text in inputs])
        return {
            "input_ids": torch.tensor([encoding.ids for encoding in encodings]),
            "attention_mask": torch.tensor([encoding.attention_mask for encoding in encodings]),
        }

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add `token_embeddings` (n, tokens, width) to the features."""
        output = self.auto_model(
            input_ids=features["input_ids"], attention_mask=features["attention_mask"]
        )
        features["token_embeddings"] = output.last_hidden_state
        return features

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Save in float32; `load` prefers that file to the int8 one."""
        self.auto_model.save_pretrained(output_path)
        self.tokenizer.save(str(Path(output_path, "tokenizer.json")), pretty=False)

    @classmethod
    def load(cls, model_name_or_path: str, **where: Any) -> "GoviTransformer":
        """Open a directory or a name on a hub; `where` says which revision and so on."""
        keys = ("subfolder", "token", "cache_folder", "revision", "local_files_only")
        chosen = {key: where[key] for key in keys if key in where}

        def find(name: str) -> Path | None:
            path = cls.load_file_path(model_name_or_path, name, **chosen)
            return Path(path) if path else None

        def need(name: str) -> Path:
            path = find(name)
            if path is None:
                msg = f"{model_name_or_path} has no {name}"
                raise FileNotFoundError(msg)
            return path

        tokenizer = Tokenizer.from_file(str(need("tokenizer.json")))
        trained = find("model.safetensors")
        if trained:
            return cls(BertModel.from_pretrained(str(trained.parent)), tokenizer)
        config = BertConfig(**json.loads(need("config.json").read_text("utf-8")))
        stored = read_arrays(need(ONNX_FILE), need(DATA_FILE))
        return cls(build_encoder(stored, config), tokenizer)


def read_arrays(path: Path, data_path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an ONNX file by name, some of which are in a file of their own.

    onnx does so too, but refuses the links that a hub's cache consists of.
    """
    data = data_path.read_bytes()
    initialisers = onnx.load(str(path), load_external_data=False).graph.initializer
    for tensor in initialisers:
        if uses_external_data(tensor):
            place = ExternalDataInfo(tensor)
            tensor.raw_data = data[place.offset : place.offset + place.length]
            tensor.data_location = TensorProto.DEFAULT
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in initialisers}


def build_encoder(stored: dict[str, np.ndarray], config: BertConfig) -> BertModel:
    """Build the float32 encoder whose arrays these are."""
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.load_state_dict(read_state(stored))
    return encoder.eval()


def read_state(stored: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Turn the arrays of an ONNX encoder into a BertModel state dict, in float32."""
    state = {"embeddings." + name: torch.tensor(a) for name, a in _embeddings(stored).items()}
    for name, values in stored.items():
        if name.startswith("encoder.") and name.endswith(".weight"):
            module = name.removesuffix(".weight")
            weight, bias = _linear(stored, module) if values.ndim > 1 else _norm(stored, module)
            for part, rows in (("weight", weight), ("bias", bias)):
                state |= {f"{one}.{part}": torch.tensor(a) for one, a in _unstack(module, rows)}
    return state


def _embeddings(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    words = stored["embeddings.word_embeddings.weight"].astype(np.float32)
    scale = stored.get("embeddings.word_embeddings.weight.scale", np.float32(1))
    positions = stored["positions"]
    return {
        "word_embeddings.weight": words * scale,
        "position_embeddings.weight": positions,
        # The graph holds the one type in use inside the positions.
        "token_type_embeddings.weight": np.zeros((2, positions.shape[1]), np.float32),
        "LayerNorm.weight": stored["embeddings.LayerNorm.weight"],
        "LayerNorm.bias": stored["embeddings.LayerNorm.bias"],
    }


def _linear(stored: dict[str, np.ndarray], module: str) -> tuple[np.ndarray, np.ndarray]:
    scale = stored.get(f"{module}.weight.scale", np.float32(1))
    weight = stored[f"{module}.weight"].astype(np.float32) * scale
    # The graph multiplies x - floor and holds what that adds inside the bias.
    floor = stored.get(f"{module}.floor", np.float32(0))
    return np.ascontiguousarray(weight.T), stored[f"{module}.bias"] - floor * weight.sum(axis=0)


def _norm(stored: dict[str, np.ndarray], module: str) -> tuple[np.ndarray, np.ndarray]:
    return stored[f"{module}.weight"], stored[f"{module}.bias"]


def _unstack(module: str, rows: np.ndarray) -> Iterable[tuple[str, np.ndarray]]:
    path, _, names = module.rpartition(".")
    parts = names.split("+")
    return zip([f"{path}.{name}" for name in parts], np.split(rows, len(parts)), strict=True)
