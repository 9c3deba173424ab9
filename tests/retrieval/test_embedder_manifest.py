import json
import re
from dataclasses import replace

import pytest

from retrieval.decision import Thresholds
from retrieval.errors import ModelError, ModelMismatchError, ModelMissingError
from retrieval.manifest import (
    MANIFEST_FILE,
    NEEDED_FILES,
    ONNX_FILE,
    WEIGHT_FILES,
    ModelManifest,
    digest_file,
)
from retrieval.ranking import Fusion


@pytest.fixture
def model_dir(tmp_path):
    """A directory with weights and a tokenizer, of whatever content."""
    (tmp_path / "onnx").mkdir()
    for name in NEEDED_FILES:
        (tmp_path / name).write_bytes(b"weights")
    return tmp_path


@pytest.fixture
def manifest(model_dir):
    """A manifest that fits the directory."""
    return ModelManifest(
        name="govi-e5",
        dim=384,
        max_tokens=128,
        sha256={name: digest_file(model_dir / name) for name in NEEDED_FILES},
        normalizer_version=1,
        thresholds=Thresholds(answer=0.8, suggest=0.6, margin=0.05),
        fusion=Fusion(dense_weight=0.5),
        metrics={"accuracy@1": 0.9},
    )


def change_field(model_dir, name, value):
    """Rewrite one field of a manifest on disk."""
    path = model_dir / MANIFEST_FILE
    fields = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**fields, name: value}), "utf-8")


def test_manifest_survives_writing_and_loading(model_dir, manifest):
    """What was written is what is loaded."""
    manifest.write(model_dir)

    assert ModelManifest.load(model_dir) == manifest


def test_model_id_is_the_name_and_eight_digits(manifest):
    """Which model made a vector can be read at a glance."""
    assert re.fullmatch(r"govi-e5-[0-9a-f]{8}", manifest.model_id)


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_model_id_changes_with_either_file_of_weights(manifest, name):
    """Other weights under the same name have another id."""
    other = replace(manifest, sha256={**manifest.sha256, name: "0a1b2c3d" * 8})

    assert other.model_id != manifest.model_id


def test_loading_fails_without_a_manifest(tmp_path):
    """The error names the missing file."""
    with pytest.raises(ModelMissingError, match=r"govi\.json is missing"):
        ModelManifest.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"name": "x"}', "[" * 100_000])
def test_loading_fails_on_what_is_no_manifest(tmp_path, text):
    """Broken JSON and wrong shapes give one kind of error."""
    (tmp_path / MANIFEST_FILE).write_text(text, "utf-8")

    with pytest.raises(ModelError, match="not a usable model manifest"):
        ModelManifest.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dim", "384"),
        ("dim", None),
        ("sha256", {}),
        ("sha256", "abc"),
        ("sha256", {ONNX_FILE: "0a1b2c3d" * 8}),
        ("sha256", dict.fromkeys(NEEDED_FILES, 5)),
        ("sha256", dict.fromkeys(WEIGHT_FILES, "0a1b2c3d" * 8)),
        ("max_tokens", 2),
        ("max_tokens", 129),
        ("thresholds", {"answer": 0.5}),
        ("thresholds", {"answer": "much", "suggest": 0.5, "margin": 0.1}),
        ("thresholds", {"answer": 0.4, "suggest": 0.5, "margin": 0.1}),
        ("thresholds", {"answer": float("nan"), "suggest": 0.5, "margin": 0.1}),
        ("thresholds", {"answer": 0.6, "suggest": 0.5, "margin": -0.1}),
        ("fusion", {}),
        ("fusion", {"dense_weight": 55}),
        ("fusion", {"dense_weight": 0.5, "length": -1}),
        ("colour", "green"),
    ],
)
def test_loading_fails_on_a_wrong_field(model_dir, manifest, name, value):
    """A field that is missing, unknown, of another type or out of its range is refused."""
    manifest.write(model_dir)
    change_field(model_dir, name, value)

    with pytest.raises(ModelError, match="not a usable model manifest"):
        ModelManifest.load(model_dir)


def is_refused(model_dir, manifest):
    """Whether a directory's files are not the described ones."""
    try:
        manifest.verify(model_dir)
    except ModelMismatchError:
        return True
    return False


def test_verifying_accepts_the_described_files_once_they_are_restored(model_dir, manifest):
    """Damaged weights are refused, the right ones put back are not."""
    weights = model_dir / ONNX_FILE
    weights.write_bytes(b"weight")
    was_refused = is_refused(model_dir, manifest)

    weights.write_bytes(b"weights")

    assert (was_refused, is_refused(model_dir, manifest)) == (True, False)


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_verifying_fails_on_changed_weights(model_dir, manifest, name):
    """The error says which file and both digests."""
    (model_dir / name).write_bytes(b"weight")

    with pytest.raises(ModelMismatchError, match=f"{name} .*{manifest.sha256[name][:8]}"):
        manifest.verify(model_dir)


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_verifying_fails_on_missing_weights(model_dir, manifest, name):
    """A listed file that is gone is told apart from a damaged one."""
    (model_dir / name).unlink()

    with pytest.raises(ModelMissingError, match=f"{name} cannot be read"):
        manifest.verify(model_dir)
