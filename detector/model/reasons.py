"""Reasons: how many points of a trade's score each feature contributed, exactly.

A score is ``2 ** (-length / c)`` with the trade's mean path length in the forest. Shapley values share out the
difference between that length and its expectation among the features, exactly (Lundberg, Erion & Lee, 2018,
"Consistent Individualized Feature Attribution for Tree Ensembles"; the game of Shapley, 1953). The score is one
fixed function of the length, so the shares carry over: each feature gets the part of the score difference that
it has of the length difference. Base points and the points of all features sum to the score.
"""

from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.trees import average_path_length
from detector.model.flattened import FlatForest

POINTS = 100.0


class Points(NamedTuple):
    """Points [n, n_features] and the base that every trade starts from; ``base + points.sum(axis=1)`` is the
    score in points (0 to 100)."""

    base: float
    points: FloatArray


def score_points(forest: FlatForest, rows: FloatArray) -> Points:
    """Share out the score of each row (float64 [n, n_features], as the forest sees it) among its features."""
    shares, expected = forest.shapley(rows)
    normaliser = float(average_path_length(np.array([forest.max_samples]))[0])
    base = POINTS * 2.0 ** (-expected / normaliser)
    difference = shares.sum(axis=1)
    score = POINTS * 2.0 ** (-(expected + difference) / normaliser)
    # Where the difference vanishes the ratio's limit is the slope of the score at the base.
    slope = -base * np.log(2.0) / normaliser
    flat = np.abs(difference) < 1e-12
    rate = np.where(flat, slope, (score - base) / np.where(flat, 1.0, difference))
    return Points(base, shares * rate[:, None])
