from collections import Counter

import pytest

from retrieval.segment import IndexedEntry
from retrieval.training.pairs import (
    PairDrawer,
    PairRow,
    TrainingDataError,
    as_stranger,
    find_near_entries,
    plan_batches,
)

BLAST = IndexedEntry(
    key="blast",
    title="Rice blast",
    keywords=("blast", "fungus"),
    answer="කොළ පාළු රෝගයකි.",
    phrasings=("කොළ පාළු", "පාළු රෝගය", "blast එක"),
)
BLAST_SEED = IndexedEntry(
    "blast.seed", "Seed and blast", (), "බීජ ප්‍රතිකාර කරන්න.", ("පාළු රෝගයට බීජ", "බීජ පාළු")
)
LOAN = IndexedEntry("loan", "Farm loan", (), "බැංකුවට යන්න.", ("ණයක් ගන්න", "ගොවි ණය"))
ENTRIES = [BLAST, BLAST_SEED, LOAN]


def rows_of(count, kind="question_answer", keys=10):
    """Rows of a few entries, of many lengths."""
    return [PairRow(f"k{n % keys}", kind, "ප" * (n % 13 + 1), "උ") for n in range(count)]


def test_the_reference_kind_pairs_each_question_with_its_answer():
    """One row a phrasing, nothing else."""
    rows = PairDrawer(ENTRIES, ["question_answer"], seed=1).draw_epoch()

    assert len(rows) == 7
    assert {row.positive for row in rows if row.key == "loan"} == {LOAN.answer}


def test_questions_are_paired_with_another_of_their_entry():
    """A question is never its own partner."""
    rows = PairDrawer(ENTRIES, ["question_question"], seed=1).draw_epoch()

    assert all(row.question != row.positive for row in rows)
    assert all(row.positive in BLAST.phrasings for row in rows if row.key == "blast")


def test_partners_change_between_epochs():
    """A second epoch is not the first again."""
    drawer = PairDrawer(ENTRIES, ["question_question"], seed=1)

    epochs = {tuple(drawer.draw_epoch()) for _ in range(8)}

    assert len(epochs) > 1


def test_one_seed_draws_the_same_rows():
    """A run can be repeated."""
    one = PairDrawer(ENTRIES, ["question_question", "question_title"], seed=5).draw_epoch()

    assert one == PairDrawer(ENTRIES, ["question_question", "question_title"], seed=5).draw_epoch()


def test_english_sides_come_from_titles_and_glosses():
    """A kind without material for an entry adds no row."""
    kinds, glosses = ["question_title", "question_gloss"], {BLAST.phrasings[0]: "leaf blast"}

    rows = PairDrawer([BLAST, LOAN], kinds, seed=1, glosses=glosses).draw_epoch()

    assert Counter(row.positive for row in rows) == {
        "Rice blast": 3,
        "Farm loan": 2,
        "leaf blast": 1,
    }


def test_a_lone_phrasing_is_its_own_partner():
    """So it is learnt to lie far from the others' texts, however few ways of asking it has."""
    lonely = IndexedEntry("lonely", "t", (), "a", ("එකයි",))

    rows = PairDrawer([lonely, LOAN], ["question_question"], seed=1).draw_epoch()

    assert [(row.question, row.positive) for row in rows if row.key == "lonely"] == [("එකයි",) * 2]


def test_a_stranger_is_paired_with_itself_alone():
    """A question that no entry answers has no answer or title to lie near to."""
    kinds = ["question_answer", "question_title", "question_question"]

    rows = PairDrawer([as_stranger(7, "රත්තරන් ගාන"), LOAN], kinds, seed=1).draw_epoch()

    assert [(row.kind, row.positive) for row in rows if row.key not in {"loan"}] == [
        ("question_question", "රත්තරන් ගාන")
    ]


def test_hard_negatives_come_from_near_entries():
    """The text is of the same kind as the positive."""
    near = {"blast": ["blast.seed"], "blast.seed": ["blast"], "loan": ["blast"]}

    rows = PairDrawer(
        ENTRIES, ["question_answer"], seed=1, near=near, hard_negatives=1
    ).draw_epoch()

    assert {row.negatives for row in rows if row.key == "blast"} == {(BLAST_SEED.answer,)}


def test_every_row_has_as_many_negatives_as_asked():
    """Where too few entries are near, others stand in; never the entry itself."""
    near = find_near_entries(ENTRIES, count=1)

    rows = PairDrawer(
        ENTRIES, ["question_answer"], seed=1, near=near, hard_negatives=3
    ).draw_epoch()

    assert {len(row.negatives) for row in rows} == {3}
    assert all(row.positive not in row.negatives for row in rows)


def test_variants_replace_all_questions_at_full_share():
    """The answer side is left as it is."""
    drawer = PairDrawer(
        ENTRIES, ["question_answer"], seed=1, augment=lambda text: ["x" + text], augment_share=1.0
    )

    rows = drawer.draw_epoch()

    assert all(row.question.startswith("x") for row in rows)
    assert not any(row.positive.startswith("x") for row in rows)


def test_a_text_without_variants_is_kept():
    """Augmentation may have nothing to offer."""
    drawer = PairDrawer(
        ENTRIES, ["question_answer"], seed=1, augment=lambda text: [], augment_share=1.0
    )

    assert drawer.draw_epoch()[0].question == BLAST.phrasings[0]


def test_drawing_fails_with_a_single_entry():
    """Nothing to tell it from."""
    with pytest.raises(TrainingDataError, match="there are 1"):
        PairDrawer([BLAST], ["question_answer"], seed=1)


def test_drawing_fails_for_negatives_without_near_entries():
    """The missing argument is named."""
    with pytest.raises(TrainingDataError, match="near"):
        PairDrawer(ENTRIES, ["question_answer"], seed=1, hard_negatives=1)


def test_every_row_is_in_one_batch():
    """Nothing is lost or seen twice."""
    batches = plan_batches(rows_of(64), 8, seed=3)

    assert sorted(at for batch in batches for at in batch) == list(range(64))
    assert all(len(batch) <= 8 for batch in batches)


def test_no_entry_stands_twice_in_a_batch():
    """A row is never pushed away from its own entry, and next to no row is lost for it."""
    rows = rows_of(100, keys=9)

    batches = plan_batches(rows, 8, seed=3, no_duplicates=True)

    assert len({at for batch in batches for at in batch}) >= 98
    assert all(len({rows[at].key for at in batch}) == len(batch) for batch in batches)


def test_a_batch_holds_one_kind():
    """English positives are not told apart by their script alone."""
    rows = rows_of(20) + rows_of(20, kind="question_title")

    batches = plan_batches(rows, 8, seed=3)

    assert all(len({rows[at].kind for at in batch}) == 1 for batch in batches)


def test_a_batch_of_one_row_is_left_out():
    """It would have no negative."""
    batches = plan_batches(rows_of(9), 8, seed=3)

    assert [len(batch) for batch in batches] == [8]


def test_near_entries_share_batches():
    """With four circles of near entries, batches of four are drawn from one circle mostly."""
    rows = rows_of(64, keys=16)
    near = {f"k{n}": [f"k{m}" for m in range(16) if m % 4 == n % 4 and m != n] for n in range(16)}

    batches = plan_batches(rows, 4, seed=3, no_duplicates=True, near=near)

    circles = [len({int(rows[at].key[1:]) % 4 for at in batch}) for batch in batches]
    assert sum(circles) / len(circles) < 2
    assert sorted(at for batch in batches for at in batch) == list(range(64))


def test_near_entries_are_those_that_sound_alike():
    """Two entries on blast are nearer to each other than to a loan."""
    near = find_near_entries(ENTRIES)

    assert near["blast"][0] == "blast.seed"
    assert near["blast.seed"][0] == "blast"
    assert "loan" not in near["loan"]


@pytest.mark.parametrize(
    ("entries", "nearest"),
    [
        ([["kumburata miris"], ["kumburata pohora"], ["gasa miris"], ["kumburata naya"],
          ["kumburata wee"]], "2"),
        ([["miris kukula"], ["miris kukula goyam"] * 9, ["miris kukula"], ["goyam"], ["watta"],
          ["watta"]], "2"),
        ([["miris kukula"], [*["miris"] * 9, "kukula"], ["miris kukula goyam"], ["goyam"],
          ["goyam"]], "1"),
    ],
    ids=["rare", "long", "often"],
)  # fmt: skip
def test_what_few_entries_say_makes_them_near(entries, nearest):
    """Not what all say, nor that one says much, nor that it says one thing often."""
    near = find_near_entries(
        [IndexedEntry(str(at), "", (), "", tuple(texts)) for at, texts in enumerate(entries)]
    )

    assert near["0"][0] == nearest


@pytest.mark.parametrize(("count", "found"), [(1, 1), (9, 2)])
def test_as_many_near_entries_are_found_as_there_are_and_asked_for(count, found):
    """Never more."""
    near = find_near_entries(ENTRIES, count)

    assert {len(keys) for keys in near.values()} == {found}
