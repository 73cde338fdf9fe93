"""Regular steps between, and tight clusters of, the ordered values of one group.

The group is ``values[first:last]``: finite and positive values, sorted best first (ascending or descending).
`detector.kernels.screens` asks for all groups.
"""

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.compilation import inlined_kernel


@inlined_kernel
def step_irregularity(values: FloatArray, first: int, last: int) -> float:
    """Sample deviation over mean of the gaps between neighbours: 0 for an exact arithmetic ladder.

    NaN under three or equal values.
    """
    steps = last - first - 1
    if steps < 2 or values[last - 1] == values[first]:
        return np.nan
    mean = abs(values[last - 1] - values[first]) / steps
    squares = 0.0
    for i in range(first, last - 1):
        squares += (abs(values[i + 1] - values[i]) - mean) ** 2
    return float(np.sqrt(squares / (steps - 1)) / mean)


@inlined_kernel
def ratio_irregularity(values: FloatArray, first: int, last: int) -> float:
    """Sample deviation over mean of the log ratios of neighbours: 0 for an exact geometric ladder.

    NaN under three or equal values, or where a value is not positive.
    """
    steps = last - first - 1
    best, worst = values[first], values[last - 1]
    if steps < 2 or worst == best or min(best, worst) <= 0.0:
        return np.nan
    mean = _log_ratio(best, worst) / steps
    squares = 0.0
    for i in range(first, last - 1):
        squares += (_log_ratio(values[i], values[i + 1]) - mean) ** 2
    return float(np.sqrt(squares / (steps - 1)) / mean)


@inlined_kernel
def _log_ratio(one: float, other: float) -> float:
    """Absolute log of a ratio of positive values, with the digits that log(b) - log(a) loses for close ones."""
    return float(np.log1p(abs(other - one) / min(one, other)))


@inlined_kernel
def tightest_neighbours(values: FloatArray, first: int, last: int, size: int) -> float:
    """Least coefficient of variation over all subsets of `size` values; NaN for fewer values.

    The coefficient of variation rises with the largest and falls with the smallest member of a subset, so the
    least one is that of neighbours and no other subset need be looked at.

    Source: Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete bid-rigging
    cartels, Computational Economics 62.
    """
    least = np.inf
    for start in range(first, last - size + 1):
        above = 0.0
        for i in range(1, size):
            above += values[start + i] - values[start]
        above /= size
        squares = 0.0
        for i in range(size):
            squares += (values[start + i] - values[start] - above) ** 2
        mean = values[start] + above
        if mean > 0.0:
            least = min(least, squares / (mean * mean))
    return float(np.sqrt(least / (size - 1))) if least < np.inf else np.nan


@inlined_kernel
def subset_scale(count: int, size: int) -> float:
    """What the least width of `size` among `count` values is multiplied with to compare across counts.

    Among more subsets a tighter one is expected: for evenly spread values the least width shrinks like
    ``(number of subsets) ** (-1 / (size - 1))``. The scaling is this project's.
    """
    subsets = 1.0
    for i in range(size):
        subsets *= (count - i) / (i + 1.0)
    return float(subsets ** (1.0 / (size - 1)))
