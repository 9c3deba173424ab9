import shutil
from dataclasses import replace

import pytest

from retrieval.errors import ModelError
from retrieval.evaluation import EvalCase
from retrieval.segment import IndexedEntry
from retrieval.training.finetune import finetune
from retrieval.training.pairs import TrainingDataError
from retrieval.training.plan import DevExam, TrainingRecipe

pytestmark = pytest.mark.train

ENTRIES = [
    IndexedEntry(
        f"k{n}", f"title {n}", (), f"පිළිතුර {letter * 4}", tuple(f"{letter} {m}" for m in range(6))
    )
    for n, letter in enumerate("කගජටඩතදනපබමයරලවසහළ")
]
DEV = [EvalCase(f"{e.phrasings[0][0]} 9", e.key, "clean") for e in ENTRIES]
FAST = TrainingRecipe(
    pairs=("question_question",), batch_size=8, learning_rate=1e-3, no_duplicates=True
)


@pytest.fixture
def train(tiny_model_dir, tmp_path):
    """Trains the tiny model by a recipe."""

    def run(recipe, dev=(), base=tiny_model_dir, **options):
        return finetune(base, tmp_path / "out", ENTRIES, dev, recipe, **options)

    return run


def test_defaults_are_the_reference_recipe():
    """Every value of the reference model card."""
    recipe = TrainingRecipe()

    assert recipe.pairs == ("question_answer",)
    assert (recipe.batch_size, recipe.epochs, recipe.learning_rate) == (32, 1, 5e-5)
    assert (recipe.warmup, recipe.weight_decay, recipe.scale, recipe.seed) == (0, 0, 20, 42)
    assert (recipe.max_tokens, recipe.precision, recipe.symmetric) == (128, "fp32", False)
    assert not any((recipe.no_duplicates, recipe.hard_negatives, recipe.augment_share))


def test_training_lowers_the_loss_and_writes_a_model(train, tmp_path):
    """A few epochs on tiny data are learnt."""
    from sentence_transformers import SentenceTransformer

    short, longer = train(replace(FAST, epochs=1)), train(replace(FAST, epochs=6))

    assert longer.loss < short.loss
    assert longer.steps == 6 * short.steps
    assert SentenceTransformer(str(tmp_path / "out"), device="cpu").max_seq_length == 128


def test_part_of_an_epoch_is_part_of_its_steps(train):
    """Half an epoch takes half the steps."""
    assert train(replace(FAST, epochs=0.5)).steps == pytest.approx(
        train(replace(FAST, epochs=1)).steps / 2, abs=1
    )


def test_one_seed_trains_the_same_model(train, tmp_path):
    """A run can be repeated to the bit on one machine."""
    train(FAST)
    first = (tmp_path / "out" / "model.safetensors").read_bytes()

    train(FAST)

    assert (tmp_path / "out" / "model.safetensors").read_bytes() == first


def test_dev_accuracy_is_followed(train):
    """One evaluation an epoch; the best is reported."""
    outcome = train(replace(FAST, epochs=3), DEV)

    accuracies = [accuracy for _, accuracy in outcome.history]
    assert len(accuracies) == 3
    assert outcome.dev_accuracy == max(accuracies)


def test_questions_off_topic_are_learnt_and_found_by_no_one(train):
    """Each adds a row to an epoch; the exam knows the entries alone."""
    strangers = [f"x{n}" for n in range(8)]

    outcome = train(FAST, DEV, off_topic=strangers)

    assert outcome.rows == train(FAST, DEV).rows + len(strangers)
    assert outcome.dev_accuracy > 0


def test_training_ends_early_without_progress(train):
    """A rate of zero never gets better."""
    outcome = train(replace(FAST, epochs=8, learning_rate=0.0, patience=1), DEV)

    assert len(outcome.history) == 2


def test_progress_is_reported_and_nothing_printed(train, capfd):
    """Lines go to the given function, stdout stays clean."""
    lines = []

    train(FAST, DEV, report=lines.append)

    assert lines[0].startswith("training: step 0 of")
    assert any("dev accuracy@1" in line for line in lines)
    assert capfd.readouterr().out == ""


def test_a_broken_off_run_goes_on(train, tmp_path):
    """A finished first epoch is not repeated."""
    place = tmp_path / "checkpoints"

    class StopError(Exception):
        pass

    def stop_in_second_epoch(line):
        if "dev accuracy" in line and seen:
            raise StopError
        seen.append(line) if "dev accuracy" in line else None

    seen = []
    with pytest.raises(StopError):
        train(replace(FAST, epochs=3), DEV, checkpoint_dir=place, report=stop_in_second_epoch)
    lines = []
    train(replace(FAST, epochs=3), DEV, checkpoint_dir=place, report=lines.append)

    assert not lines[0].startswith("training: step 0 ")


def test_a_run_goes_on_from_its_last_whole_checkpoint(train, tmp_path):
    """One that was being written when the process was killed is passed over."""
    place = tmp_path / "checkpoints"
    train(FAST, DEV, checkpoint_dir=place)
    torn = place / "checkpoint-999"
    torn.mkdir()
    (torn / "config.json").write_text("{}")
    lines = []

    train(FAST, DEV, checkpoint_dir=place, report=lines.append)

    assert not lines[0].startswith("training: step 0 ")


def test_a_checkpoint_of_another_base_is_refused(train, tmp_path, tiny_model_dir):
    """It would be gone on from, and the new base never read."""
    train(FAST, checkpoint_dir=tmp_path / "checkpoints")
    other = shutil.copytree(tiny_model_dir, tmp_path / "other")
    with (other / "tokenizer.json").open("a") as file:
        file.write("\n")

    with pytest.raises(TrainingDataError, match="base"):
        train(FAST, base=other, checkpoint_dir=tmp_path / "checkpoints")


def test_a_folder_without_a_model_is_no_base(train, tmp_path):
    """It is named, and claims no checkpoints."""
    place = tmp_path / "checkpoints"

    with pytest.raises(ModelError, match=f"govi model build.*{tmp_path.name}"):
        train(FAST, base=tmp_path, checkpoint_dir=place)
    assert not place.exists()


@pytest.mark.parametrize("change", [{"pairs": ("question_gloss",)}, {"epochs": 0.01}])
def test_a_recipe_without_a_single_batch_is_refused(train, change):
    """Entries have no glosses unless somebody gives some."""
    with pytest.raises(TrainingDataError, match="not one batch"):
        train(replace(FAST, **change))


def test_a_checkpoint_of_another_recipe_is_refused(train, tmp_path):
    """Two runs never mix."""
    train(FAST, checkpoint_dir=tmp_path / "checkpoints")

    with pytest.raises(TrainingDataError, match="another recipe"):
        train(replace(FAST, seed=1), checkpoint_dir=tmp_path / "checkpoints")


@pytest.mark.parametrize(
    "change",
    [
        {"hard_negatives": 2},
        {"near_batches": True},
        {"symmetric": True},
        {"precision": "bf16"},
        {"dropout": 0.0},
        {"prompt": "query: "},
        {"warmup": 0.1},
        {"pairs": ("question_answer", "question_question", "question_title")},
    ],
)
def test_every_option_trains(train, change):
    """Each choice of the ablation runs."""
    assert train(replace(FAST, **change)).steps > 0


def test_augmented_texts_are_prepared_too(train):
    """Variants pass through the same preparation as everything else."""
    seen = []

    def prepare(text):
        seen.append(text)
        return text.lower()

    train(replace(FAST, augment_share=1.0), augment=lambda text: [text + "!"], prepare=prepare)

    assert any(text.endswith("!") for text in seen)


def test_the_exam_leaves_out_questions_without_an_entry():
    """accuracy@1 is asked of answerable questions."""
    exam = DevExam.prepare(ENTRIES, [*DEV, EvalCase("කාලගුණය", None, "far")], str)

    assert len(exam.questions) == len(DEV)
    assert len(exam.indexed) == len(ENTRIES) * 7
