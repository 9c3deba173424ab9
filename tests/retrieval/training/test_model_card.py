import pytest

from retrieval.decision import Thresholds
from retrieval.manifest import WEIGHT_FILES, ModelManifest
from retrieval.ranking import Fusion
from retrieval.training.model_card import render_card, write_card

MANIFEST = ModelManifest(
    name="govi-e5",
    dim=384,
    max_tokens=128,
    sha256={name: f"{at}a1b2c3d" * 8 for at, name in enumerate(WEIGHT_FILES)},
    normalizer_version=1,
    thresholds=Thresholds(answer=0.8, suggest=0.6, margin=0.05),
    fusion=Fusion(dense_weight=0.55),
    trained_on="426 entries, 5,809 phrasings",
    recipe={"epochs": 4, "learning_rate": 5e-5},
    metrics={"accuracy@1, Singlish": 0.92345},
)


def test_card_opens_with_front_matter():
    """A hub reads licence, base and languages."""
    head = render_card(MANIFEST).split("---")[1]

    assert "license: mit" in head
    assert "base_model: intfloat/multilingual-e5-small" in head


def test_card_tells_data_recipe_results_and_settings():
    """Everything that was given stands in it."""
    card = render_card(MANIFEST)

    for shown in ("426 entries", "| epochs | 4 |", "| learning_rate | 5e-05 |", "0.9234", "0.55"):
        assert shown in card


def test_card_of_an_untouched_base_says_so():
    """No empty tables."""
    card = render_card(
        ModelManifest(**{**fields(), "metrics": {}, "recipe": {}, "trained_on": "nothing"})
    )

    assert "Trained on: nothing." in card
    assert "Not measured." in card


def test_card_names_a_prompt_only_where_there_is_one():
    """Serving without the prompt would give other vectors."""
    assert "preceded by" not in render_card(MANIFEST)
    assert "`query: `" in render_card(ModelManifest(**{**fields(), "prompt": "query: "}))


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_card_gives_the_digest_of_each_file_of_weights(name):
    """Who downloads the model can compare."""
    assert f"| sha256 of {name} | {MANIFEST.sha256[name]} |" in render_card(MANIFEST)


def test_card_is_written_beside_the_model(tmp_path):
    """README.md is what a hub shows."""
    write_card(tmp_path, MANIFEST)

    assert (tmp_path / "README.md").read_text("utf-8") == render_card(MANIFEST)


def test_what_others_added_to_the_card_stays(tmp_path):
    """An ablation takes hours; a card is written anew with every calibration."""
    card = tmp_path / "README.md"
    card.write_text(f"{render_card(MANIFEST)}\n## Ablation\n\n| a | b |\n", "utf-8")

    write_card(tmp_path, ModelManifest(**{**fields(), "recipe": {"epochs": 9}}))

    assert "| epochs | 9 |" in card.read_text("utf-8")
    assert card.read_text("utf-8").endswith("see LICENSE and NOTICE.\n\n## Ablation\n\n| a | b |\n")


def fields():
    """The manifest's fields, to change some."""
    return {name: getattr(MANIFEST, name) for name in MANIFEST.__dataclass_fields__}
