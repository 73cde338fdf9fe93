"""Statistics of the spread and shape of each group of values.

Values are finite and positive, sorted best first (ascending or descending). Every statistic is computed from
differences to the best value, which floating point gives without loss for prices that lie close together;
so equal values have a spread of exactly zero.
"""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel


@kernel
def mean_and_squares(values: FloatArray, first: int, last: int) -> tuple[float, float]:
    """Mean of ``values[first:last] - values[first]`` and the sum of squares about it, in two passes.

    A single pass over sums of squares loses all digits when prices agree closely, which is exactly when the
    result matters.
    """
    origin = values[first]
    above = 0.0
    for i in range(first, last):
        above += values[i] - origin
    above /= last - first
    squares = 0.0
    for i in range(first, last):
        squares += (values[i] - origin - above) ** 2
    return above, squares


@kernel
def mean(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Mean of each group; NaN for an empty one."""
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last > first:
            result[group] = values[first] + mean_and_squares(values, first, last)[0]
    return result


@kernel
def coefficient_of_variation(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Sample standard deviation (n - 1) over the mean of each group; NaN under two values or a mean of 0."""
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first < 2:
            continue
        above, squares = mean_and_squares(values, first, last)
        if values[first] + above != 0.0:
            result[group] = np.sqrt(squares / (last - first - 1)) / (values[first] + above)
    return result


@kernel
def relative_spread(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Distance of worst and best value over the best; NaN under two values or a best of 0."""
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first >= 2 and values[first] != 0.0:
            result[group] = abs(values[last - 1] - values[first]) / abs(values[first])
    return result


@kernel
def skewness(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Adjusted Fisher-Pearson skewness of the distances to the best value; NaN under three or equal values.

    Distances make the sign the same for purchases and sales: negative when the best value stands apart.
    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician 47(1).
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        count = last - first
        if count < 3:
            continue
        above, squares = mean_and_squares(values, first, last)
        if squares == 0.0:
            continue
        cubes = 0.0
        for i in range(first, last):
            cubes += (values[i] - values[first] - above) ** 3
        deviation = np.sqrt(squares / count)
        biased = cubes / count / deviation**3
        if values[last - 1] < values[first]:
            biased = -biased
        result[group] = biased * np.sqrt(count * (count - 1.0)) / (count - 2.0)
    return result


@kernel
def excess_kurtosis(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Bias-corrected excess kurtosis (G2) of each group; NaN under four or equal values.

    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician 47(1).
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        count = last - first
        if count < 4:
            continue
        above, squares = mean_and_squares(values, first, last)
        if squares == 0.0:
            continue
        variance = squares / count
        fourths = 0.0
        for i in range(first, last):
            fourths += ((values[i] - values[first] - above) ** 2 / variance) ** 2
        biased = fourths / count - 3.0
        result[group] = (count - 1.0) / ((count - 2.0) * (count - 3.0)) * ((count + 1.0) * biased + 6.0)
    return result
