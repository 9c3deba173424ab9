"""Whether two questions ask the same."""

import numpy as np
import pytest

from retrieval.decision import Match
from retrieval.likeness import Traits, are_near, likeness, pack, unpack

HERE = [Match("paddy.blast", 0.5, "?", 0.6, 0.1), Match("paddy.urea", 0.3, "?", 0.3, 0.1)]
THERE = [Match("cow.milk", 0.5, "?", 0.6, 0.1), Match("cow.feed", 0.3, "?", 0.3, 0.1)]


def vector(*numbers: float) -> bytes:
    """A packed vector."""
    return pack(np.array(numbers, dtype=np.float32))


def traits(text: str, matches: list[Match], *numbers: float, model_id: str = "m") -> Traits:
    """A question's."""
    return Traits.of(text, matches, vector(*numbers) if numbers else None, model_id)


def test_a_packed_vector_keeps_its_direction() -> None:
    """One byte a dimension; the cosine with the vector itself is one."""
    rng = np.random.default_rng(1)
    unit = rng.normal(size=384).astype(np.float32)
    unit /= np.linalg.norm(unit)

    packed = pack(unit)

    assert len(packed) == 384
    assert float(unpack(packed) @ unit) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("packed", [b"", vector(0.0, 0.0)])
def test_a_vector_without_direction_is_like_nothing(packed: bytes) -> None:
    """No division by zero."""
    assert not np.isnan(unpack(packed)).any()


def test_the_same_sound_is_the_same_question() -> None:
    """In any script, with nothing else known."""
    assert likeness(traits("කොළ කහ වෙනවා", []), traits("kola kaha wenawa", [])) == 1


def test_wordless_questions_are_not_alike() -> None:
    """Two that have no sound have nothing in common."""
    assert likeness(traits("?", []), traits("!!", [])) == 0


def test_vectors_and_neighbours_count_together() -> None:
    """Near each other and near the same entries is more alike than either alone."""
    first = traits("a", HERE, 1, 0)

    both = likeness(first, traits("b", HERE, 1, 0))
    elsewhere = likeness(first, traits("b", THERE, 1, 0))
    turned = likeness(first, traits("b", HERE, 0, 1))

    assert both == pytest.approx(1)
    assert (elsewhere, turned) == (pytest.approx(0.7), pytest.approx(0.3))


def test_a_lone_neighbour_is_one() -> None:
    """Though it is no nearer than the last one found, which is itself."""
    first, second = (traits(text, HERE[:1], 1, 0) for text in "ab")

    assert likeness(first, second) == pytest.approx(1)


def test_vectors_of_two_models_are_not_compared() -> None:
    """Nor one that is there with one that is not."""
    first = traits("a", HERE, 1, 0)

    assert likeness(first, traits("b", HERE, 1, 0, model_id="other")) == 0
    assert likeness(first, traits("b", HERE)) == 0


def test_most_of_many_vectors_are_told_apart_by_themselves() -> None:
    """One at a right angle cannot be alike, whatever else the questions share."""
    others = [vector(1, 0), vector(0, 1), vector(1, 0.5), vector(0, 0)]

    assert are_near(vector(1, 0), others) == [True, False, True, False]
    assert are_near(vector(1, 0), []) == []
