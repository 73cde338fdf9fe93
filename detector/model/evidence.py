"""Evidence: from suspicion in single features to the strength of declared patterns.

Within an aspect the surprises (-ln of a chance) of its features are averaged: they measure one thing. Over the
aspects of a pattern that can be said they are joined by Fisher's method, so that several moderate signs of
different kinds outweigh one extreme one. What cannot be said neither accuses nor clears: it is left out of sum and
count. The strongest pattern speaks; others that agree add a little (a soft maximum).

Contract size, dates, identities and the number of bidders never enter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.erlang import erlang_surprise
from detector.patterns import PATTERNS, UNPLACED, Pattern, aspects_of
from detector.peers import Suspicion, columns_of

# How much more the strongest pattern counts: at 0 all count alike, at infinity only the strongest.
SHARPNESS = 0.4
# A pattern is at most so many times as strong as its first aspect: close bids alone make no ladder.
CARRIED = 3.0


class Plan(NamedTuple):
    """A pattern and, for each of its aspects, the columns of the features that measure it."""

    pattern: Pattern
    columns: tuple[tuple[int, ...], ...]


class Strength(NamedTuple):
    """`total` and `strength`, both [n_trades, n_patterns]: the sum over aspects, and -ln of its chance.

    NaN where the pattern cannot be said. A strength never overstates: chance gives it, or more, at most that often
    where the aspects are independent.
    """

    total: FloatArray
    strength: FloatArray


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
    totals, strength = np.full(shape, np.nan), np.full(shape, np.nan)
    surprise = suspicion.surprise
    for place, (pattern, columns) in enumerate(plan):
        aspects = np.stack([_mean(surprise, aspect) for aspect in columns])
        known = np.isfinite(aspects)
        sayable = known.any(axis=0) if pattern is UNPLACED else known[0]
        total = np.where(known, aspects, 0.0).sum(axis=0)
        totals[sayable, place] = total[sayable]
        joined = erlang_surprise(total, known.sum(axis=0) * 1.0)
        if pattern is not UNPLACED:
            joined = np.minimum(joined, CARRIED * aspects[0])
        strength[:, place] = np.where(sayable, joined, np.nan)
    return Strength(totals, strength)


def _mean(surprise: FloatArray, columns: Sequence[int]) -> FloatArray:
    """Mean over the columns that have a value, NaN where none has."""
    chosen = surprise[:, list(columns)]
    known = np.isfinite(chosen)
    count = known.sum(axis=1)
    total = np.where(known, chosen, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(chosen), np.nan), where=count > 0))


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
    given = np.zeros(len(surprise))
    for aspect in plan.columns:
        known = [column for column in aspect if np.isfinite(surprise[column])]
        for column in known:
            given[column] += surprise[column] / len(known)
    total = given.sum()
    return np.asarray(given / total) if total > 0 else given
