"""How likely a message calls for help: small networks over its words and letters, by sound.

Learnt from labelled messages (knowledge/emergency_messages.jsonl) by `govi model emergencies`; it
knows what the rules of `bot.emergency` were not told. Needs neither the embedder nor the database.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from retrieval.array_file import read_arrays, write_arrays

WORD_SIZES = (1, 2, 3)
LETTER_SIZES = (2, 3, 4, 5)
ORDINARY = ""


class EmergencyClassifier:
    """Networks with one hidden layer over the features of a message; safe in any thread.

    Each says how likely every kind is, and the mean counts: what one of them has learnt by chance
    the others have not.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        features: NDArray[np.uint32],
        weights: NDArray[np.float16],
        hidden: NDArray[np.float32],
        outputs: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        """Take what was learnt.

        Args:
            kinds: What a message can be; `ORDINARY` is one.
            features: uint32 (features,), ascending: those that count.
            weights: float16 (features, networks * units): what each adds to the hidden units.
            hidden: float32 (networks, units): their bias.
            outputs: float32 (networks, units, kinds).
            bias: float32 (networks, kinds).
        """
        self.kinds = tuple(kinds)
        self._features = features
        self._weights = weights
        self._hidden = hidden
        self._outputs = outputs
        self._bias = bias
        self._ordinary = self.kinds.index(ORDINARY)

    @classmethod
    def read(cls, path: Path) -> "EmergencyClassifier":
        """Map a file that `write` has written.

        Raises:
            OSError, ValueError: There is none, or it is damaged.
        """
        arrays = read_arrays(path)
        if arrays.keys() != {"kinds", "features", "weights", "hidden", "outputs", "bias"}:
            raise ValueError("it holds something else")
        if not len(arrays["features"]):
            raise ValueError("it has learnt nothing")
        kinds = bytes(arrays.pop("kinds")).decode().split(",")
        networks, units = arrays["outputs"].shape[:2]
        shapes = {
            "features": (len(arrays["features"]),),
            "weights": (len(arrays["features"]), networks * units),
            "hidden": (networks, units),
            "outputs": (networks, units, len(kinds)),
            "bias": (networks, len(kinds)),
        }
        if {name: array.shape for name, array in arrays.items()} != shapes or ORDINARY not in kinds:
            raise ValueError("it was written by another release")
        return cls(kinds, **arrays)

    def write(self, path: Path) -> None:
        """Write what was learnt to one file, aside first: the old one may be mapped just now."""
        arrays: dict[str, NDArray[Any]] = {
            "kinds": np.frombuffer(",".join(self.kinds).encode(), dtype=np.uint8),
            "features": self._features,
            "weights": self._weights,
            "hidden": self._hidden,
            "outputs": self._outputs,
            "bias": self._bias,
        }
        aside = path.with_name(f"{path.name}.writing")
        write_arrays(aside, arrays)
        aside.replace(path)

    def judge(self, sounds: Sequence[str]) -> tuple[str, float]:
        """Return the likeliest kind of call for help, and how likely it is that it is any.

        Args:
            sounds: Of at least one word.
        """
        features, values = extract(sounds)
        places, is_known = locate(features, self._features)
        heard = values[is_known] @ self._weights[places].astype(np.float32)
        units = np.maximum(heard.reshape(self._hidden.shape) + self._hidden, 0)
        scores = np.einsum("nu,nuk->nk", units, self._outputs) + self._bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = (powers / powers.sum(axis=1, keepdims=True)).mean(axis=0)
        danger = float(1 - shares[self._ordinary])
        shares[self._ordinary] = 0
        return self.kinds[int(shares.argmax())], danger


def extract(sounds: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return a message's features, each as a number, and their values, float32.

    The features are one to three words in a row and two to five letters of a word; each of these
    two sorts has unit length. Of 860,000 features, some 85 pairs share a number.
    """
    words, letters = _number(_word_features(sounds)), _number(_letter_features(sounds))
    counts = [len(words), len(letters)]
    values = np.repeat(np.array(counts, dtype=np.float32) ** -0.5, counts)
    return np.concatenate([words, letters]), values


def locate(
    features: NDArray[np.uint32], known: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the places of features among the known ones, and of each whether it is one.

    Args:
        features: In any order.
        known: Ascending.

    Returns:
        int64, a place for each feature that is known, in their order; bool (features,).
    """
    places = np.searchsorted(known, features)
    places[places == len(known)] = 0
    is_known = known[places] == features
    return places[is_known], is_known


def _word_features(sounds: Sequence[str]) -> Iterator[str]:
    for size in WORD_SIZES:
        for start in range(len(sounds) - size + 1):
            yield " ".join(sounds[start : start + size])


def _letter_features(sounds: Sequence[str]) -> Iterator[str]:
    for sound in set(sounds):
        word = f"^{sound}$"
        for size in LETTER_SIZES:
            for start in range(len(word) - size + 1):
                yield "~" + word[start : start + size]


def _number(features: Iterable[str]) -> NDArray[np.uint32]:
    numbers = {crc32(feature.encode("utf-8", "surrogatepass")) for feature in features}
    return np.array(sorted(numbers), dtype=np.uint32)
