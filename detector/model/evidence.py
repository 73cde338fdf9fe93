"""Evidence: from suspicion in single features to the strength of declared patterns.

Within an aspect the surprises (-ln of a chance) of its features are averaged: they measure one thing. Over the
aspects of a pattern that can be said they are joined by Fisher's method, so that several moderate signs of
different kinds outweigh one extreme one. What cannot be said neither accuses nor clears: it is left out of sum and
count. The strongest pattern speaks; others that agree add a little (a soft maximum).

Suspicion tells how rare the shape of some bids is among lots with as many bids. How much that says depends on
their number: if agreeing firms bid with half the spread of others, a spread of three bids, however small, is at
most four times as likely with them as without, and one of ten up to five hundred times (the ratio of the densities
of two variances is at most the ratio of the variances to half the degrees of freedom). `information` weighs the
shape accordingly before it enters the score. Whether a pattern is beyond chance is asked without that weight.

Contract size, dates and identities never enter, nor does the number of bids by itself.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.erlang import erlang_surprise
from detector.patterns import PATTERNS, UNPLACED, Pattern, aspects_of
from detector.peers import Suspicion, columns_of

# How much more the strongest pattern counts: at 0 all count alike, at infinity only the strongest.
SHARPNESS = 0.4
# A pattern is at most so many times as strong as its first aspect: close bids alone make no ladder.
CARRIED = 3.0
# Features of the shape of a lot's bids, and how their weight grows with n bids: as (n - 1) / (n - 1 + `PRIOR`),
# the weight of a variance beside a prior of so many degrees of freedom; 1 at `USUAL_BIDS`, at most `MOST_INFORMED`
SHAPES = frozenset({"B01", "B02", "B05", "B06", "B08", "B11", "B12"})
PRIOR, USUAL_BIDS, MOST_INFORMED = 3.0, 5, 1.15


class Plan(NamedTuple):
    """A pattern and, for each of its aspects, the columns of the features that measure it."""

    pattern: Pattern
    columns: tuple[tuple[int, ...], ...]


class Strength(NamedTuple):
    """How strongly trades show patterns, both [n_trades, n_patterns]; NaN where the pattern cannot be said.

    `strength` is -ln of the chance of the sum over aspects. It never overstates: chance gives it, or more, at most
    that often where the aspects are independent. `weighed` is the same after `information`: what the score ranks
    by.
    """

    strength: FloatArray
    weighed: FloatArray


def plans(suspicion: Suspicion) -> tuple[Plan, ...]:
    """The patterns of which the first aspect has a feature among those of `suspicion`."""
    codes = [feature.code for feature in suspicion.table.features]
    found = []
    for pattern in (*PATTERNS, UNPLACED):
        aspects = aspects_of(pattern, codes)
        if aspects and aspects[0]:
            columns = tuple(tuple(columns_of(suspicion.table, aspect)) for aspect in aspects if aspect)
            found.append(Plan(pattern, columns))
    return tuple(found)


def strengths(suspicion: Suspicion, plan: Sequence[Plan]) -> Strength:
    """How strongly each trade shows each pattern."""
    shape = (len(suspicion.tail), len(plan))
    strength, weighed = np.full((2, *shape), np.nan)
    means: dict[tuple[int, ...], tuple[FloatArray, FloatArray]] = {}
    for place, (pattern, columns) in enumerate(plan):
        for aspect in columns:
            if aspect not in means:
                means[aspect] = _means(suspicion, aspect)
        for held, into in enumerate((strength, weighed)):
            aspects = np.stack([means[aspect][held] for aspect in columns])
            known = np.isfinite(aspects)
            joined = erlang_surprise(np.where(known, aspects, 0.0).sum(axis=0), known.sum(axis=0) * 1.0)
            if pattern is not UNPLACED:
                joined = np.where(known[0], np.minimum(joined, CARRIED * aspects[0]), np.nan)
            into[:, place] = joined
    return Strength(strength, weighed)


def information(bids: IntArray) -> FloatArray:
    """The weight [n] of the shape of so many bids."""
    grown = np.maximum(bids - 1.0, 0.0)
    usual = (USUAL_BIDS - 1.0 + PRIOR) / (USUAL_BIDS - 1.0)
    return np.asarray(np.minimum(usual * grown / (grown + PRIOR), MOST_INFORMED))


def _means(suspicion: Suspicion, aspect: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Mean surprise over the features of an aspect that have a value, plain and weighed; NaN where none has."""
    count, plain, weighed = np.zeros((3, len(suspicion.tail)))
    weight = information(suspicion.bids)
    for column in aspect:
        surprise = -np.log1p(-suspicion.tail[:, column])
        known = np.isfinite(surprise)
        count += known
        plain[known] += surprise[known]
        weighed[known] += (surprise * weight if _is_shape(suspicion, column) else surprise)[known]
    count[count == 0] = np.nan
    return plain / count, weighed / count


def _is_shape(suspicion: Suspicion, column: int) -> bool:
    return suspicion.table.features[column].code in SHAPES


def joint(strength: FloatArray) -> FloatArray:
    """Soft maximum over the patterns of `strength` [n_trades, n_patterns]; 0 where nothing shows."""
    held = np.nan_to_num(strength, nan=0.0)
    top = held.max(axis=1, initial=0.0)
    spread = np.exp(SHARPNESS * (held - top[:, None])).mean(axis=1)
    return np.asarray(top + np.log(spread) / SHARPNESS)


def pattern_shares(strength: FloatArray) -> FloatArray:
    """Which part of `joint` each pattern gives, [n_trades, n_patterns]; rows sum to 1, or to 0 where it is 0."""
    held = np.nan_to_num(strength, nan=0.0)
    top = held.max(axis=1, initial=0.0)
    weight = held * np.exp(SHARPNESS * (held - top[:, None]))
    total = weight.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weight, total, out=np.zeros_like(weight), where=total > 0))


def feature_shares(suspicion: Suspicion, plan: Plan, row: int) -> FloatArray:
    """Which part of a pattern's total each feature gives for one trade; sums to 1, or to 0 without evidence."""
    surprise = -np.log1p(-suspicion.tail[row])
    weight = float(information(suspicion.bids[row : row + 1])[0])
    given = np.zeros(len(surprise))
    for aspect in plan.columns:
        known = [column for column in aspect if np.isfinite(surprise[column])]
        for column in known:
            given[column] += surprise[column] * (weight if _is_shape(suspicion, column) else 1.0) / len(known)
    total = given.sum()
    return np.asarray(given / total) if total > 0 else given
