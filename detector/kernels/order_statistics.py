"""Statistics of the ordered values of each group: how far the best stands from the rest.

Values are finite and positive, sorted best first (ascending or descending), so "gap" is always an absolute
difference. A denominator of zero gives NaN.
"""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel
from detector.kernels.dispersion import mean_and_squares


@kernel
def leading_gap(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Gap of the two best values over the best (DIFFP); NaN under two values or a best of 0."""
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first >= 2 and values[first] != 0.0:
            result[group] = abs(values[first + 1] - values[first]) / abs(values[first])
    return result


@kernel
def gap_over_losers_deviation(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Gap of the two best over the sample deviation of all but the best (RD).

    NaN under three values, or if all but the best are equal.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first < 3:
            continue
        _, squares = mean_and_squares(values, first + 1, last)
        if squares > 0.0:
            deviation = np.sqrt(squares / (last - first - 2))
            result[group] = abs(values[first + 1] - values[first]) / deviation
    return result


@kernel
def gap_over_mean_gap(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Gap of the two best over the mean gap of neighbours (RDNOR), from 0 to n - 1.

    NaN under three or equal values.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        count = last - first
        if count < 3:
            continue
        span = abs(values[last - 1] - values[first])
        if span > 0.0:
            result[group] = abs(values[first + 1] - values[first]) / span * (count - 1)
    return result


@kernel
def gap_over_losers_gap(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Gap of the two best over the mean gap among all but the best (RDALT).

    NaN under three values, or if all but the best are equal.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        count = last - first
        if count < 3:
            continue
        span = abs(values[last - 1] - values[first + 1])
        if span > 0.0:
            result[group] = abs(values[first + 1] - values[first]) / span * (count - 2)
    return result


@kernel
def distance_from_uniform(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Kolmogorov-Smirnov distance of each group's inner values from even spread between best and worst.

    The best and the worst value fix the range and say nothing, so only the n - 2 others are tested; with
    them included the distance can never fall below 1/n. The distance D is scaled for the number m of inner
    values to ``D * (sqrt(m) + 0.12 + 0.11 / sqrt(m))``, whose null distribution hardly depends on m.
    NaN under four or equal values.

    Source: Stephens (1970), Use of the Kolmogorov-Smirnov, Cramer-von Mises and related statistics without
    extensive tables, Journal of the Royal Statistical Society B 32(1).
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        inner = last - first - 2
        if inner < 2:
            continue
        span = abs(values[last - 1] - values[first])
        if span == 0.0:
            continue
        distance = 0.0
        for i in range(inner):
            place = abs(values[first + 1 + i] - values[first]) / span
            distance = max(distance, (i + 1) / inner - place, place - i / inner)
        root = np.sqrt(inner)
        result[group] = distance * (root + 0.12 + 0.11 / root)
    return result
