"""Levels: how much a trade's evidence can claim together, 蓝 < 黄 < 橙 < 红.

Each kind of evidence has a ceiling that no amount of it passes: the forest alone is worth a blue flag, statistics
are worth a yellow one, a clear breach of a number an orange one. Red is for an objective fact that a statute
names, its evidence complete. Two evidence families that say the same level independently raise it by one, within
the highest ceiling among them and never to red.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.records import SECONDS_A_DAY

Basis = Literal["forest", "statistic", "measure", "statute"]
HALF_LIFE_DAYS = 365.0
MOST_REPEATS = 31.0


class Level(IntEnum):
    """How much a flag can claim: 蓝 < 黄 < 橙 < 红."""

    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


CEILING: Mapping[Basis, Level] = {
    "forest": Level.BLUE,
    "statistic": Level.YELLOW,
    "measure": Level.ORANGE,
    "statute": Level.RED,
}


@dataclass(frozen=True, eq=False)
class Evidence:
    """One thing said about some trades: the trades' `rows` and, for each of them, the level it asks for.

    The rows are distinct. `families` [n_rows, n_families] are the evidence families it speaks for, `complete`
    tells where everything it rests on is known.
    """

    basis: Basis
    rows: IntArray
    levels: IntArray
    families: BoolArray
    complete: BoolArray

    @property
    def granted(self) -> IntArray:
        """The level of each row within the ceiling of its kind."""
        ceiling = np.where(self.complete, CEILING[self.basis], min(CEILING[self.basis], Level.ORANGE))
        return np.minimum(self.levels, ceiling)


def fuse(trades: int, evidence: list[Evidence], families: int) -> IntArray:
    """The level of each trade, 0 where nothing is said: the highest granted one, raised by independent families.

    The order of `evidence` does not matter, and more of it never lowers a level.
    """
    top = np.zeros(trades, dtype=np.int64)
    for one in evidence:
        top[one.rows] = np.maximum(top[one.rows], one.granted)
    for level in (Level.BLUE, Level.YELLOW):
        said = np.zeros((trades, families), dtype=bool)
        ceiling = np.zeros(trades, dtype=np.int64)
        for one in evidence:
            held = one.granted >= level
            rows = one.rows[held]
            said[rows] |= one.families[held]
            ceiling[rows] = np.maximum(ceiling[rows], _reach(one)[held])
        raised = np.minimum(level + 1, np.minimum(ceiling, Level.ORANGE))
        top = np.where(said.sum(axis=1) >= 2, np.maximum(top, raised), top)
    return top


def _reach(one: Evidence) -> IntArray:
    """How far each row may be raised: statistics that found no more than blue are no proof of more."""
    if one.basis in ("forest", "statistic"):
        return np.asarray(one.granted, dtype=np.int64)
    return np.full(len(one.rows), CEILING[one.basis], dtype=np.int64)


def priority(levels: IntArray, money: FloatArray, age_seconds: FloatArray, repeats: IntArray) -> FloatArray:
    """What to open first among trades: level x log10(1 + money) x recency x (1 + log2(1 + repeats)).

    Recency halves every year; `repeats` counts earlier trades of the same parties that had a flag, 31 at most.
    Money that is not known counts as none, an unknown age as one half-life.
    """
    age = np.where(np.isfinite(age_seconds), np.maximum(age_seconds, 0.0), HALF_LIFE_DAYS * SECONDS_A_DAY)
    recency = 0.5 ** (age / SECONDS_A_DAY / HALF_LIFE_DAYS)
    amount = np.log10(1.0 + np.maximum(np.nan_to_num(money, nan=0.0), 0.0))
    history = 1.0 + np.log2(1.0 + np.minimum(repeats, MOST_REPEATS))
    return np.asarray(levels * (1.0 + amount) * recency * history, dtype=np.float64)
