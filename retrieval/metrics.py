"""Retrieval metrics and their uncertainty, named as in sentence-transformers."""

import math
from collections.abc import Sequence
from typing import TypedDict

#: Two-sided 95 % quantile of the normal distribution.
Z_95 = 1.959963984540054


class Share(TypedDict):
    """A proportion with its Wilson 95 % interval, all in [0, 1]."""

    value: float
    low: float
    high: float


def wilson(successes: float, trials: int) -> Share | None:
    """Return the Wilson score interval, or None for no trials.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    J. Am. Stat. Assoc. 22 (1927) 209-212.

    >>> wilson(9, 10)
    {'value': 0.9, 'low': 0.5958499732047615, 'high': 0.9821237869049271}
    """
    if trials == 0:
        return None
    share = successes / trials
    z2 = Z_95**2 / trials
    centre = (share + z2 / 2) / (1 + z2)
    half = Z_95 / (1 + z2) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Share(value=share, low=low, high=high)


def reciprocal_rank(expected: str, ranked: Sequence[str]) -> float:
    """Return 1 / rank of the expected key (ranks from 1), 0 when it is absent.

    >>> reciprocal_rank("b", ["a", "b"])
    0.5
    """
    return 1 / (ranked.index(expected) + 1) if expected in ranked else 0.0
