"""The embedder on the shipped model."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import retrieval
from retrieval.embedder import BATCH_SIZE, OnnxEmbedder, load_embedder
from retrieval.errors import ModelError, ModelMismatchError, ModelMissingError
from retrieval.manifest import (
    DATA_FILE,
    TOKENIZER_FILE,
    WEIGHT_FILES,
    ModelManifest,
    digest_file,
)

MODEL_DIR = Path(retrieval.__file__).parent / "model"
SINHALA = "ගොයම් කොළ කහ වෙනවා මොකද කරන්නේ"
ODD_TEXTS = ["", "😀", "ක්‍රමය", "goyam kola kaha wenawa", "நெல்", "\x00", "\u202e" + SINHALA]


@pytest.fixture(scope="module")
def embedder():
    """The shipped model, opened once."""
    return OnnxEmbedder(MODEL_DIR, threads=1)


@pytest.fixture
def copied_model(tmp_path):
    """A copy of the shipped model that a test may damage."""
    return Path(shutil.copytree(MODEL_DIR, tmp_path / "model"))


def describe_anew(model_dir):
    """Write a manifest that fits the files, so that only loading can find the fault."""
    manifest = ModelManifest.load(model_dir)
    digests = {name: digest_file(model_dir / name) for name in manifest.sha256}
    replace(manifest, sha256=digests).write(model_dir)


def test_vectors_are_float32_and_of_unit_length(embedder):
    """Cosine is a plain dot product."""
    vectors = embedder.encode([SINHALA, "what is rice blast?"])

    assert vectors.dtype == np.float32
    assert vectors.shape == (2, embedder.dim)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_no_texts_give_no_rows(embedder):
    """An empty list keeps the width."""
    assert embedder.encode([]).shape == (0, embedder.dim)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_any_text_gets_a_finite_unit_vector(embedder, text):
    """Nothing that a farmer can send breaks the model."""
    vector = embedder.encode([text])[0]

    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_lone_surrogates_are_replaced(embedder):
    """Half a surrogate pair counts as a question mark."""
    broken, mended = embedder.encode(["\ud83d " + SINHALA, "? " + SINHALA])

    assert broken == pytest.approx(mended, abs=1e-6)


def test_a_long_text_is_cut(embedder):
    """What stands beyond the last token has no effect."""
    long = "කොළ කහ " * 700

    one, other = embedder.encode([long, long + "වෙනත් දෙයක්"])

    assert one == pytest.approx(other, abs=1e-5)


def test_the_hundredth_token_is_read(embedder):
    """Answers are that long."""
    words = "කොළ කහ " * 20

    one, other = embedder.encode([words, words + "වෙනත් දෙයක්"])

    assert one @ other < 0.9999


def test_the_prompt_of_the_manifest_stands_before_every_text(embedder, copied_model):
    """As in training."""
    manifest = ModelManifest.load(copied_model)
    replace(manifest, prompt="").write(copied_model)

    without = OnnxEmbedder(copied_model, threads=1).encode([manifest.prompt + SINHALA])

    assert np.array_equal(embedder.encode([SINHALA]), without)


def test_order_is_kept_across_batches(embedder):
    """Sorting by length inside does not show outside."""
    texts = [f"{SINHALA} {'කොළ ' * (n % 7)}{n}" for n in range(2 * BATCH_SIZE + 3)]

    together = embedder.encode(texts)

    alone = np.concatenate([embedder.encode([text]) for text in texts])
    assert np.einsum("nd,nd->n", together, alone).min() > 0.9999


def test_a_nearer_meaning_is_a_nearer_vector(embedder):
    """The model is alive: two ways of asking beat another subject."""
    one, same, other = embedder.encode(
        ["how do I control weeds in rice?", "weed control in paddy", "crop insurance claim"]
    )

    assert one @ same > one @ other


def test_model_id_comes_from_the_manifest(embedder):
    """Stored vectors can be traced to the weights that made them."""
    assert embedder.model_id == ModelManifest.load(MODEL_DIR).model_id


def test_an_unknown_runtime_is_refused():
    """The error lists the known ones."""
    with pytest.raises(ModelError, match="onnx, torch"):
        load_embedder(MODEL_DIR, "tensorflow")


@pytest.mark.parametrize("name", ["govi.json", *WEIGHT_FILES, TOKENIZER_FILE])
def test_a_missing_file_is_named(copied_model, name):
    """Each needed file is missed by name."""
    (copied_model / name).unlink()

    with pytest.raises(ModelMissingError, match=Path(name).name):
        OnnxEmbedder(copied_model)


@pytest.mark.parametrize("name", [*WEIGHT_FILES, TOKENIZER_FILE])
def test_a_truncated_file_is_refused(copied_model, name):
    """A broken copy never reaches the runtime."""
    path = copied_model / name
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(ModelMismatchError, match="sha256"):
        OnnxEmbedder(copied_model)


@pytest.mark.parametrize("name", [*WEIGHT_FILES, TOKENIZER_FILE])
@pytest.mark.parametrize("content", [b"", b"not a model", b"{}"])
def test_a_file_of_another_kind_is_a_model_error(copied_model, name, content):
    """No exception of the runtime or the tokenizer comes through."""
    (copied_model / name).write_bytes(content)
    describe_anew(copied_model)

    with pytest.raises(ModelError):
        OnnxEmbedder(copied_model)


def test_weights_of_another_model_are_refused(copied_model):
    """A file of the right size and kind is still not the one that was measured."""
    path = copied_model / DATA_FILE
    path.write_bytes(path.read_bytes()[::-1])

    with pytest.raises(ModelMismatchError, match="sha256"):
        OnnxEmbedder(copied_model)


def test_a_served_model_goes_on_when_its_weights_are_replaced(copied_model):
    """What is mapped is the old file, as long as nobody writes over it."""
    embedder = OnnxEmbedder(copied_model, threads=1)
    before = embedder.encode([SINHALA])
    shutil.rmtree(copied_model)
    (copied_model / DATA_FILE).parent.mkdir(parents=True)
    (copied_model / DATA_FILE).write_bytes(b"other weights")

    after = embedder.encode([SINHALA])

    assert np.array_equal(before, after)


def test_the_larger_weights_are_outside_the_graph():
    """Only what is small is read and copied; the rest is mapped."""
    graph, data = ((MODEL_DIR / name).stat().st_size for name in WEIGHT_FILES)

    assert graph < data / 100


def test_a_model_of_another_width_is_refused(copied_model):
    """The error names both widths."""
    replace(ModelManifest.load(copied_model), dim=256).write(copied_model)

    with pytest.raises(ModelError, match=r"width 384, the manifest says 256"):
        OnnxEmbedder(copied_model)


def test_importing_loads_neither_onnxruntime_nor_torch():
    """A command that needs no model pays for none."""
    code = "import sys, retrieval.embedder; print({'onnxruntime', 'torch'} & set(sys.modules))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "set()"


def test_serving_loads_no_torch():
    """Encoding a text leaves torch alone."""
    code = (
        "import sys; from pathlib import Path; from retrieval.embedder import load_embedder;"
        f"load_embedder(Path({str(MODEL_DIR)!r})).encode(['x']); print('torch' in sys.modules)"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "False"


def test_the_shipped_directory_is_small():
    """It stays fit for git."""
    size = sum(path.stat().st_size for path in MODEL_DIR.rglob("*") if path.is_file())

    assert size <= 31_000_000


def test_the_licence_of_the_base_travels_along():
    """The MIT notice is in the model directory."""
    assert "MIT License" in (MODEL_DIR / "LICENSE").read_text("utf-8")
    assert "multilingual-e5-small" in (MODEL_DIR / "NOTICE").read_text("utf-8")


def test_the_shipped_code_is_the_code_under_test():
    """The class that travels with the model does not lag behind its source."""
    source = Path(retrieval.__file__).parent / "training" / "govi_transformer.py"

    assert (MODEL_DIR / source.name).read_text("utf-8") == source.read_text("utf-8")


@pytest.mark.train
def test_sentence_transformers_opens_the_directory(embedder, monkeypatch, tmp_path):
    """The stock class gives the vectors of the served file, the prompt included."""
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path))
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(MODEL_DIR), trust_remote_code=True, device="cpu")

    vector = model.encode([SINHALA], show_progress_bar=False)[0]
    assert vector @ embedder.encode([SINHALA])[0] >= 0.99
    assert model.max_seq_length == 128
    assert model.similarity_fn_name == "cosine"
