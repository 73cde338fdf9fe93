"""Drift: do the records of tonight look like those a model was fitted on?

Measured by the population stability index over tenths of the reference, with one more bin for "no value": a
source that lost a column shows there first. It looks at the values of features and at the score, not at
suspicion, which is a rank among tonight's own peers and therefore the same however far all of them moved.

Below 0.1 nothing moved, above 0.25 another population is being scored: a habit of credit scoring without a theory.
The index of two samples of one population is about chi-squared with bins - 1 degrees of freedom times (1/n + 1/m)
(Yurdakul 2018, "Statistical properties of population stability index"), so small samples get a wider limit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray, IntArray

BINS = 10
MOVED = 0.25
# Standard deviations of the index of two samples of one population.
CHANCE = 3.0


class Profile(NamedTuple):
    """How columns were spread: inner `edges` [n_columns, 9], infinite where there was no value at all, and
    `counts` [n_columns, 11] of the tenths and of "no value"."""

    edges: FloatArray
    counts: IntArray


class Drift(NamedTuple):
    """How far one column moved: `psi`, and the `limit` above which it is another population."""

    name: str
    psi: float
    limit: float

    @property
    def moved(self) -> bool:
        """Whether this is more than a habit or chance explains."""
        return self.psi > self.limit


def profile_of(columns: FloatArray) -> Profile:
    """The profile of `columns` [n, n_columns]; NaN is "no value"."""
    shares = np.arange(1, BINS) / BINS
    edges = np.full((columns.shape[1], BINS - 1), np.inf)
    for place, column in enumerate(columns.T):
        known = column[np.isfinite(column)]
        if len(known):
            edges[place] = np.quantile(known, shares)
    return Profile(edges, _counts(edges, columns))


def drift(reference: Profile, columns: FloatArray, names: Sequence[str]) -> tuple[Drift, ...]:
    """How far each of `columns` [n, n_columns] lies from the reference, in the order of `names`."""
    now = _counts(reference.edges, columns)
    before = int(reference.counts[0].sum()) if len(reference.counts) else 0
    spread = BINS + CHANCE * np.sqrt(2.0 * BINS)
    limit = max(MOVED, spread * (1.0 / max(before, 1) + 1.0 / max(len(columns), 1)))
    return tuple(
        Drift(name, stability_index(old, new), float(limit))
        for name, old, new in zip(names, reference.counts, now, strict=True)
    )


def stability_index(before: IntArray, now: IntArray) -> float:
    """Population stability index of two counts over the same bins; half a case is added to each bin."""
    p = (before + 0.5) / (before.sum() + 0.5 * len(before))
    q = (now + 0.5) / (now.sum() + 0.5 * len(now))
    return float(((q - p) * np.log(q / p)).sum())


def _counts(edges: FloatArray, columns: FloatArray) -> IntArray:
    counts = np.zeros((len(edges), BINS + 1), dtype=np.int64)
    for place, column in enumerate(columns.T):
        known = np.isfinite(column)
        bins = np.searchsorted(edges[place], column[known], side="left")
        counts[place] = np.bincount(bins, minlength=BINS + 1)
        counts[place, BINS] = (~known).sum()
    return counts
