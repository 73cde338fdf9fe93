"""What chance gives: how surprising a pattern must be, given how many were looked at."""

import numpy as np

from detector.arrays import BoolArray, FloatArray


def worth_a_look(strength: FloatArray, worth: float) -> BoolArray:
    """Which patterns of which trades [n_trades, n_patterns] chance gives to at most a share `worth` of all trades.

    `strength` is -ln of each chance, NaN where a pattern cannot be said. Bonferroni over the patterns of a trade.
    """
    looks = np.isfinite(strength).sum(axis=1, keepdims=True)
    return np.asarray(strength >= np.log(np.maximum(looks, 1) / worth))


def beyond_chance(strength: FloatArray, discoveries: float) -> BoolArray:
    """Which of `strength` (-ln of each chance, NaN where it cannot be said) are beyond chance for a whole run.

    Of those found, a share `discoveries` may be expected to be chance (Benjamini & Hochberg 1995, JRSS B 57(1));
    all of `strength` is one family of tests.
    """
    asked = np.sort(strength[np.isfinite(strength)])[::-1]
    limit = -np.log(discoveries * np.arange(1, len(asked) + 1) / max(len(asked), 1))
    passed = np.flatnonzero(asked >= limit)
    if not len(passed):
        return np.zeros(strength.shape, dtype=bool)
    return np.asarray(strength >= asked[passed[-1]])
