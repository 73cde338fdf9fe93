"""Regular steps between, and tight clusters of, the ordered values of each group.

Values are finite and positive, sorted best first (ascending or descending).
"""

import numba
import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel, parallel_kernel
from detector.kernels.dispersion import mean_and_squares


@kernel
def step_irregularity(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Sample deviation over mean of the gaps between neighbours: 0 for an exact arithmetic ladder.

    NaN under three or equal values.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        steps = last - first - 1
        if steps < 2 or values[last - 1] == values[first]:
            continue
        mean = abs(values[last - 1] - values[first]) / steps
        squares = 0.0
        for i in range(first, last - 1):
            squares += (abs(values[i + 1] - values[i]) - mean) ** 2
        result[group] = np.sqrt(squares / (steps - 1)) / mean
    return result


@parallel_kernel
def ratio_irregularity(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Sample deviation over mean of the log ratios of neighbours: 0 for an exact geometric ladder.

    NaN under three or equal values, or where a value is not positive.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    for group in numba.prange(groups):
        first, last = offsets[group], offsets[group + 1]
        steps = last - first - 1
        if steps < 2 or values[last - 1] == values[first] or min(values[first], values[last - 1]) <= 0.0:
            continue
        # log1p of a relative difference keeps the digits that log(b) - log(a) loses for close prices.
        mean = 0.0
        for i in range(first, last - 1):
            mean += abs(np.log1p((values[i + 1] - values[i]) / values[i]))
        mean /= steps
        squares = 0.0
        for i in range(first, last - 1):
            squares += (abs(np.log1p((values[i + 1] - values[i]) / values[i])) - mean) ** 2
        result[group] = np.sqrt(squares / (steps - 1)) / mean
    return result


@parallel_kernel
def tightest_subset(values: FloatArray, offsets: IntArray, size: int) -> FloatArray:
    """Least coefficient of variation over all subsets of `size` values, made comparable across group sizes.

    The coefficient of variation rises with the largest and falls with the smallest member of a subset, so the
    least one is that of neighbours and no other subset need be looked at. Among more subsets a tighter one is
    expected: for evenly spread values the least width shrinks like (number of subsets) ** (-1 / (size - 1)),
    and the result is divided by that. NaN for groups under `size` values; a `size` under 2 gives NaN.

    Source: Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete bid-rigging
    cartels, Computational Economics 62, for the subsets; the scaling is this project's.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    if size < 2:
        return result
    for group in numba.prange(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first < size:
            continue
        least = np.inf
        for start in range(first, last - size + 1):
            above, squares = mean_and_squares(values, start, start + size)
            mean = values[start] + above
            if mean > 0.0:
                least = min(least, squares / (mean * mean))
        subsets = 1.0
        for i in range(size):
            subsets *= (last - first - i) / (i + 1.0)
        if least < np.inf:
            result[group] = np.sqrt(least / (size - 1)) * subsets ** (1.0 / (size - 1))
    return result
