"""`govi.json`: what Govi must know about a model directory beside the model itself."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from retrieval.decision import Thresholds
from retrieval.digest import sha256
from retrieval.errors import ModelError, ModelMismatchError, ModelMissingError
from retrieval.ranking import Fusion

MANIFEST_FILE = "govi.json"
ONNX_FILE = "onnx/model.onnx"
#: The larger arrays of the ONNX file, which names it and leaves them out, to be mapped.
DATA_FILE = "onnx/model.onnx_data"
WEIGHT_FILES = (ONNX_FILE, DATA_FILE)
TOKENIZER_FILE = "tokenizer.json"
#: Files without which nothing can be embedded.
NEEDED_FILES = (*WEIGHT_FILES, TOKENIZER_FILE)
#: The longest text that a model has positions for, its two markers included.
MAX_TOKENS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelManifest:
    """One model's identity, and the settings that were calibrated with it.

    Attributes:
        name: Human name; with the digests of `WEIGHT_FILES` it makes the `model_id`.
        dim: Length of a vector.
        max_tokens: Texts are cut after as many tokens.
        sha256: Hex digest of each file that vectors depend on, by path in the directory.
        normalizer_version: `NORMALIZER_VERSION` of the texts that it was trained on.
        thresholds: When to answer and when to suggest.
        fusion: How scores are made.
        prompt: Put before every text, "" for most fine-tuned models.
        trained_on: One line on the training data; "nothing" for an untouched base.
        recipe: Training values by name; none for a model that was not trained.
        metrics: Measured figures, by name.
    """

    name: str
    dim: int
    max_tokens: int
    sha256: Mapping[str, str]
    normalizer_version: int
    thresholds: Thresholds
    fusion: Fusion
    prompt: str = ""
    trained_on: str = "nothing"
    recipe: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model_id(self) -> str:
        """Name and eight hex digits that change with graph and weights: `govi-e5-0a1b2c3d`."""
        digests = "".join(self.sha256[file] for file in WEIGHT_FILES)
        return f"{self.name}-{hashlib.sha256(digests.encode()).hexdigest()[:8]}"

    @classmethod
    def load(cls, model_dir: Path) -> "ModelManifest":
        """Read the manifest of a model directory; the files that it lists are not read.

        Raises:
            ModelMissingError: There is no manifest.
            ModelError: It is not valid JSON, or a field is missing, unknown, of a wrong type or out
                of its range.
        """
        path = model_dir / MANIFEST_FILE
        try:
            fields = json.loads(path.read_text("utf-8"))
            return cls._parse(fields)
        except FileNotFoundError as exc:
            msg = f"{path} is missing; it is written by: govi train"
            raise ModelMissingError(msg) from exc
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as exc:
            msg = f"{path} is not a usable model manifest: {exc}; write it anew by: govi train"
            raise ModelError(msg) from exc

    @classmethod
    def _parse(cls, fields: dict[str, Any]) -> "ModelManifest":
        thresholds = Thresholds(**{k: float(v) for k, v in fields.pop("thresholds", {}).items()})
        fusion = Fusion(**{k: float(v) for k, v in fields.pop("fusion", {}).items()})
        manifest = cls(**fields, thresholds=thresholds, fusion=fusion)
        for attribute, kind in _KINDS.items():
            if not isinstance(getattr(manifest, attribute), kind):
                msg = f"{attribute} must be {kind.__name__}"
                raise TypeError(msg)
        if faults := list(manifest._faults()):
            raise ValueError("; ".join(faults))
        return manifest

    def _faults(self) -> Iterator[str]:
        for file in NEEDED_FILES:
            if not isinstance(self.sha256.get(file), str):
                yield f"the sha256 of {file} is missing"
        if not 3 <= self.max_tokens <= MAX_TOKENS:
            yield f"max_tokens is {self.max_tokens}, not 3 to {MAX_TOKENS}"
        if not -1 <= self.thresholds.suggest <= self.thresholds.answer <= 1:
            yield "thresholds are not -1 <= suggest <= answer <= 1"
        if not self.thresholds.margin >= 0:
            yield f"margin is {self.thresholds.margin}, not 0 or more"
        if not 0 <= self.fusion.dense_weight <= 1:
            yield f"dense_weight is {self.fusion.dense_weight}, not 0 to 1"
        if not self.fusion.length >= 0:
            yield f"length is {self.fusion.length}, not 0 or more"

    def write(self, model_dir: Path) -> None:
        """Write `govi.json`, readable and with a stable order of fields; whole or not at all."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        aside = model_dir / f"{MANIFEST_FILE}.writing"
        aside.write_text(text, "utf-8")
        aside.replace(model_dir / MANIFEST_FILE)

    def verify(self, model_dir: Path) -> None:
        """Compare every listed file with its digest; about 20 ms for 30 MB.

        Raises:
            ModelMissingError: A listed file is not there.
            ModelMismatchError: A file is damaged, or belongs to another model.
        """
        for name, expected in self.sha256.items():
            found = digest_file(model_dir / name)
            if found != expected:
                msg = (
                    f"{model_dir / name} has sha256 {found[:8]}, the manifest says "
                    f"{expected[:8]}; restore the file or run: govi train"
                )
                raise ModelMismatchError(msg)


_KINDS: dict[str, type] = {
    "name": str,
    "dim": int,
    "max_tokens": int,
    "sha256": dict,
    "normalizer_version": int,
    "prompt": str,
    "trained_on": str,
    "recipe": dict,
    "metrics": dict,
}


def digest_file(path: Path) -> str:
    """Return the sha256 of a file, in hex.

    Raises:
        ModelMissingError: It cannot be read.
    """
    try:
        return sha256(path)
    except OSError as exc:
        msg = f"{path} cannot be read: {exc.strerror}; restore the file or run: govi train"
        raise ModelMissingError(msg) from exc
