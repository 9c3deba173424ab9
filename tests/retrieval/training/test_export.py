import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from retrieval.decision import Thresholds
from retrieval.embedder import OnnxEmbedder, TorchEmbedder
from retrieval.errors import ModelError
from retrieval.manifest import DATA_FILE, ONNX_FILE, WEIGHT_FILES, ModelManifest
from retrieval.training.export import export_model
from retrieval.training.graph import PAGE, WEIGHT_LIMIT, quantise_rows, split_stack

pytestmark = pytest.mark.train

TEXTS = ["ගොයම් කොළ කහ", "rice blast", "weeds?", "", "ක්‍රමය 12", "x" * 400]


@pytest.fixture(scope="module")
def reference(tiny_model_dir):
    """The tiny model through sentence-transformers, in float32."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_model_dir), device="cpu")

    def encode(texts):
        return model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    return SimpleNamespace(encode=encode)


@pytest.fixture(scope="module")
def exported(tiny_model_dir, tmp_path_factory):
    """The tiny model as it is served."""
    out = tmp_path_factory.mktemp("exported") / "model"
    export_model(tiny_model_dir, out)
    return out


def cosines(one, other):
    """How near the vectors of two embedders are, text by text."""
    return np.einsum("nd,nd->n", one.encode(TEXTS), other.encode(TEXTS))


def test_fp32_export_equals_torch(tiny_model_dir, reference, tmp_path):
    """The hand-written graph computes what BERT computes."""
    export_model(tiny_model_dir, tmp_path / "fp32", precision="fp32")

    assert cosines(reference, OnnxEmbedder(tmp_path / "fp32")).min() > 0.99999


def test_int8_export_stays_near_torch(reference, exported):
    """Rounding costs less than one percent of cosine."""
    assert cosines(reference, OnnxEmbedder(exported)).min() >= 0.99


def test_int8_vectors_do_not_depend_on_the_batch(exported):
    """Each token is rounded by its own scale."""
    embedder = OnnxEmbedder(exported)

    together = embedder.encode(TEXTS)

    alone = np.concatenate([embedder.encode([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)


def test_torch_reads_the_weights_back_from_the_int8_file(exported):
    """The int8 file is all that the torch runtime needs."""
    assert cosines(TorchEmbedder(exported), OnnxEmbedder(exported)).min() >= 0.99


def test_a_model_read_back_and_saved_opens_again(exported, tmp_path):
    """What sentence-transformers saves is float32 and keeps its vectors."""
    from retrieval.training.govi_transformer import GoviTransformer

    first = GoviTransformer.load(str(exported))
    first.save(str(tmp_path))
    second = GoviTransformer.load(str(tmp_path))

    one = first(first.preprocess(TEXTS))["token_embeddings"].detach()
    other = second(second.preprocess(TEXTS))["token_embeddings"].detach()
    assert other.numpy() == pytest.approx(one.numpy(), abs=1e-5)


def test_torch_reads_weights_through_links(exported, tmp_path):
    """A hub's cache holds links to files under other names."""
    from retrieval.training.govi_transformer import GoviTransformer

    shutil.copytree(exported, tmp_path / "model")
    (tmp_path / "blobs").mkdir()
    for at, name in enumerate(WEIGHT_FILES):
        link = tmp_path / "model" / name
        link.replace(tmp_path / "blobs" / str(at))
        link.symlink_to(tmp_path / "blobs" / str(at))

    linked, plain = (
        GoviTransformer.load(str(path)).auto_model.state_dict()
        for path in (tmp_path / "model", exported)
    )

    assert all(linked[name].equal(weight) for name, weight in plain.items())


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_opening_in_torch_fails_without_a_file_of_weights(exported, tmp_path, name):
    """The missing file is named."""
    from retrieval.training.govi_transformer import GoviTransformer

    shutil.copytree(exported, tmp_path / "model")
    (tmp_path / "model" / name).unlink()

    with pytest.raises(FileNotFoundError, match=f"has no {name}$"):
        GoviTransformer.load(str(tmp_path / "model"))


def test_each_large_array_starts_at_a_page_of_the_data_file(exported):
    """So it can be mapped; the graph keeps what is smaller than a page."""
    import onnx
    from onnx.external_data_helper import ExternalDataInfo

    arrays = onnx.load(str(exported / ONNX_FILE), load_external_data=False).graph.initializer
    places = [ExternalDataInfo(array) for array in arrays if array.external_data]
    kept = [len(array.raw_data) for array in arrays if not array.external_data]

    assert {place.location for place in places} == {"model.onnx_data"}
    assert {place.offset % PAGE for place in places} == {0}
    assert max(kept) < PAGE <= min(place.length for place in places)
    assert (exported / DATA_FILE).stat().st_size == max(p.offset + p.length for p in places)


def test_both_outputs_have_their_documented_shapes(exported):
    """Stock tools find token vectors beside the pooled one."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(exported / ONNX_FILE))
    ids = np.array([[0, 8, 9, 2], [0, 8, 2, 1]])

    inputs = {"input_ids": ids, "attention_mask": (ids != 1).astype(np.int64)}
    pooled, tokens = session.run(["sentence_embedding", "token_embeddings"], inputs)

    assert pooled.shape == (2, 32)
    assert tokens.shape == (2, 4, 32)


def test_the_manifest_describes_the_export(exported):
    """Identity and defaults are written."""
    manifest = ModelManifest.load(exported)

    manifest.verify(exported)
    assert (manifest.name, manifest.dim, manifest.trained_on) == ("govi-e5", 32, "nothing")


def test_settings_reach_the_manifest_and_the_card(tiny_model_dir, tmp_path):
    """Calibrated values travel with the model."""
    settings = {
        "thresholds": Thresholds(answer=0.71, suggest=0.4, margin=0.02),
        "trained_on": "5,100 phrasings",
        "metrics": {"accuracy@1, clean": 0.9512},
    }

    export_model(tiny_model_dir, tmp_path / "m", settings=settings)

    card = (tmp_path / "m" / "README.md").read_text("utf-8")
    assert ModelManifest.load(tmp_path / "m").thresholds.answer == 0.71
    assert "5,100 phrasings" in card
    assert "0.9512" in card


def test_exporting_replaces_the_directory(tiny_model_dir, tmp_path):
    """Nothing of an older model stays behind."""
    out = tmp_path / "m"
    export_model(tiny_model_dir, out)
    (out / "model.safetensors").write_bytes(b"old")

    export_model(tiny_model_dir, out)

    assert not (out / "model.safetensors").exists()


def test_an_export_that_fails_leaves_the_model_that_was_there(
    tiny_model_dir, tmp_path, monkeypatch
):
    """As when the disk is full; nothing else is left."""
    before = export_model(tiny_model_dir, tmp_path / "m")
    with monkeypatch.context() as patch:
        patch.setattr("retrieval.training.export.write_card", lambda *_: Path("no/where").touch())
        with pytest.raises(FileNotFoundError):
            export_model(tiny_model_dir, tmp_path / "m", name="other")

    assert OnnxEmbedder(tmp_path / "m").model_id == before.model_id
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_exporting_removes_nothing_that_is_no_model(tmp_path):
    """Somebody who names their home, or the base itself, keeps it."""
    Path("thesis.txt").write_text("years of work")

    with pytest.raises(ModelError, match="name another directory"):
        export_model(tmp_path / "base", Path())
    assert Path("thesis.txt").exists()


def test_one_model_exports_to_the_same_bytes(tiny_model_dir, exported, tmp_path):
    """The model id can be reproduced."""
    again = export_model(tiny_model_dir, tmp_path / "again")

    assert again.model_id == ModelManifest.load(exported).model_id


def test_an_encoder_of_another_kind_is_refused(tmp_path):
    """The error names the kind found."""
    from retrieval.training.base import encoder_of

    with pytest.raises(ModelError, match="SimpleNamespace"):
        encoder_of([SimpleNamespace(auto_model=SimpleNamespace())])
    with pytest.raises(ModelError, match="only BertModel"):
        encoder_of([SimpleNamespace()])


def test_module_list_names_a_file_that_is_there(exported):
    """The class that modules.json names is in the copied module."""
    first = json.loads((exported / "modules.json").read_text("utf-8"))[0]["type"]

    module, _, name = first.partition(".")
    assert f"class {name}(" in (exported / f"{module}.py").read_text("utf-8")


def test_rows_are_rounded_within_half_a_step():
    """The largest value of a row is kept exactly."""
    weight = np.array([[0.5, -1.0, 0.013], [0, 0, 0]], np.float32)

    values, scale = quantise_rows(weight, WEIGHT_LIMIT)

    assert np.abs(values).max() == WEIGHT_LIMIT
    assert np.abs(values * scale[:, None] - weight).max() <= scale.max() / 2
    assert values[1].tolist() == [0, 0, 0]


def test_two_products_of_a_pair_fit_into_16_bits():
    """The sum that AVX2 saturates at is never reached."""
    largest_sum = 2 * 255 * WEIGHT_LIMIT

    assert largest_sum <= np.iinfo(np.int16).max


def test_stacked_names_are_taken_apart():
    """A single module is a stack of one."""
    assert split_stack("a.self.query+key") == ["a.self.query", "a.self.key"]
    assert split_stack("a.output.dense") == ["a.output.dense"]
