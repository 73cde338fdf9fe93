"""All statistics of the prices of a lot in one pass: what is read once answers all of them.

Values are finite and positive, sorted best first (ascending or descending) within each group.
"""

from typing import NamedTuple

import numba
import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.coincidences import is_round
from detector.kernels.compilation import kernel, parallel_kernel
from detector.kernels.dispersion import excess_kurtosis, mean_and_squares, skewness
from detector.kernels.ladders import (
    ratio_irregularity,
    step_irregularity,
    subset_scale,
    tightest_neighbours,
)
from detector.kernels.order_statistics import (
    distance_from_uniform,
    gap_over_losers_deviation,
    gap_over_losers_gap,
    gap_over_mean_gap,
)

RUNS = 64  # of groups, each the work of one thread
# Up to so many values in a group a power is looked up; it takes as long as half of the other statistics.
TABLED = 64


class PriceScreens(NamedTuple):
    """One float64 array [groups] for each statistic; NaN where too few or too equal values leave it undefined.

    A statistic is described where it is computed; here only those that take one line.
    """

    mean: FloatArray  # NaN for an empty group
    coefficient_of_variation: FloatArray  # sample deviation (n - 1) over the mean; NaN under two values
    relative_spread: FloatArray  # distance of worst and best over the best; NaN under two values
    leading_gap: FloatArray  # distance of second-best and best over the best (DIFFP); NaN under two values
    share_of_round_values: FloatArray  # share of values that are round, see `is_round`
    skewness: FloatArray
    excess_kurtosis: FloatArray
    gap_over_losers_deviation: FloatArray
    gap_over_mean_gap: FloatArray
    gap_over_losers_gap: FloatArray
    distance_from_uniform: FloatArray
    step_irregularity: FloatArray
    ratio_irregularity: FloatArray
    tightest_three: FloatArray  # least coefficient of variation of three values, times `subset_scale`
    tightest_four: FloatArray  # the same of four


def price_screens(values: FloatArray, offsets: IntArray) -> PriceScreens:
    """Statistics of the prices of each group."""
    result = np.empty((len(PriceScreens._fields), len(offsets) - 1))
    _screen_groups(values, offsets, result)
    return PriceScreens(*result)


@parallel_kernel
def _screen_groups(values: FloatArray, offsets: IntArray, result: FloatArray) -> None:
    groups = len(offsets) - 1
    scales = np.empty((2, TABLED))
    for count in range(TABLED):
        scales[0, count] = subset_scale(count, 3)
        scales[1, count] = subset_scale(count, 4)
    for run in numba.prange(RUNS):
        for group in range(groups * run // RUNS, groups * (run + 1) // RUNS):
            _screen(values, offsets, group, scales, result)


@kernel
def _screen(
    values: FloatArray, offsets: IntArray, group: int, scales: FloatArray, result: FloatArray
) -> None:
    first, last = offsets[group], offsets[group + 1]
    count = last - first
    if count < 2:
        for statistic in range(len(result)):
            result[statistic, group] = np.nan
        if count == 1:
            result[0, group] = values[first]
            result[4, group] = 1.0 if is_round(values[first]) else 0.0
        return
    best, second, worst = abs(values[first]), values[first + 1], values[last - 1]
    above, squares = mean_and_squares(values, first, last)
    mean = values[first] + above
    result[0, group] = mean
    result[1, group] = np.sqrt(squares / (count - 1)) / mean if mean != 0.0 else np.nan
    result[2, group] = abs(worst - values[first]) / best if best != 0.0 else np.nan
    result[3, group] = abs(second - values[first]) / best if best != 0.0 else np.nan
    rounded = 0
    for i in range(first, last):
        rounded += int(is_round(values[i]))
    result[4, group] = rounded / count
    result[5, group] = skewness(values, first, last, above, squares)
    result[6, group] = excess_kurtosis(values, first, last, above, squares)
    result[7, group] = gap_over_losers_deviation(values, first, last)
    result[8, group] = gap_over_mean_gap(values, first, last)
    result[9, group] = gap_over_losers_gap(values, first, last)
    result[10, group] = distance_from_uniform(values, first, last)
    result[11, group] = step_irregularity(values, first, last)
    result[12, group] = ratio_irregularity(values, first, last)
    tabled = count < TABLED
    scale = scales[0, count] if tabled else subset_scale(count, 3)
    result[13, group] = tightest_neighbours(values, first, last, 3) * scale
    scale = scales[1, count] if tabled else subset_scale(count, 4)
    result[14, group] = tightest_neighbours(values, first, last, 4) * scale
