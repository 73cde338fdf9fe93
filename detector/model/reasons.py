"""Reasons: how many points of a trade's score each feature contributed, exactly.

Evidence is shared out top-down, in proportion: to the patterns by what each adds to the soft maximum, within a
pattern to the features by their surprise. The forest's score is ``2 ** (-length / c)`` with the trade's mean path
length. Shapley values share out the difference between that length and its expectation among the patterns, exactly
(Lundberg, Erion & Lee, 2018, "Consistent Individualized Feature Attribution for Tree Ensembles"; the game of
Shapley, 1953); each pattern passes its share on to its features. The score is one fixed function of the whole, so
every share gets the part of the score difference that it has of the difference in evidence.

Base, points of all features and the rest (what the forest makes of patterns without evidence) sum to the score.
"""

from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.trees import average_path_length
from detector.model.evidence import feature_shares, joint, pattern_shares, strengths
from detector.model.flattened import FlatForest
from detector.model.forest import STEP, Model, inputs, score_of
from detector.peers import Suspicion

POINTS = 100.0


class Points(NamedTuple):
    """`points` [n, n_features], `rest` [n], and the base that every trade starts from.

    ``base + points.sum(axis=1) + rest`` is the score in points (0 to 100).
    """

    base: float
    points: FloatArray
    rest: FloatArray


def score_points(model: Model, suspicion: Suspicion, rows: IntArray) -> Points:
    """Share out the score of the trades in `rows` among the features. ModelError on other features."""
    plan = model.plan(suspicion)
    strength = np.ascontiguousarray(strengths(suspicion, plan).weighed[rows])
    isolated, expected = np.zeros(strength.shape), model.quiet
    if model.forest is not None:
        isolated, expected = forest_shares(model.forest, inputs(strength))
    given = pattern_shares(strength) * joint(strength)[:, None] + model.gain * isolated
    points, rest = np.zeros((len(rows), len(model.codes))), np.zeros(len(rows))
    for position, row in enumerate(rows):
        for place, each in enumerate(plan):
            shares = feature_shares(suspicion, each, int(row))
            points[position] += given[position, place] * shares
            rest[position] += given[position, place] * (1.0 - shares.sum())
    start = model.gain * (expected - model.quiet)
    rate, base = _rate(start, points.sum(axis=1) + rest)
    return Points(base, points * rate[:, None], rest * rate)


def forest_shares(forest: FlatForest, rows: FloatArray) -> tuple[FloatArray, float]:
    """Shares [n, n_columns] of each row's forest score beyond the score at the expected path length, and that."""
    shares, expected = forest.shapley(rows)
    normaliser = float(average_path_length(np.array([forest.max_samples]))[0])
    base = 2.0 ** (-expected / normaliser)
    difference = shares.sum(axis=1)
    score = 2.0 ** (-(expected + difference) / normaliser)
    # Where the difference vanishes the ratio's limit is the slope of the score at the base.
    flat = np.abs(difference) < 1e-12
    slope = -base * np.log(2.0) / normaliser
    rate = np.where(flat, slope, (score - base) / np.where(flat, 1.0, difference))
    return shares * rate[:, None], float(base)


def _rate(start: float, beyond: FloatArray) -> tuple[FloatArray, float]:
    """Points for each unit of evidence beyond `start`, and the points of `start` itself."""
    base = POINTS * float(score_of(np.array(start)))
    flat = np.abs(beyond) < 1e-12
    slope = base * (1.0 - base / POINTS) / STEP
    gained = POINTS * score_of(start + beyond) - base
    return np.where(flat, slope, gained / np.where(flat, 1.0, beyond)), base
