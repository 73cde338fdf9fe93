"""Measures of a ranking, each with how sure it is: area under the curve, average precision, shares, overlap."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray

# Standard normal quantile of a two-sided 95 % interval.
SURE = 1.959963984540054
REPEATS = 500


class Interval(NamedTuple):
    """A 95 % interval; NaN at both ends where nothing can be said."""

    low: float
    high: float


class Ranking(NamedTuple):
    """Labels from the highest score to the lowest: `order` of the rows, and the `ends` of runs of equal scores."""

    order: IntArray
    label: BoolArray
    ends: IntArray

    @classmethod
    def of(cls, score: FloatArray, label: BoolArray) -> "Ranking":
        """The ranking of `label` by `score`, both [n]."""
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        last = np.append(ranked[1:] != ranked[:-1], True) if len(ranked) else np.zeros(0, dtype=bool)
        return cls(order, label[order], np.flatnonzero(last))


Measure = Callable[[Ranking, FloatArray], float]


def roc_auc(ranking: Ranking, weight: FloatArray) -> float:
    """Chance that a labelled row ranks above an unlabelled one, ties counted half; NaN without both kinds.

    `weight` [n]: how often each row, in ranked order, counts.
    """
    hits, misses = _steps(ranking, weight)
    pairs = hits.sum() * misses.sum()
    above = np.cumsum(hits) - 0.5 * hits
    return float((misses * above).sum() / pairs) if pairs > 0 else np.nan


def average_precision(ranking: Ranking, weight: FloatArray) -> float:
    """Mean of the precision at each labelled row, equal scores taken together; NaN where none is labelled.

    `weight` [n]: how often each row, in ranked order, counts.
    """
    hits, misses = _steps(ranking, weight)
    found, read = np.cumsum(hits), np.cumsum(hits + misses)
    precision = np.divide(found, read, out=np.zeros_like(found), where=read > 0)
    return float((hits * precision).sum() / found[-1]) if len(found) and found[-1] > 0 else np.nan


def once(ranking: Ranking) -> FloatArray:
    """The weights of a ranking in which each row counts once."""
    return np.ones(len(ranking.order))


def bootstrap(measure: Measure, ranking: Ranking, seed: int, repeats: int = REPEATS) -> Interval:
    """95 % percentile interval of `measure` over rows drawn with replacement (Efron 1979)."""
    n = len(ranking.order)
    if n == 0:
        return Interval(np.nan, np.nan)
    rng = np.random.default_rng(seed)
    drawn = np.array(
        [
            measure(ranking, np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64))
            for _ in range(repeats)
        ]
    )
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(known, (0.025, 0.975))
    return Interval(float(low), float(high))


def share_interval(share: float, n: int) -> Interval:
    """95 % interval of a share seen in `n` cases (Wilson 1927, JASA 22); it never leaves 0 to 1."""
    if n < 1 or not np.isfinite(share):
        return Interval(np.nan, np.nan)
    square = SURE**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = SURE / (1 + square / n) * np.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At 0 and 1 rounding must not leave the share itself outside.
    return Interval(float(max(min(middle - reach, share), 0.0)), float(min(max(middle + reach, share), 1.0)))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of what either holds that both hold (Jaccard 1901); NaN where both are empty."""
    return len(one & other) / len(one | other) if one | other else np.nan


def highest(score: FloatArray, count: int) -> IntArray:
    """Rows of the `count` highest scores, the first of equal ones first."""
    return np.argsort(-score, kind="stable")[:count]


def _steps(ranking: Ranking, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weight of labelled and of unlabelled rows in each run of equal scores."""
    hits = np.cumsum(np.where(ranking.label, weight, 0.0))[ranking.ends]
    misses = np.cumsum(np.where(ranking.label, 0.0, weight))[ranking.ends]
    return np.diff(hits, prepend=0.0), np.diff(misses, prepend=0.0)
